package deployment

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// feed reads the mappings that feed a function from a queue.
func (i *inspector) feed(ctx context.Context, q *settings.Queue, arn, part string) error {
	var found []settings.Mapping
	what := "event source mappings of " + q.Name
	err := paged(what, func(token *string) (*string, error) {
		page, err := i.Lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{EventSourceArn: &arn, Marker: token})
		if err != nil {
			return nil, i.failure(ctx, what, "deploy the stack (docs/deploy.md)", err)
		}
		for _, m := range page.EventSourceMappings {
			if name, to := pointed(&m); name == i.name(part) {
				found = append(found, mapping(&m, to))
			}
		}
		return page.NextMarker, nil
	})
	if err != nil {
		return err
	}
	q.Fed, q.Mappings = true, found
	return nil
}

// pointed is the function that a mapping feeds, and by which version or alias; that is $LATEST when none is named.
func pointed(m *lambdatypes.EventSourceMappingConfiguration) (name, version string) {
	parts := strings.Split(aws.ToString(m.FunctionArn), ":") // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]
	switch len(parts) {
	case 7:
		return parts[6], "$LATEST"
	case 8:
		return parts[6], parts[7]
	}
	return "", ""
}

func mapping(m *lambdatypes.EventSourceMappingConfiguration, to string) settings.Mapping {
	read := settings.Mapping{
		Name: aws.ToString(m.UUID), State: aws.ToString(m.State), To: to, BatchSize: int(number(m.BatchSize)), Window: seconds(m.MaximumBatchingWindowInSeconds),
		Partial:  slices.Contains(m.FunctionResponseTypes, lambdatypes.FunctionResponseTypeReportBatchItemFailures),
		Filtered: m.FilterCriteria != nil && len(m.FilterCriteria.Filters) > 0,
	}
	if m.ScalingConfig != nil {
		read.MaxConcurrency = int(number(m.ScalingConfig.MaximumConcurrency))
	}
	return read
}
