// Package storetx is what all stores have in common: the transaction that a decision sees. It collects what one run of the decision
// gets and writes, and holds it to the rules of ports.Store: which keys, records and ranges are taken, what may be written, and how
// much. How records are fetched and committed is each store's own.
package storetx

import (
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Op is what a decision wants done to a record.
type Op uint8

// The operations.
const (
	None Op = iota
	Put
	Create
	Delete
)

// Entry is what one Update knows of one record.
type Entry[Own any] struct {
	Key ports.Key
	// Stored is the record as it stood when it was fetched, expired or not; nil when there was none.
	Stored *ports.Record
	// Next is what Put and Create write.
	Next *ports.Record
	// Own is what the store keeps with the entry. A new run begins without it.
	Own Own
	Op  Op
	// Fetched: Stored is known. Got: by the decision, in this run.
	Fetched, Got bool
	// named: by the caller of Update.
	named bool
}

// used reports whether the record counts towards ports.MaxRecords.
func (e *Entry[Own]) used() bool { return e.named || e.Got || e.Op != None }

// Live reports whether the record is there and has not expired, at a time in Unix seconds.
func (e *Entry[Own]) Live(now int64) bool { return e.Stored != nil && !Expired(e.Stored, now) }

// Tx is the ports.Tx of one Update. It is made once and begun anew for every run of the decision.
type Tx[Own any] struct {
	// Now is the time of this run in Unix seconds.
	Now int64
	// Entries are the records that this run, or the one before, asked for. They may move with the next call of the decision.
	Entries []Entry[Own]
	// Reads counts the entries that were got, Writes those with an Op.
	Reads, Writes int
	// Missing is true when the decision got a record that was not fetched.
	Missing bool
	// Decided is what the decision returned.
	Decided error
	rules   rules
	// used counts the entries that are used, bytes how long the bodies are that this run has written.
	used, bytes int
	// badRead and badWrite are the first rule that a Get and a write of this run broke.
	badRead, badWrite error
	// open is true while the decision runs.
	open bool
	room [8]Entry[Own]
}

// Init makes t the transaction of an Update by the named store, with the keys that its caller named. Kinds have at most maxKind
// bytes; 0 leaves that to the store. Errors: Invalid (a key, or more than ports.MaxRecords different ones).
func (t *Tx[Own]) Init(store string, maxKind int, keys []ports.Key) error {
	t.rules = rules{store, maxKind}
	t.Entries = t.room[:0]
	for _, key := range keys {
		if err := t.rules.key(key); err != nil {
			return err
		}
		e, err := t.entry(key)
		if err != nil {
			return err
		}
		if !e.named {
			e.named = true
			t.used++
		}
	}
	return nil
}

// Begin forgets the last run, but for the keys that it asked for and, where that is to be kept, what was fetched of them.
func (t *Tx[Own]) Begin(now time.Time, keep bool) {
	kept := t.Entries[:0]
	for _, e := range t.Entries {
		if !e.named && !e.Got {
			continue
		}
		next := Entry[Own]{Key: e.Key, named: e.named}
		if keep {
			next.Stored, next.Fetched, next.Own = e.Stored, e.Fetched, e.Own
		}
		kept = append(kept, next)
	}
	t.Entries = kept
	t.Now = now.Unix()
	t.used, t.Reads, t.Writes, t.bytes = 0, 0, 0, 0
	for i := range t.Entries {
		if t.Entries[i].named {
			t.used++
		}
	}
	t.Missing, t.badRead, t.badWrite, t.Decided = false, nil, nil, nil
}

// Decide runs the decision once, with t as what it sees.
func (t *Tx[Own]) Decide(decide func(ports.Tx) error) {
	t.open = true
	defer func() { t.open = false }()
	t.Decided = decide(t)
}

// Refusal is why the run cannot be committed, however the decision ended: a broken rule, or the decision's own error. A
// decision that did not get what it asked for has nothing to say.
func (t *Tx[Own]) Refusal() error {
	switch {
	case t.badRead != nil:
		return t.badRead
	case t.Decided != nil:
		return t.Decided
	default:
		return t.badWrite
	}
}

// entry finds the entry of a key or adds one, if one more record is allowed.
func (t *Tx[Own]) entry(key ports.Key) (*Entry[Own], error) {
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Key == key {
			if !e.used() && t.used == ports.MaxRecords {
				return nil, t.tooMany()
			}
			return e, nil
		}
	}
	if t.used == ports.MaxRecords {
		return nil, t.tooMany()
	}
	t.Entries = append(t.Entries, Entry[Own]{Key: key})
	return &t.Entries[len(t.Entries)-1], nil
}

func (t *Tx[Own]) tooMany() error {
	return t.rules.broken("one update took more than %d different records; split it", ports.MaxRecords)
}
