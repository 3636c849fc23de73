package engine

import (
	"bytes"

	"github.com/marketbrewer/marketbrewer/ports"
)

// witness lets a decision that changes a job recognise its own earlier write. An Update is run again when its
// acknowledgement is lost; the entry that it then finds in the job's history is the one that it made itself. Its zero value
// is ready.
type witness struct{ event ports.Record }

// done reports whether an earlier run of the same Update was committed.
func (w *witness) done(tx ports.Tx) bool {
	if w.event.Kind == "" {
		return false
	}
	record, found := tx.Get(w.event.Key)
	return found && bytes.Equal(record.Body, w.event.Body)
}

// watch returns the transaction for one run and notes the event that it writes.
func (w *witness) watch(tx ports.Tx) ports.Tx {
	w.event = ports.Record{}
	return watched{tx, w}
}

type watched struct {
	ports.Tx
	witness *witness
}

// Create implements ports.Tx.
func (t watched) Create(record ports.Record) {
	if record.Kind == kindEvent {
		t.witness.event = record
	}
	t.Tx.Create(record)
}
