package deployment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// workerMapping takes how the worker is fed.
func (i *inspector) workerMapping(ctx context.Context, queue string) error {
	d := &i.report.Deployed
	m, err := i.mapping(ctx, queue, "worker", "nobody takes parcels from the queue")
	if err != nil || m == nil {
		return err // that there is none was said
	}
	d.BatchSize, d.BatchWindow = int(number(m.BatchSize)), seconds(m.MaximumBatchingWindowInSeconds)
	d.ReportBatchItemFailures = slices.Contains(m.FunctionResponseTypes, lambdatypes.FunctionResponseTypeReportBatchItemFailures)
	if m.ScalingConfig == nil || m.ScalingConfig.MaximumConcurrency == nil {
		i.report.problem("maximum concurrency of the mapping", "not set", fmt.Sprintf("%d, as the worker is told", d.MaxConcurrency),
			"set ScalingConfig: {MaximumConcurrency} on the mapping: as many invocations would run as the account allows")
	} else {
		d.MaxConcurrency = int(number(m.ScalingConfig.MaximumConcurrency))
	}
	i.report.figure("mapping", "batches of %d within %s, up to %d invocations at once, partial batch responses %s",
		d.BatchSize, d.BatchWindow, d.MaxConcurrency, onOff(d.ReportBatchItemFailures))
	return nil
}

// mapping is what feeds a function from a queue, by its alias live before all others; nil when there is none.
func (i *inspector) mapping(ctx context.Context, queue, part, otherwise string) (*lambdatypes.EventSourceMappingConfiguration, error) {
	setting := "mapping from " + last(queue) + " to " + i.name(part)
	var found []lambdatypes.EventSourceMappingConfiguration
	pages := lambda.NewListEventSourceMappingsPaginator(i.Lambda, &lambda.ListEventSourceMappingsInput{EventSourceArn: &queue})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, i.failure(ctx, "event source mappings of "+last(queue), "deploy the stack (docs/deploy.md)", err)
		}
		for _, m := range page.EventSourceMappings {
			if name, _ := pointed(&m); name == i.name(part) {
				found = append(found, m)
			}
		}
	}
	if len(found) == 0 {
		i.report.problem(setting, "not there", "Enabled", "deploy the stack again (docs/deploy.md): "+otherwise)
		return nil, nil
	}
	chosen := slices.IndexFunc(found, func(m lambdatypes.EventSourceMappingConfiguration) bool { _, to := pointed(&m); return to == alias })
	for n := range found {
		i.route(setting, otherwise, &found[n], n == max(chosen, 0))
	}
	return &found[max(chosen, 0)], nil
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

// route notes what is wrong with the way that messages take to a function. Another mapping than the chosen one does harm
// unless it is off.
func (i *inspector) route(setting, otherwise string, m *lambdatypes.EventSourceMappingConfiguration, chosen bool) {
	id, state := aws.ToString(m.UUID), aws.ToString(m.State)
	if !chosen && state != "Disabled" {
		i.report.problem(setting, "there twice", "there once", "delete mapping "+id+": it has limits of its own")
	}
	if !chosen {
		return
	}
	if state != "Enabled" {
		i.report.problem(setting, state, "Enabled", "enable mapping "+id+": "+otherwise)
	}
	if _, to := pointed(m); to != alias {
		i.report.problem(setting, "to "+to, "to the alias "+alias, "deploy the stack again, mapping "+id+" passes it by: a deployment would change nothing, and neither would the way back")
	}
	if m.FilterCriteria != nil && len(m.FilterCriteria.Filters) > 0 {
		i.report.problem(setting, "filtered", "for all messages", "take FilterCriteria off mapping "+id+": Lambda deletes what they leave out")
	}
}
