package engine

import (
	"bytes"

	"github.com/marketbrewer/marketbrewer/ports"
)

// witness lets a decision that changes a job recognise its own earlier write. An Update is run again when its
// acknowledgement is lost; the entry that it then finds in the job's history is the one that it made itself; of a change
// without an entry, the first record that it created. Its zero value is ready.
type witness struct {
	// seen has one record of each run that was another than those before: a run that is thrown away, because it did not
	// know of its own write yet, must not forget it.
	seen []ports.Record
}

// done reports whether an earlier run of the same Update was committed.
func (w *witness) done(tx ports.Tx) bool {
	for _, own := range w.seen {
		if record, found := tx.Get(own.Key); found && bytes.Equal(record.Body, own.Body) {
			return true
		}
	}
	return false
}

// watch returns the transaction for one run and notes what it creates.
func (w *witness) watch(tx ports.Tx) ports.Tx {
	return &watched{Tx: tx, witness: w, before: len(w.seen)}
}

type watched struct {
	ports.Tx
	witness *witness
	// before is how many records the runs before have left.
	before int
	// event is true once this run has created an entry of the job's history.
	event bool
}

// Create implements ports.Tx.
func (t *watched) Create(record ports.Record) {
	event := record.Kind == kindEvent
	if w := t.witness; event || !t.event && len(w.seen) == t.before {
		w.seen = append(w.seen[:t.before], record)
	}
	t.event = t.event || event
	t.Tx.Create(record)
}
