package dynamostore

import (
	"context"
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	total  = types.ReturnConsumedCapacityTotal
	allOld = types.ReturnValuesOnConditionCheckFailureAllOld
)

// sender sends a commit.
type sender struct {
	request
	attempt attempt
}

// sendOne commits a single record: a plain write takes half the units of a transaction.
func (s *Store) sendOne(p *plan) sender {
	only := &p.steps[0]
	if only.put != nil {
		return sender{request{operation: "PutItem", key: only.e.Key}, func(ctx context.Context) (units, error) { return s.putItem(ctx, only) }}
	}
	return sender{request{operation: "DeleteItem", key: only.e.Key}, func(ctx context.Context) (units, error) { return s.deleteItem(ctx, only) }}
}

func (s *Store) putItem(ctx context.Context, only *step) (units, error) {
	output, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: only.put,
		ConditionExpression: &only.condition.expression, ExpressionAttributeValues: only.condition.values,
		ReturnConsumedCapacity: total, ReturnValuesOnConditionCheckFailure: allOld,
	}, owned)
	if err != nil {
		return only.spent(err), err
	}
	return writeUnits(output.ConsumedCapacity), nil
}

func (s *Store) deleteItem(ctx context.Context, only *step) (units, error) {
	output, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: keyItem(only.e.Key),
		ConditionExpression: &only.condition.expression, ExpressionAttributeValues: only.condition.values,
		ReturnConsumedCapacity: total, ReturnValuesOnConditionCheckFailure: allOld,
	}, owned)
	if err != nil {
		return only.spent(err), err
	}
	return writeUnits(output.ConsumedCapacity), nil
}

// sendAll commits several records at once. All attempts have the same token and the same bytes, by which DynamoDB knows for
// ten minutes that it has done the transaction: it may take one in another order for a different one. After that, and where
// a repetition is taken for a different one all the same, the conditions decide.
func (s *Store) sendAll(p *plan) sender {
	items := make([]types.TransactWriteItem, len(p.steps))
	for i := range p.steps {
		items[i] = s.transactItem(&p.steps[i])
	}
	input := &dynamodb.TransactWriteItemsInput{
		TransactItems: items, ClientRequestToken: aws.String(hex.EncodeToString(p.token[:])), ReturnConsumedCapacity: total,
	}
	bytes := &sameBytes{}
	return sender{request{"TransactWriteItems", p.steps[0].e.Key, len(p.steps) - 1}, func(ctx context.Context) (units, error) {
		output, err := s.client.TransactWriteItems(ctx, input, owned, bytes.option)
		if err != nil {
			return p.spent(err), err
		}
		// DynamoDB Local tells the units of one of the records alone. The service's figure is never below that of the sizes,
		// but for a repetition of what was done, which it bills as a read: that is told too high.
		used := p.takes(nil)
		for i := range output.ConsumedCapacity {
			used.write = max(used.write, writeUnits(&output.ConsumedCapacity[i]).write)
		}
		return used, nil
	}}
}

func (s *Store) transactItem(p *step) types.TransactWriteItem {
	expression, values := &p.condition.expression, p.condition.values
	switch {
	case p.put != nil:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &s.table, Item: p.put, ConditionExpression: expression, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	case p.deletes:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.table, Key: keyItem(p.e.Key), ConditionExpression: expression, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	default:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.table, Key: keyItem(p.e.Key), ConditionExpression: expression, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	}
}
