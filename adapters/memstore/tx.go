package memstore

import (
	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

type (
	// tx is what the decision of an Update sees. The store keeps nothing of its own with it.
	tx    = storetx.Tx[struct{}]
	entry = storetx.Entry[struct{}]
)

// keysOf are the keys of the entries that a hook is told of.
func keysOf(t *tx, about func(*entry) bool) []ports.Key {
	var keys []ports.Key
	for i := range t.Entries {
		if about(&t.Entries[i]) {
			keys = append(keys, t.Entries[i].Key)
		}
	}
	return keys
}

func wasFetched(e *entry) bool { return e.Fetched }
func wasUsed(e *entry) bool    { return e.Got || e.Op != storetx.None }
func wasWritten(e *entry) bool { return e.Op != storetx.None }
