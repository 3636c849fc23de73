package dynamostore

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	total  = types.ReturnConsumedCapacityTotal
	allOld = types.ReturnValuesOnConditionCheckFailureAllOld
)

// sender sends a commit; tries says how often that was done before.
type sender struct {
	request
	attempt func(ctx context.Context, tries int) (units, error)
}

// sendOne commits a single record: a plain write takes half the units of a transaction.
func (s *Store) sendOne(p *plan) sender {
	only := &p.steps[0]
	if only.put != nil {
		return sender{request{operation: "PutItem", key: only.e.key}, func(ctx context.Context, _ int) (units, error) { return s.putItem(ctx, only) }}
	}
	return sender{request{operation: "DeleteItem", key: only.e.key}, func(ctx context.Context, _ int) (units, error) { return s.deleteItem(ctx, only) }}
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
		TableName: &s.table, Key: keyItem(only.e.key),
		ConditionExpression: &only.condition.expression, ExpressionAttributeValues: only.condition.values,
		ReturnConsumedCapacity: total, ReturnValuesOnConditionCheckFailure: allOld,
	}, owned)
	if err != nil {
		return only.spent(err), err
	}
	return writeUnits(output.ConsumedCapacity), nil
}

// sendAll commits several records at once. Each attempt has a token of its own: it makes a request harmless that the
// network brings twice, and no more, since DynamoDB forgets it after ten minutes and may take the same request in another
// order for a different one.
func (s *Store) sendAll(p *plan) sender {
	items := make([]types.TransactWriteItem, len(p.steps))
	for i := range p.steps {
		items[i] = s.transactItem(&p.steps[i])
	}
	token := hex.EncodeToString(p.token[:]) + "-"
	return sender{request{"TransactWriteItems", p.steps[0].e.key, len(p.steps) - 1}, func(ctx context.Context, tries int) (units, error) {
		output, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			TransactItems: items, ClientRequestToken: aws.String(token + strconv.Itoa(tries)), ReturnConsumedCapacity: total,
		}, owned)
		if err != nil {
			return p.spent(err), err
		}
		// DynamoDB Local tells the units of one of the records alone. The service's figure is never below that of the sizes.
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
			TableName: &s.table, Key: keyItem(p.e.key), ConditionExpression: expression, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	default:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.table, Key: keyItem(p.e.key), ConditionExpression: expression, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	}
}
