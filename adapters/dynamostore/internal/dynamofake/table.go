package dynamofake

import (
	"maps"
	"slices"
	"strconv"
)

const maxItemSize = 400 << 10

// table holds items by partition and sort key.
type table struct {
	partition, sort string
	ttl             string
	items           map[string]map[string]Item
}

func (t *table) get(key place) Item { return t.items[key.partition][key.sort] }

func (t *table) put(key place, item Item) {
	if t.items[key.partition] == nil {
		t.items[key.partition] = map[string]Item{}
	}
	t.items[key.partition][key.sort] = item
}

func (t *table) delete(key place) { delete(t.items[key.partition], key.sort) }

// place is the key of an item.
type place struct{ partition, sort string }

// placeOf reads the key of an item; a key itself must have nothing else.
func (t *table) placeOf(item Item, alone bool) (place, error) {
	partition, sort := item[t.partition], item[t.sort]
	switch {
	case partition.S == nil || sort.S == nil, alone && len(item) != 2:
		return place{}, invalid("The provided key element does not match the schema")
	case *partition.S == "" || *sort.S == "":
		return place{}, invalid("One or more parameter values are not valid: an empty string value is not supported for a key")
	case len(*partition.S) > 2048 || len(*sort.S) > 1024:
		return place{}, invalid("One or more parameter values were invalid: Size of key has exceeded the maximum size limit")
	}
	return place{*partition.S, *sort.S}, nil
}

// order returns the sort keys of a partition in their order.
func (t *table) order(partition string, forward bool) []string {
	keys := slices.Sorted(maps.Keys(t.items[partition]))
	if !forward {
		slices.Reverse(keys)
	}
	return keys
}

// expire deletes what has expired, where the TTL does that at all.
func (s *Server) expire() {
	if s.options.Now == nil {
		return
	}
	now := s.options.Now().Unix()
	for _, t := range s.tables {
		for partition, items := range t.items {
			for sort, item := range items {
				if at := item[t.ttl].N; t.ttl != "" && at != nil && parse(*at) <= now {
					t.delete(place{partition, sort})
				}
			}
		}
	}
}

func parse(number string) int64 {
	n, _ := strconv.ParseInt(number, 10, 64) // what is no number never expires
	return n
}

func (s *Server) table(name string) (*table, error) {
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	return nil, refuse("ResourceNotFoundException", "Requested resource not found")
}

type (
	createTableInput struct {
		TableName            string
		BillingMode          string
		AttributeDefinitions []struct{ AttributeName, AttributeType string }
		KeySchema            []struct{ AttributeName, KeyType string }
	}
	tableInput struct{ TableName string }
	ttlInput   struct {
		TableName               string
		TimeToLiveSpecification ttl
	}
	ttl struct {
		AttributeName string
		Enabled       bool
	}
	described struct{ TableName, TableStatus string }
)

func (s *Server) createTable(input *createTableInput) (any, error) {
	if s.tables[input.TableName] != nil {
		return nil, refuse("ResourceInUseException", "Cannot create preexisting table")
	}
	t := &table{items: map[string]map[string]Item{}}
	for _, key := range input.KeySchema {
		if key.KeyType == "HASH" {
			t.partition = key.AttributeName
		} else {
			t.sort = key.AttributeName
		}
	}
	s.tables[input.TableName] = t
	return struct{ TableDescription described }{described{input.TableName, "ACTIVE"}}, nil
}

func (s *Server) describeTable(input *tableInput) (any, error) {
	if _, err := s.table(input.TableName); err != nil {
		return nil, err
	}
	return struct{ Table described }{described{input.TableName, "ACTIVE"}}, nil
}

func (s *Server) updateTTL(input *ttlInput) (any, error) {
	t, err := s.table(input.TableName)
	if err != nil {
		return nil, err
	}
	t.ttl = input.TimeToLiveSpecification.AttributeName
	return struct{ TimeToLiveSpecification ttl }{input.TimeToLiveSpecification}, nil
}
