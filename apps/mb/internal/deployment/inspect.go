package deployment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// table reads the table's protections.
func (i *inspector) table(ctx context.Context) error {
	name, d := i.worker.Table, &i.report.Deployed
	d.TTL, d.PITR, d.DeletionProtection = true, true, true // as long as nothing else is seen
	if name == "" {
		return nil // the worker is not there to say
	}
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
	d.TTL, d.PITR = expires(expiry.TimeToLiveDescription, name), recovers(backups.ContinuousBackupsDescription)
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

func recovers(d *dynamodbtypes.ContinuousBackupsDescription) bool {
	return d != nil && d.PointInTimeRecoveryDescription != nil &&
		d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == dynamodbtypes.PointInTimeRecoveryStatusEnabled
}

// queues reads the queue, the one for dead letters, and what takes messages from both.
func (i *inspector) queues(ctx context.Context) error {
	d := &i.report.Deployed
	// As long as nothing else is seen all is right.
	d.Visibility, d.ReportBatchItemFailures = max(d.LeastVisibility(), d.Lease+d.Margin), true
	d.DeadLetters, d.MaxReceive, d.DeadLetterRetention = true, leastReceives, time.Nanosecond
	address := cmp.Or(i.access.Queue, i.worker.QueueURL)
	if address == "" {
		return nil // the worker is not there to say
	}
	address, err := i.queueURL(ctx, address)
	if err != nil {
		return err
	}
	queue, err := i.attributes(ctx, address)
	if err != nil {
		return err
	}
	d.Visibility, d.Retention = queue.seconds("VisibilityTimeout"), queue.seconds("MessageRetentionPeriod")
	d.DeadLetterRetention = d.Retention + 1
	i.report.figure("queue", "%s, visibility timeout %s, %s waiting, %s being worked on", queue.name(), d.Visibility,
		queue["ApproximateNumberOfMessages"], queue["ApproximateNumberOfMessagesNotVisible"])
	i.parts.Parcels = queue.part()
	i.look(i.feed(ctx, i.parts.Parcels, queue["QueueArn"], "worker"))
	i.parts.Into(d)
	if i.parts.Parcels.Chosen() != nil {
		i.report.figure("mapping", "batches of %d within %s, up to %d invocations at once, partial batch responses %s",
			d.BatchSize, d.BatchWindow, d.MaxConcurrency, onOff(d.ReportBatchItemFailures))
	}
	return i.deadLetters(ctx, queue)
}

// leastReceives is a number of receives that no rule is against.
const leastReceives = 5

// deadLetters reads the queue that takes what the other gives up, if there is one.
func (i *inspector) deadLetters(ctx context.Context, queue attributes) error {
	d := &i.report.Deployed
	target, receives := queue.redrive()
	d.DeadLetters, d.MaxReceive = target != "", receives
	if target == "" {
		return nil
	}
	address, err := i.queueURL(ctx, last(target))
	if errors.Is(err, fault.NotFound) {
		d.DeadLetters = false // messages would be lost there: it counts as none
		return nil
	}
	if err != nil {
		return err
	}
	dead, err := i.attributes(ctx, address)
	if err != nil {
		return err
	}
	d.DeadLetterRetention = dead.seconds("MessageRetentionPeriod")
	i.report.figure("given up", "%s after %d receives, kept %s, %s waiting", dead.name(), d.MaxReceive, d.DeadLetterRetention, dead["ApproximateNumberOfMessages"])
	i.parts.DeadLetters = dead.part()
	return i.feed(ctx, i.parts.DeadLetters, target, "sweeper")
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

func (a attributes) part() *settings.Queue {
	return &settings.Queue{Name: a.name(), Delay: a.seconds("DelaySeconds"), Visibility: a.seconds("VisibilityTimeout")}
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

// key looks whether the key for Claude is there, and kept as a secret. It does not read it.
func (i *inspector) key(ctx context.Context) error {
	name := i.worker.KeyParameter
	if !settings.IsParameterName(name) {
		return nil // the worker's settings are broken or could not be read, which was noted; the name may be the key itself
	}
	const setting, secret = "key for Claude", "a SecureString"
	var found []ssmtypes.ParameterMetadata
	err := paged("parameter "+name, func(token *string) (*string, error) {
		out, err := i.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{
			ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{name}}},
			NextToken:        token,
		})
		if err != nil {
			return nil, i.failure(ctx, "parameter "+name, "store the key for Claude there, as "+secret, err)
		}
		if found = append(found, out.Parameters...); len(found) > 0 {
			return nil, nil
		}
		return out.NextToken, nil
	})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		i.report.problem(setting, "not there", secret, "store it as the SSM parameter "+name+": every call would fail")
		return nil
	}
	p := found[0]
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
