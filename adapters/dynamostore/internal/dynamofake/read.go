package dynamofake

import "strings"

const (
	readStep     = 4096
	pageBytes    = 1 << 20
	maxBatch     = 100
	maxBatchSize = 16 << 20
)

// consumed is how capacity is told.
type consumed struct {
	TableName     string
	CapacityUnits float64
}

type (
	getItemInput struct {
		TableName              string
		Key                    Item
		ConsistentRead         bool
		ReturnConsumedCapacity string
	}
	getItemOutput struct {
		Item             Item `json:",omitempty"`
		ConsumedCapacity consumed
	}
)

// reading takes the units of a read of so many bytes.
func (s *Server) reading(table string, size int, strong bool) consumed {
	taken := units(size, readStep)
	if !strong {
		taken /= 2
	}
	s.used.Read += taken
	return consumed{table, taken}
}

func (s *Server) getItem(input *getItemInput) (any, error) {
	t, err := s.table(input.TableName)
	if err != nil {
		return nil, err
	}
	key, err := t.placeOf(input.Key, true)
	if err != nil {
		return nil, err
	}
	item := t.get(key)
	return getItemOutput{item, s.reading(input.TableName, item.size(), input.ConsistentRead)}, nil
}

type (
	batchKeys struct {
		Keys           []Item
		ConsistentRead bool
	}
	batchGetInput struct {
		RequestItems           map[string]batchKeys
		ReturnConsumedCapacity string
	}
	batchGetOutput struct {
		Responses        map[string][]Item
		UnprocessedKeys  map[string]batchKeys
		ConsumedCapacity []consumed

		asked batchGetInput
	}
)

func (s *Server) batchGet(input *batchGetInput) (any, error) {
	output := &batchGetOutput{Responses: map[string][]Item{}, UnprocessedKeys: map[string]batchKeys{}, asked: *input}
	size := 0
	for name, asked := range input.RequestItems {
		t, err := s.table(name)
		if err != nil {
			return nil, err
		}
		if len(asked.Keys) > maxBatch {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
		seen := map[place]bool{}
		used := consumed{TableName: name}
		for i, key := range asked.Keys {
			at, err := t.placeOf(key, true)
			if err != nil {
				return nil, err
			}
			if seen[at] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[at] = true
			item := t.get(at)
			if size += item.size(); size > maxBatchSize {
				output.UnprocessedKeys[name] = batchKeys{asked.Keys[i:], asked.ConsistentRead}
				break
			}
			used.CapacityUnits += s.reading(name, item.size(), asked.ConsistentRead).CapacityUnits
			if item != nil {
				output.Responses[name] = append(output.Responses[name], item)
			}
		}
		output.ConsumedCapacity = append(output.ConsumedCapacity, used)
	}
	return output, nil
}

// leaveMost hands all keys but the first back, as the service does when it is busy.
func (o *batchGetOutput) leaveMost() {
	for name, asked := range o.asked.RequestItems {
		if len(asked.Keys) < 2 {
			continue
		}
		o.UnprocessedKeys[name] = batchKeys{asked.Keys[1:], asked.ConsistentRead}
		var kept []Item
		for _, item := range o.Responses[name] {
			if sameKey(item, asked.Keys[0]) {
				kept = append(kept, item)
			}
		}
		o.Responses[name] = kept
	}
}

func sameKey(item, key Item) bool {
	for name, v := range key {
		if order, ok := item[name].compare(v); !ok || order != 0 {
			return false
		}
	}
	return true
}

type (
	queryInput struct {
		TableName                 string
		KeyConditionExpression    string
		ExpressionAttributeValues Item
		ExclusiveStartKey         Item
		ConsistentRead            bool
		ScanIndexForward          *bool
		Limit                     int
		ReturnConsumedCapacity    string
	}
	queryOutput struct {
		Items            []Item
		Count            int
		LastEvaluatedKey Item `json:",omitempty"`
		ConsumedCapacity consumed
	}
)

func (s *Server) query(input *queryInput) (any, error) {
	t, err := s.table(input.TableName)
	if err != nil {
		return nil, err
	}
	partition := input.ExpressionAttributeValues[":p"].S
	if partition == nil || !strings.HasPrefix(input.KeyConditionExpression, t.partition+" = :p") {
		return nil, invalid("Query condition missed key schema element: " + t.partition)
	}
	if low, high := input.ExpressionAttributeValues[":from"].S, input.ExpressionAttributeValues[":to"].S; low != nil && high != nil && *low > *high {
		return nil, invalid("Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
	}
	if err := t.checkStart(input); err != nil {
		return nil, err
	}
	output, size, err := t.page(input, *partition)
	if err != nil {
		return nil, err
	}
	output.Count = len(output.Items)
	output.ConsumedCapacity = s.reading(input.TableName, size, input.ConsistentRead)
	return output, nil
}

// checkStart refuses a key to go on from that the query could not have ended with.
func (t *table) checkStart(input *queryInput) error {
	start := input.ExclusiveStartKey
	if start == nil {
		return nil
	}
	if _, err := t.placeOf(start, true); err != nil {
		return err
	}
	inside, err := holds(input.KeyConditionExpression, input.ExpressionAttributeValues, start)
	if err != nil || !inside {
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	return nil
}

func (t *table) page(input *queryInput, partition string) (*queryOutput, int, error) {
	forward := input.ScanIndexForward == nil || *input.ScanIndexForward
	output, size := &queryOutput{Items: []Item{}}, 0
	for _, sort := range t.order(partition, forward) {
		item := t.items[partition][sort]
		within, err := holds(input.KeyConditionExpression, input.ExpressionAttributeValues, item)
		if err != nil {
			return nil, 0, err
		}
		if !within || !after(input.ExclusiveStartKey[t.sort], sort, forward) {
			continue
		}
		output.Items = append(output.Items, item)
		size += item.size()
		if len(output.Items) == input.Limit || size >= pageBytes {
			output.LastEvaluatedKey = Item{t.partition: item[t.partition], t.sort: item[t.sort]}
			break
		}
	}
	return output, size, nil
}

// after reports whether a sort key comes behind the one to go on from.
func after(start Value, sort string, forward bool) bool {
	switch {
	case start.S == nil:
		return true
	case forward:
		return sort > *start.S
	}
	return sort < *start.S
}
