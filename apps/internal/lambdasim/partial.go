package lambdasim

import (
	"bytes"
	"encoding/json"
	"slices"
)

// partialFailures reads the answer of a function that reports batch item failures. It returns the failed messages' ids, or false when
// the answer makes the whole batch fail: not an object, a list that is none, an item without a string itemIdentifier, an empty one, one
// that is not in the batch. An empty answer, null, and an object without the list are a complete success, so a misspelt batchItemFailures
// deletes everything. Names are case-sensitive, unlike Go's decoder. Source: Lambda's documentation of partial batch responses.
func partialFailures(answer []byte, ids []string) (map[string]bool, bool) {
	failed := map[string]bool{}
	if len(bytes.TrimSpace(answer)) == 0 {
		return failed, true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(answer, &fields) != nil {
		return nil, false
	}
	var items []map[string]json.RawMessage
	if list, found := fields["batchItemFailures"]; found && json.Unmarshal(list, &items) != nil {
		return nil, false
	}
	for _, item := range items {
		var id string
		if json.Unmarshal(item["itemIdentifier"], &id) != nil || id == "" || !slices.Contains(ids, id) {
			return nil, false
		}
		failed[id] = true
	}
	return failed, true
}
