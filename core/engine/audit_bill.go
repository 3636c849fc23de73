package engine

import (
	"maps"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// addition is what bills have added to one task without an attempt.
type addition struct {
	lines int
	paid  cost.Pico
}

// payment is the entry that has paid for an answer.
type payment struct {
	seq     int64
	request string
}

// add adds up an entry without an attempt.
func (a *audit) add(entry *cost.Entry) {
	a.sums.Settled += entry.Amount
	added := a.added[entry.Ordinal]
	a.added[entry.Ordinal] = addition{added.lines + 1, added.paid + entry.Amount}
}

// once checks that no answer is paid for twice. An answer is known by its name; a provider that gives one name to the
// answers of two requests, as a simulator may that was started again, names the requests apart. Of a name that was cut
// nothing is known.
func (a *audit) once(seq int64, entry *cost.Entry, r *Report) {
	if entry.Kind != cost.EntrySettle && entry.Kind != cost.EntryAdjust || entry.MessageID == "" || len(entry.MessageID) == cost.MaxID {
		return
	}
	before, twice := a.answers[entry.MessageID]
	if twice && (before.request == entry.RequestID || before.request == "" || entry.RequestID == "") {
		r.add(ProblemEntry, a.shard.Number, seq, "%s of task %d attempt %d: answer %q was paid for by entry %d", entry.Kind, entry.Ordinal, entry.Attempt, entry.MessageID, before.seq)
	}
	a.answers[entry.MessageID] = payment{seq, entry.RequestID}
}

// leftAdded reports what was added to tasks whose parcel is not written: a bill writes the parcel too.
func (a *audit) leftAdded(r *Report) {
	for _, ordinal := range slices.Sorted(maps.Keys(a.added)) {
		r.add(ProblemAttempt, a.shard.Number, 0, "task %d: %s USD were added in the ledger, and its parcel was never written", ordinal, a.added[ordinal].paid)
	}
}
