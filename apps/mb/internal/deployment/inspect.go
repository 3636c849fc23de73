package deployment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// table reads the table's protections.
func (i *inspector) table(ctx context.Context) error {
	name, d := i.worker.Table, &i.report.Deployed
	failed := func(err error) error { return i.failure(ctx, "table "+name, noTable, err) }
	about, err := i.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return failed(err)
	}
	expiry, err := i.DynamoDB.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return failed(err)
	}
	backups, err := i.DynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err != nil {
		return failed(err)
	}
	d.DeletionProtection = aws.ToBool(about.Table.DeletionProtectionEnabled)
	d.TTL = expires(expiry.TimeToLiveDescription, name)
	if b := backups.ContinuousBackupsDescription; b != nil && b.PointInTimeRecoveryDescription != nil {
		d.PITR = b.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == dynamodbtypes.PointInTimeRecoveryStatusEnabled
	}
	i.report.figure("table", "%s, about %d records, expiry %s, point-in-time recovery %s, deletion protection %s",
		name, number(about.Table.ItemCount), onOff(d.TTL), onOff(d.PITR), onOff(d.DeletionProtection))
	return nil
}

// expires reports whether records expire by the attribute that the store writes.
func expires(d *dynamodbtypes.TimeToLiveDescription, table string) bool {
	attribute := dynamostore.TTLInput(table).TimeToLiveSpecification.AttributeName
	return d != nil && aws.ToString(d.AttributeName) == aws.ToString(attribute) &&
		(d.TimeToLiveStatus == dynamodbtypes.TimeToLiveStatusEnabled || d.TimeToLiveStatus == dynamodbtypes.TimeToLiveStatusEnabling)
}

// queues reads the queue, the one for dead letters, and what takes messages from both.
func (i *inspector) queues(ctx context.Context) error {
	address, err := i.queueURL(ctx, cmp.Or(i.access.Queue, i.worker.QueueURL))
	if err != nil {
		return err
	}
	queue, err := i.attributes(ctx, address)
	if err != nil {
		return err
	}
	d := &i.report.Deployed
	d.Visibility, d.Retention = queue.seconds("VisibilityTimeout"), queue.seconds("MessageRetentionPeriod")
	i.report.figure("queue", "%s, visibility timeout %s, %s waiting, %s being worked on", queue.name(), d.Visibility,
		queue["ApproximateNumberOfMessages"], queue["ApproximateNumberOfMessagesNotVisible"])
	if err := i.workerMapping(ctx, queue["QueueArn"]); err != nil {
		return err
	}
	return i.deadLetters(ctx, queue)
}

// deadLetters reads the queue that takes what the other gives up, if there is one.
func (i *inspector) deadLetters(ctx context.Context, queue attributes) error {
	target, receives := queue.redrive()
	if target == "" {
		return nil
	}
	d := &i.report.Deployed
	d.MaxReceive = receives
	address, err := i.queueURL(ctx, last(target))
	if errors.Is(err, fault.NotFound) {
		return nil // messages would be lost there: it counts as none
	}
	if err != nil {
		return err
	}
	dead, err := i.attributes(ctx, address)
	if err != nil {
		return err
	}
	d.DeadLetters, d.DeadLetterRetention = true, dead.seconds("MessageRetentionPeriod")
	i.report.figure("given up", "%s after %d receives, kept %s, %s waiting", dead.name(), d.MaxReceive, d.DeadLetterRetention, dead["ApproximateNumberOfMessages"])
	_, err = i.mapping(ctx, target, "sweeper", "messages that were given up would lie there unseen")
	return err
}

// deadLetters opens the queue that takes what the one at the address gives up.
func (c *Clients) deadLetters(ctx context.Context, address string) (ports.Queue, error) {
	queue, err := c.attributes(ctx, address)
	if err != nil {
		return nil, err
	}
	target, _ := queue.redrive()
	if target == "" {
		return nil, fault.New(fault.NotFound, "queue %s gives no message up: it has no RedrivePolicy, see mb doctor", queue.name())
	}
	if address, err = c.queueURL(ctx, last(target)); err != nil {
		return nil, err
	}
	return sqsqueue.New(c.SQS, address, sysclock.Clock{}, sysclock.NewIDs(), nil)
}

// attributes are a queue's.
type attributes map[string]string

func (c *Clients) attributes(ctx context.Context, address string) (attributes, error) {
	out, err := c.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &address, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, c.failure(ctx, "queue "+last(address), "deploy the stack (docs/deploy.md), or name another with --queue, --region or --profile", err)
	}
	return out.Attributes, nil
}

func (a attributes) name() string { return last(a["QueueArn"]) }

func (a attributes) seconds(name string) time.Duration {
	n, _ := strconv.Atoi(a[name])
	return time.Duration(n) * time.Second
}

// redrive is where messages go that are given up, by its ARN, and after how many receives; empty for nowhere.
func (a attributes) redrive() (target string, receives int) {
	var policy struct {
		Target string      `json:"deadLetterTargetArn"`
		Most   json.Number `json:"maxReceiveCount"` // a number, or one in quotes
	}
	if json.Unmarshal([]byte(a["RedrivePolicy"]), &policy) != nil {
		return "", 0
	}
	receives, _ = strconv.Atoi(policy.Most.String())
	return policy.Target, receives
}

// last is the name at the end of an ARN or a URL.
func last(text string) string { return text[strings.LastIndexAny(text, ":/")+1:] }

// workerMapping takes how the worker is fed.
func (i *inspector) workerMapping(ctx context.Context, queue string) error {
	d := &i.report.Deployed
	m, err := i.mapping(ctx, queue, "worker", "nobody takes parcels from the queue")
	if err != nil || m == nil {
		d.ReportBatchItemFailures = true // that there is none was said
		return err
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

// mapping is what feeds a function from a queue; nil when there is none.
func (i *inspector) mapping(ctx context.Context, queue, part, otherwise string) (*lambdatypes.EventSourceMappingConfiguration, error) {
	name := "marketbrewer-" + i.access.Stage + "-" + part
	pages := lambda.NewListEventSourceMappingsPaginator(i.Lambda, &lambda.ListEventSourceMappingsInput{EventSourceArn: &queue})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, i.failure(ctx, "event source mappings of "+last(queue), "deploy the stack (docs/deploy.md)", err)
		}
		for _, m := range page.EventSourceMappings {
			if !slices.Contains(strings.Split(aws.ToString(m.FunctionArn), ":"), name) {
				continue
			}
			if state := aws.ToString(m.State); state != "Enabled" {
				i.report.problem("mapping from "+last(queue)+" to "+name, state, "Enabled", "enable mapping "+aws.ToString(m.UUID)+": "+otherwise)
			}
			return &m, nil
		}
	}
	i.report.problem("mapping from "+last(queue)+" to "+name, "not there", "Enabled", "deploy the stack again (docs/deploy.md): "+otherwise)
	return nil, nil
}

// key looks whether the key for Claude is there, and kept as a secret. It does not read it.
func (i *inspector) key(ctx context.Context) error {
	name := i.worker.KeyParameter
	if name == "" {
		return nil // the worker's settings are broken, which was noted
	}
	const setting, secret = "key for Claude", "a SecureString"
	out, err := i.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{name}}},
	})
	switch {
	case err != nil:
		return i.failure(ctx, "parameter "+name, "store the key for Claude there, as "+secret, err)
	case len(out.Parameters) == 0:
		i.report.problem(setting, "not there", secret, "store it as the SSM parameter "+name+": every call would fail")
		return nil
	}
	p := out.Parameters[0]
	if p.Type != ssmtypes.ParameterTypeSecureString {
		i.report.problem(setting, "a "+string(p.Type), secret, "delete the SSM parameter "+name+" and store it as "+secret+": whoever lists parameters can read it")
	}
	i.report.figure("key", "%s, %s, version %d", name, p.Type, p.Version)
	return nil
}

// number is what a pointer points at, 0 for none.
func number[N int32 | int64](n *N) int64 {
	if n == nil {
		return 0
	}
	return int64(*n)
}

func seconds(n *int32) time.Duration { return time.Duration(number(n)) * time.Second }

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
