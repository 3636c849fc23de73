package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// getItem reads one record, expired or not; nil when there is none.
func (s *Store) getItem(ctx context.Context, key ports.Key) (*stored, error) {
	yes := true
	input := &dynamodb.GetItemInput{
		TableName: &s.table, Key: keyItem(key), ConsistentRead: &yes, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	var found item
	err := s.read(ctx, request{operation: "GetItem", key: key}, func(ctx context.Context) (units, error) {
		output, err := s.client.GetItem(ctx, input, owned)
		if err != nil {
			return units{}, err
		}
		found = output.Item
		return readUnits(output.ConsumedCapacity), nil
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return s.decode(found)
}

// fetch reads the records of the entries that are not known yet.
func (s *Store) fetch(ctx context.Context, t *tx) error {
	var wanted []*entry
	for i := range t.Entries {
		if !t.Entries[i].Fetched {
			wanted = append(wanted, &t.Entries[i])
		}
	}
	found, err := s.getItems(ctx, wanted)
	if err != nil {
		return err
	}
	for _, e := range wanted {
		know(e, found[e.Key])
	}
	return nil
}

// getItems reads the records of some entries, expired or not. Those that do not exist are missing.
func (s *Store) getItems(ctx context.Context, wanted []*entry) (map[ports.Key]*stored, error) {
	found := make(map[ports.Key]*stored, len(wanted))
	switch len(wanted) {
	case 0:
		return found, nil
	case 1:
		record, err := s.getItem(ctx, wanted[0].Key)
		if record != nil {
			found[record.Key] = record
		}
		return found, err
	}
	keys := make([]item, len(wanted))
	for i, e := range wanted {
		keys[i] = keyItem(e.Key)
	}
	return found, s.getBatch(ctx, keys, found)
}

// getBatch reads up to 100 records. DynamoDB leaves some for the next request when they are more than 16 MB, or when it is
// busy; a request that brought something counts as a new beginning.
func (s *Store) getBatch(ctx context.Context, keys []item, found map[ports.Key]*stored) error {
	for tries := 0; ; tries++ {
		items, left, err := s.getSome(ctx, keys)
		if err != nil {
			return err
		}
		for _, i := range items {
			record, err := s.decode(i)
			if err != nil {
				return err
			}
			found[record.Key] = record
		}
		if len(left) == 0 {
			return nil
		}
		if len(left) < len(keys) {
			tries = 0
		}
		keys = left
		busy := fault.New(fault.Throttled, "dynamostore: BatchGetItem: %d records were left unread", len(left))
		if err := s.pause(ctx, tries, busy); err != nil {
			return err
		}
	}
}

func (s *Store) getSome(ctx context.Context, keys []item) (items, left []item, err error) {
	yes := true
	input := &dynamodb.BatchGetItemInput{
		RequestItems:           map[string]types.KeysAndAttributes{s.table: {Keys: keys, ConsistentRead: &yes}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	first, _ := keyOf(keys[0])
	err = s.read(ctx, request{"BatchGetItem", first, len(keys) - 1}, func(ctx context.Context) (units, error) {
		output, err := s.client.BatchGetItem(ctx, input, owned)
		if err != nil {
			return units{}, err
		}
		items, left = output.Responses[s.table], output.UnprocessedKeys[s.table].Keys
		var used units
		for i := range output.ConsumedCapacity {
			used.read += readUnits(&output.ConsumedCapacity[i]).read
		}
		return used, nil
	})
	return items, left, err
}

// unchanged looks again at what a decision got, and reports whether all of it stood together at one moment. What was absent
// is looked at first, all of it at that moment: an absent record has no version, so that two looks would not tell whether it
// came and went between them. Then what was there is read again: no write of a record leaves it as it was, so what is the
// same before and after the moment was so in it. That costs what reading twice does, and twice as much for the absent ones
// where they are several. What has changed takes the place of what was fetched, so that the next run sees it without a
// further request.
func (s *Store) unchanged(ctx context.Context, t *tx) (bool, error) {
	var absent, present []*entry
	for i := range t.Entries {
		switch e := &t.Entries[i]; {
		case !e.Got:
		case e.Stored == nil:
			absent = append(absent, e)
		default:
			present = append(present, e)
		}
	}
	stillAbsent, err := s.compare(ctx, absent, s.getAtOnce)
	switch {
	case errors.Is(err, fault.Invalid): // more than DynamoDB reads at once: they have come
		for _, e := range absent {
			e.Fetched = false
		}
		return false, nil
	case err != nil:
		return false, err
	}
	stillThere, err := s.compare(ctx, present, s.getItems)
	return stillAbsent && stillThere, err
}

// compare reads records again and reports whether all are as they were.
func (s *Store) compare(ctx context.Context, wanted []*entry, get getter) (bool, error) {
	found, err := get(ctx, wanted)
	if err != nil {
		return false, err
	}
	still := true
	for _, e := range wanted {
		if now := found[e.Key]; !same(e, now) {
			know(e, now)
			still = false
		}
	}
	return still, nil
}
