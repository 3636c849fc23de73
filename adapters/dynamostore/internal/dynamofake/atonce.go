package dynamofake

type (
	transactGetInput struct {
		TransactItems          []struct{ Get *getItemInput }
		ReturnConsumedCapacity string
	}
	transactGetAnswer struct {
		Item Item `json:",omitempty"`
	}
	transactGetOutput struct {
		Responses        []transactGetAnswer
		ConsumedCapacity []consumed
	}
)

// transactGet reads several items at one moment, for twice the units.
func (s *Server) transactGet(input *transactGetInput) (any, error) {
	if n := len(input.TransactItems); n == 0 || n > maxTransact {
		return nil, invalid("Member must have length less than or equal to 100")
	}
	output, used, size := transactGetOutput{}, consumed{}, 0
	for _, step := range input.TransactItems {
		t, err := s.table(step.Get.TableName)
		if err != nil {
			return nil, err
		}
		at, err := t.placeOf(step.Get.Key, true)
		if err != nil {
			return nil, err
		}
		item := t.get(at)
		if size += item.size(); size > maxTransactSize {
			return nil, invalid("Collection size of items in the transaction has exceeded the maximum of 4 MB")
		}
		used.TableName = step.Get.TableName
		used.CapacityUnits += 2 * units(item.size(), readStep)
		output.Responses = append(output.Responses, transactGetAnswer{item})
	}
	s.used.Read += used.CapacityUnits
	output.ConsumedCapacity = []consumed{used}
	return output, nil
}
