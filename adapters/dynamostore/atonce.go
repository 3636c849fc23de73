package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// getter reads the records of some entries. Those that do not exist are missing.
type getter func(ctx context.Context, wanted []*entry) (map[ports.Key]*stored, error)

// getAtOnce reads records as they stand at one moment. It is for those that are expected to be absent: DynamoDB reads no
// more than 4 MB at once, and calls what is more Invalid.
func (s *Store) getAtOnce(ctx context.Context, wanted []*entry) (map[ports.Key]*stored, error) {
	if len(wanted) < 2 {
		return s.getItems(ctx, wanted)
	}
	var answers []types.ItemResponse
	input := s.atOnceInput(wanted)
	err := s.read(ctx, request{"TransactGetItems", wanted[0].Key, len(wanted) - 1}, func(ctx context.Context) (units, error) {
		output, err := s.client.TransactGetItems(ctx, input, owned)
		if err != nil {
			return units{}, err
		}
		answers = output.Responses
		// DynamoDB Local tells the units of one of the records alone.
		used := units{read: 2 * float64(len(wanted))}
		for i := range output.ConsumedCapacity {
			used.read = max(used.read, readUnits(&output.ConsumedCapacity[i]).read)
		}
		return used, nil
	})
	if err != nil {
		return nil, err
	}
	if len(answers) != len(wanted) {
		return nil, fault.New(fault.Unavailable, "dynamostore: TransactGetItems: %d records were asked for and %d answered", len(wanted), len(answers))
	}
	found := make(map[ports.Key]*stored, len(wanted))
	for i, answer := range answers {
		if len(answer.Item) == 0 {
			continue
		}
		record, err := s.decode(answer.Item)
		if err != nil {
			return nil, err
		}
		found[wanted[i].Key] = record
	}
	return found, nil
}

func (s *Store) atOnceInput(wanted []*entry) *dynamodb.TransactGetItemsInput {
	gets := make([]types.TransactGetItem, len(wanted))
	for i, e := range wanted {
		gets[i].Get = &types.Get{TableName: &s.table, Key: keyItem(e.Key)}
	}
	return &dynamodb.TransactGetItemsInput{TransactItems: gets, ReturnConsumedCapacity: total}
}
