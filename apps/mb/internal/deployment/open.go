package deployment

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Deployment is an open deployment: what a command works on that makes no calls itself.
type Deployment struct {
	Store ports.Store
	Queue ports.Sender
	// Options are the engine's, as the workers have them: they must agree in epoch, prices and budgets.
	Options engine.Options
	// DeadLetters finds the queue of messages that were given up. Errors: NotFound when there is none.
	DeadLetters func(context.Context) (ports.Queue, error)
	// AtOnce is how many calls the workers have open at most; 0 when that is not known.
	AtOnce int
}

// Open reaches the deployment, asks its worker which table and queue it has, and makes sure that the table is there and can
// be read.
func Open(ctx context.Context, a Access) (*Deployment, error) {
	c, err := Connect(ctx, a)
	if err != nil {
		return nil, err
	}
	told, err := c.worker(ctx, a)
	if err != nil {
		return nil, err
	}
	options, err := settings.EngineOptions(told.Shared, told.Calls)
	if err != nil {
		return nil, err
	}
	if err := c.probe(ctx, told.Table); err != nil {
		return nil, err
	}
	d := &Deployment{Options: *options, AtOnce: told.MaxConcurrency * told.Calls.Calls}
	if d.Store, err = c.Records(told.Table); err != nil {
		return nil, err
	}
	if d.Queue, err = sqsqueue.New(c.SQS, told.QueueURL, sysclock.Clock{}, sysclock.NewIDs(), nil); err != nil {
		return nil, err
	}
	d.DeadLetters = func(ctx context.Context) (ports.Queue, error) { return c.deadLetters(ctx, told.QueueURL) }
	return d, nil
}

// Records is the store in a table. It sends nothing.
func (c *Clients) Records(table string) (ports.Store, error) {
	return dynamostore.New(c.DynamoDB, table, sysclock.Clock{}, sysclock.NewIDs(), nil)
}

// worker is what the worker is told, with the table and the queue of the flags. Without a word of the worker a month needs a
// budget, as it does by default there.
func (c *Clients) worker(ctx context.Context, a Access) (w settings.Worker, err error) {
	w.RequireBudget = true
	if a.Table == "" || a.Queue == "" {
		if w, err = c.askWorker(ctx, a.Stage); err != nil {
			return w, err
		}
	}
	if a.Table != "" {
		w.Table = a.Table
	}
	if a.Queue != "" {
		w.QueueURL, err = c.queueURL(ctx, a.Queue)
	}
	return w, err
}

func (c *Clients) askWorker(ctx context.Context, stage string) (settings.Worker, error) {
	f, err := c.function(ctx, stage, "worker")
	if err != nil {
		return settings.Worker{}, err
	}
	w, err := settings.FromMap[settings.Worker](f.variables)
	if err != nil {
		return w, fault.New(fault.Invalid, "the settings of %s are broken (%s): mb doctor --aws --stage %s shows all; --table and --queue do without them",
			f.name, line(err), stage)
	}
	return w, nil
}

// queueURL is the address of a queue that was given as one, or by its name.
func (c *Clients) queueURL(ctx context.Context, queue string) (string, error) {
	if strings.Contains(queue, "://") {
		return queue, nil
	}
	out, err := c.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return "", c.failure(ctx, "queue "+queue, "deploy the stack (docs/deploy.md), or name another with --queue, --region or --profile", err)
	}
	return aws.ToString(out.QueueUrl), nil
}

// probe reads a record that no store has, so that a table that is not there, or not for these credentials, shows at once.
func (c *Clients) probe(ctx context.Context, table string) error {
	input := &dynamodb.GetItemInput{TableName: &table, Key: map[string]types.AttributeValue{}}
	for _, k := range dynamostore.TableInput(table).KeySchema {
		input.Key[aws.ToString(k.AttributeName)] = &types.AttributeValueMemberS{Value: "active"} // every role may read that partition
	}
	if _, err := c.DynamoDB.GetItem(ctx, input); err != nil {
		return c.failure(ctx, "table "+table, noTable, err)
	}
	return nil
}

const noTable = "deploy the stack (docs/deploy.md), or name another with --table, --region or --profile"

// reserved is how often a function may run at once, below 0 when nothing but the account bounds it.
func (c *Clients) reserved(ctx context.Context, name string) (int, error) {
	out, err := c.Lambda.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &name})
	if err != nil {
		return 0, c.failure(ctx, "reserved concurrency of "+name, "deploy the stack (docs/deploy.md)", err)
	}
	if out.ReservedConcurrentExecutions == nil {
		return -1, nil
	}
	return int(*out.ReservedConcurrentExecutions), nil
}

// function is what Lambda is told of one function.
type function struct {
	name string
	*lambda.GetFunctionConfigurationOutput
	// variables are its environment.
	variables map[string]string
}

// function reads a function as events reach it: by its alias.
func (c *Clients) function(ctx context.Context, stage, part string) (*function, error) {
	name := "marketbrewer-" + stage + "-" + part
	out, err := c.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name, Qualifier: aws.String(settings.Alias)})
	if err != nil {
		return nil, c.failure(ctx, "function "+name+":"+settings.Alias,
			"deploy the stack of stage "+stage+" (docs/deploy.md), or name another with --stage, --region or --profile", err)
	}
	f := &function{name: name, GetFunctionConfigurationOutput: out, variables: map[string]string{}}
	if out.Environment != nil {
		f.variables = out.Environment.Variables
	}
	return f, nil
}
