package deployment

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// usualSchedule is how often the sweeper comes.
const usualSchedule = "rate(1 minute)"

// schedule looks whether the sweeper is started: nothing else finds what was lost, or carries batches and wishes.
func (i *inspector) schedule(ctx context.Context) error {
	if i.sweeperARN == "" {
		return nil // it is not there, or could not be read, which was noted
	}
	setting, otherwise := "schedule of "+i.name("sweeper"), ": nothing that is lost would be found, and batches and pauses would wait for ever"
	failed := func(err error) error { return i.failure(ctx, setting, "deploy the stack again (docs/deploy.md)", err) }
	list, err := i.Events.ListRuleNamesByTarget(ctx, &eventbridge.ListRuleNamesByTargetInput{TargetArn: &i.sweeperARN})
	if err != nil {
		return failed(err)
	}
	var on []string
	for _, name := range list.RuleNames {
		rule, err := i.Events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
		if err != nil {
			return failed(err)
		}
		if rule.State == types.RuleStateEnabled {
			on = append(on, aws.ToString(rule.ScheduleExpression))
		}
	}
	switch {
	case len(list.RuleNames) == 0:
		i.report.problem(setting, "not there", usualSchedule, "deploy the stack again (docs/deploy.md)"+otherwise)
	case len(on) == 0:
		i.report.problem(setting, "off", "on", "aws events enable-rule --name "+list.RuleNames[0]+otherwise)
	case len(on) > 1 || on[0] != usualSchedule:
		i.report.problem(setting, strings.Join(on, " and "), usualSchedule, "deploy the stack again (docs/deploy.md): lost messages, batches and pauses wait for the sweeper")
	default:
		i.report.figure("sweeper", "%s, %s", i.name("sweeper"), on[0])
	}
	return nil
}

// concurrency notes a function that may not run as often at once as it must.
func (i *inspector) concurrency(ctx context.Context, part string, least int) error {
	name := i.name(part)
	kept, err := i.reserved(ctx, name)
	if err != nil || kept < 0 || kept >= least {
		return err
	}
	i.report.problem("reserved concurrency of "+name, fmt.Sprint(kept), fmt.Sprintf("none, or at least %d", least),
		"remove it (aws lambda delete-function-concurrency --function-name "+name+"), or raise it: what finds no room is refused, and a message counts as received")
	return nil
}
