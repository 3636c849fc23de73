package dynamofake

const (
	writeStep       = 1024
	maxTransact     = 100
	maxTransactSize = 4 << 20
)

// writeInput is one write, alone or as part of a transaction. A put has an Item, the others a Key.
type writeInput struct {
	TableName                           string
	Item                                Item
	Key                                 Item
	ConditionExpression                 string
	ExpressionAttributeValues           Item
	ReturnValuesOnConditionCheckFailure string
	ReturnConsumedCapacity              string
}

// write is a writeInput and what it is about.
type write struct {
	*writeInput
	t   *table
	at  place
	old Item
	// holds says whether its condition does.
	holds bool
}

func (s *Server) look(input *writeInput) (*write, error) {
	t, err := s.table(input.TableName)
	if err != nil {
		return nil, err
	}
	w := &write{writeInput: input, t: t}
	if input.Item != nil {
		w.at, err = t.placeOf(input.Item, false)
	} else {
		w.at, err = t.placeOf(input.Key, true)
	}
	if err != nil {
		return nil, err
	}
	if input.Item.size() > maxItemSize {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	w.old = t.get(w.at)
	w.holds, err = holds(input.ConditionExpression, input.ExpressionAttributeValues, w.old)
	return w, err
}

// units are those of the larger one of old and new item, whether the condition holds or not.
func (w *write) units() float64 { return units(max(w.old.size(), w.Item.size()), writeStep) }

// shown is the old item, if it was asked for.
func (w *write) shown() Item {
	if w.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
		return w.old
	}
	return nil
}

type writeOutput struct{ ConsumedCapacity consumed }

func (s *Server) putItem(input *writeInput) (any, error) {
	if input.Item == nil {
		return nil, invalid("Item is missing")
	}
	return s.alone(input, func(w *write) { w.t.put(w.at, input.Item) })
}

func (s *Server) deleteItem(input *writeInput) (any, error) {
	return s.alone(input, func(w *write) { w.t.delete(w.at) })
}

func (s *Server) alone(input *writeInput, apply func(*write)) (any, error) {
	w, err := s.look(input)
	if err != nil {
		return nil, err
	}
	s.used.Write += w.units()
	if !w.holds {
		return nil, conditionFailed(w.shown())
	}
	apply(w)
	return writeOutput{consumed{input.TableName, w.units()}}, nil
}

type (
	transactInput struct {
		TransactItems          []transactItem
		ClientRequestToken     string
		ReturnConsumedCapacity string
	}
	transactItem   struct{ Put, Delete, ConditionCheck *writeInput }
	transactOutput struct{ ConsumedCapacity []consumed }
)

func (i transactItem) input() *writeInput {
	switch {
	case i.Put != nil:
		return i.Put
	case i.Delete != nil:
		return i.Delete
	}
	return i.ConditionCheck
}

func (s *Server) transact(input *transactInput) (any, error) {
	if n := len(input.TransactItems); n == 0 || n > maxTransact {
		return nil, invalid("Member must have length less than or equal to 100")
	}
	if before, known := s.done[input.ClientRequestToken]; known {
		return s.repeated(input, before)
	}
	writes, err := s.lookAll(input)
	if err != nil {
		return nil, err
	}
	used := consumed{TableName: writes[0].TableName}
	reasons, holds := make([]reason, len(writes)), true
	for i, w := range writes {
		used.CapacityUnits += 2 * w.units()
		if reasons[i].Code = codeNone; !w.holds {
			reasons[i] = reason{codeCondition, "The conditional request failed", w.shown()}
			holds = false
		}
	}
	s.used.Write += used.CapacityUnits
	if !holds {
		return nil, cancelled(reasons)
	}
	for i, w := range writes {
		switch step := input.TransactItems[i]; {
		case step.Put != nil:
			w.t.put(w.at, step.Put.Item)
		case step.Delete != nil:
			w.t.delete(w.at)
		}
	}
	if input.ClientRequestToken != "" && !s.options.Forgets {
		s.done[input.ClientRequestToken] = s.body
	}
	return transactOutput{[]consumed{used}}, nil
}

// repeated answers a transaction whose token was used before: nothing is done. The fake never forgets a token, the service
// does so after ten minutes. It is the stricter one in that a repetition has to have the same bytes.
func (s *Server) repeated(input *transactInput, before string) (any, error) {
	if before != s.body {
		return nil, refuse("IdempotentParameterMismatchException", "The token was used with other parameters")
	}
	used := consumed{TableName: input.TransactItems[0].input().TableName}
	for _, step := range input.TransactItems {
		used.CapacityUnits += 2 * units(step.input().Item.size(), readStep)
	}
	s.used.Read += used.CapacityUnits
	return transactOutput{[]consumed{used}}, nil
}

func (s *Server) lookAll(input *transactInput) ([]*write, error) {
	writes := make([]*write, len(input.TransactItems))
	seen, size := map[place]bool{}, 0
	for i, step := range input.TransactItems {
		if step.input() == nil {
			return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		w, err := s.look(step.input())
		if err != nil {
			return nil, err
		}
		if seen[w.at] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[w.at] = true
		size += w.Item.size()
		writes[i] = w
	}
	if size > maxTransactSize {
		return nil, invalid("Collection size of items in the transaction has exceeded the maximum of 4 MB")
	}
	return writes, nil
}
