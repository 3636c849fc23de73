package dynamostore

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// TableInput describes the table of a Store: text as partition and sort key, billed by request, no index.
func TableInput(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(attrPartition), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(attrSort), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(attrPartition), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(attrSort), AttributeType: types.ScalarAttributeTypeS},
		},
	}
}

// TTLInput describes how the table of a Store removes what has expired.
func TTLInput(name string) *dynamodb.UpdateTimeToLiveInput {
	return &dynamodb.UpdateTimeToLiveInput{
		TableName: &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(attrExpires), Enabled: aws.Bool(true),
		},
	}
}

// tableWait is how long CreateTable waits for the table at most. A new table takes some seconds.
const tableWait = 2 * time.Minute

// CreateTable makes the table of a Store, waits until it can be used and switches its TTL on. It is for tests and small
// installations; a template sets backups and deletion protection too. A table that is there already is a Conflict.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	if _, err := client.CreateTable(ctx, TableInput(name)); err != nil {
		return tableFailed(ctx, "create", name, err)
	}
	described := &dynamodb.DescribeTableInput{TableName: &name}
	often := func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second, 5*time.Second }
	if err := dynamodb.NewTableExistsWaiter(client, often).Wait(ctx, described, tableWait); err != nil {
		return tableFailed(ctx, "wait for", name, err)
	}
	if _, err := client.UpdateTimeToLive(ctx, TTLInput(name)); err != nil {
		return tableFailed(ctx, "switch the TTL on of", name, err)
	}
	return nil
}

func tableFailed(ctx context.Context, what, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := judge(err, name)
	return fault.New(f.kind, "dynamostore: %s table %s: %s", what, name, f.text)
}
