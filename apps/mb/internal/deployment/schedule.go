package deployment

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// schedule reads what starts the sweeper.
func (i *inspector) schedule(ctx context.Context) error {
	if i.sweeperARN == "" {
		return nil // it is not there, or could not be read, which was noted
	}
	what := "schedule of " + i.name("sweeper")
	failed := func(err error) error { return i.failure(ctx, what, "deploy the stack again (docs/deploy.md)", err) }
	var names []string
	err := paged(what, func(token *string) (*string, error) {
		list, err := i.Events.ListRuleNamesByTarget(ctx, &eventbridge.ListRuleNamesByTargetInput{TargetArn: &i.sweeperARN, NextToken: token})
		if err != nil {
			return nil, failed(err)
		}
		names = append(names, list.RuleNames...)
		return list.NextToken, nil
	})
	if err != nil {
		return err
	}
	found, on := &settings.Schedule{}, ""
	for _, name := range names {
		rule, err := i.Events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
		if err != nil {
			return failed(err)
		}
		t := settings.Trigger{Name: name, Expression: aws.ToString(rule.ScheduleExpression), On: rule.State == types.RuleStateEnabled}
		if t.On {
			on = t.Expression
		}
		found.Rules = append(found.Rules, t)
	}
	if i.parts.Schedule = found; on != "" {
		i.report.figure("sweeper", "%s, %s", i.name("sweeper"), on)
	}
	return nil
}
