package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

// pageBodies is how many bytes of bodies end a page. A Query brings at most 1 MB, but as packed as bodies lie in the table
// that may be hundreds of them.
const pageBodies = 4 << 20

// List implements ports.Store. A page is what one Query brings, less what has expired: at most 1 MB as it lies in the table.
// It ends with the record that brings its bodies to 4 MB; what the Query brought beyond is read again for the next page.
func (s *Store) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := ctx.Err(); err != nil {
		return ports.Page{}, err
	}
	last, err := storetx.Resolve("dynamostore", &r)
	if err != nil {
		return ports.Page{}, err
	}
	r.From, r.To = bound(r.From), bound(r.To)
	if r.To != "" && r.From >= r.To {
		return ports.Page{}, nil
	}
	now := s.clock.Now().Unix()
	items, next, err := s.query(ctx, r, last)
	if err != nil {
		return ports.Page{}, err
	}
	page := ports.Page{Records: make([]ports.Record, 0, len(items))}
	bodies := 0
	for n, i := range items {
		record, err := s.decode(i)
		if err != nil {
			return ports.Page{}, err
		}
		if within(&record.Record, r) && !storetx.Expired(&record.Record, now) {
			page.Records = append(page.Records, record.Record)
			bodies += len(record.Body)
		}
		if bodies >= pageBodies && n < len(items)-1 {
			next = i
			break
		}
	}
	page.Cursor = cursor(r, next)
	return page, nil
}

func (s *Store) query(ctx context.Context, r ports.Range, last string) (items []item, next item, err error) {
	input := s.queryInput(r, last)
	err = s.read(ctx, request{operation: "Query", key: ports.Key{Partition: r.Partition}}, func(ctx context.Context) (units, error) {
		output, err := s.client.Query(ctx, input, owned)
		if err != nil {
			return units{}, err
		}
		items, next = output.Items, output.LastEvaluatedKey
		return readUnits(output.ConsumedCapacity), nil
	})
	return items, next, err
}

func (s *Store) queryInput(r ports.Range, last string) *dynamodb.QueryInput {
	condition, values := "p = :p", item{":p": text(r.Partition)}
	switch {
	case r.From != "" && r.To != "":
		condition += " AND s BETWEEN :from AND :to" // includes To, which List drops
	case r.From != "":
		condition += " AND s >= :from"
	case r.To != "":
		condition += " AND s < :to"
	}
	if r.From != "" {
		values[":from"] = text(r.From)
	}
	if r.To != "" {
		values[":to"] = text(r.To)
	}
	input := &dynamodb.QueryInput{
		TableName: &s.table, KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(!r.Descending), Limit: aws.Int32(int32(r.Limit)),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	if last != "" {
		input.ExclusiveStartKey = keyItem(ports.Key{Partition: r.Partition, Sort: last})
	}
	return input
}

func within(record *ports.Record, r ports.Range) bool { return r.To == "" || record.Key.Sort < r.To }

// cursor is that of the next page. A page that ended with the end of the range, which is not part of it, was the last.
func cursor(r ports.Range, next item) string {
	key, more := keyOf(next)
	if !more || (!r.Descending && r.To != "" && key.Sort >= r.To) {
		return ""
	}
	return storetx.Cursor(r, key.Sort)
}

// bound returns an end of a range that stands in the same place among all sort keys and that DynamoDB takes: UTF-8, and no
// longer than a key. Sort keys are printable ASCII, so that the first other character decides: one below stands before all
// that goes on there, one above behind it.
func bound(end string) string {
	for i := range min(len(end), ports.MaxKey+1) {
		switch {
		case end[i] < 0x20:
			return end[:i] + " "
		case end[i] > 0x7e:
			return end[:i] + "\x7f"
		}
	}
	return end[:min(len(end), ports.MaxKey+1)]
}
