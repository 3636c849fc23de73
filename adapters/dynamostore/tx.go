package dynamostore

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// op is what a decision wants done to a record.
type op uint8

const (
	opNone op = iota
	opPut
	opCreate
	opDelete
)

// entry is what one Update knows of one record.
type entry struct {
	key ports.Key
	// stored is the record as it lay in the table when it was fetched, expired or not; nil when there was none.
	stored *stored
	// next is what opPut and opCreate write.
	next *ports.Record
	op   op
	// named: by the caller of Update. fetched: stored is known. got: by the decision, in this run.
	named, fetched, got bool
}

// used reports whether the record counts towards ports.MaxRecords.
func (e *entry) used() bool { return e.named || e.got || e.op != opNone }

// live reports whether the record is there and has not expired.
func (e *entry) live(now int64) bool { return e.stored != nil && !expired(&e.stored.Record, now) }

// over is the version to write: the one given, or, if the record has one far ahead of the clock, which the store does not
// follow, the next after that.
func (e *entry) over(version int64) int64 {
	if e.stored == nil {
		return version
	}
	return max(version, e.stored.Version+1)
}

// tx collects what one run of a decision gets and writes. It is made once per Update and reset for every run.
type tx struct {
	// now is the time of this run in Unix seconds.
	now     int64
	entries []entry
	// bytes is how many the bodies to be written have together.
	bytes int
	// used counts the entries that are used, reads those that were got, writes those with an op.
	used, reads, writes int
	// keep means that the next run begins with what is known already.
	keep bool
	// contended means that another transaction had one of the records.
	contended bool
	// doubt is why the outcome of the last commit could not be learnt.
	doubt string
	// missing is true when the decision got a record that was not fetched.
	missing bool
	// badRead and badWrite are the first rule that a Get and a write of this run broke.
	badRead, badWrite error
	// decided is what the decision returned.
	decided error
	// open is true while the decision runs.
	open bool
	room [8]entry
}

var _ ports.Tx = (*tx)(nil)

func newTx(keys []ports.Key) (*tx, error) {
	t := &tx{}
	t.entries = t.room[:0]
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		e, err := t.entry(key)
		if err != nil {
			return nil, err
		}
		if !e.named {
			e.named = true
			t.used++
		}
	}
	return t, nil
}

// begin forgets the last run, but for the keys that it asked for and, where they are to be kept, what was fetched.
func (t *tx) begin(now time.Time) {
	kept := t.entries[:0]
	for _, e := range t.entries {
		if e.named || e.got {
			next := entry{key: e.key, named: e.named}
			if t.keep {
				next.stored, next.fetched = e.stored, e.fetched
			}
			kept = append(kept, next)
		}
	}
	t.entries = kept
	t.now, t.keep, t.contended = now.Unix(), false, false
	t.used, t.reads, t.writes, t.bytes = 0, 0, 0, 0
	for i := range t.entries {
		if t.entries[i].named {
			t.used++
		}
	}
	t.missing, t.badRead, t.badWrite, t.decided = false, nil, nil, nil
}

// entry finds the entry of a key or adds one, if one more record is allowed.
func (t *tx) entry(key ports.Key) (*entry, error) {
	for i := range t.entries {
		if e := &t.entries[i]; e.key == key {
			if !e.used() && t.used == ports.MaxRecords {
				return nil, tooMany()
			}
			return e, nil
		}
	}
	if t.used == ports.MaxRecords {
		return nil, tooMany()
	}
	t.entries = append(t.entries, entry{key: key})
	return &t.entries[len(t.entries)-1], nil
}

func tooMany() error {
	return fault.New(fault.Invalid, "dynamostore: one update took more than %d different records; split it", ports.MaxRecords)
}

// Get implements ports.Tx.
func (t *tx) Get(key ports.Key) (ports.Record, bool) {
	t.mustBeOpen()
	e, err := t.entry(key)
	if err == nil && !e.used() {
		err = checkKey(key)
	}
	if err != nil {
		if t.badRead == nil {
			t.badRead = err
		}
		return ports.Record{}, false
	}
	if !e.got {
		if !e.used() {
			t.used++
		}
		e.got = true
		t.reads++
	}
	if !e.fetched {
		t.missing = true
	}
	if !e.live(t.now) {
		return ports.Record{}, false
	}
	return e.stored.Record, true
}

// Put implements ports.Tx.
func (t *tx) Put(record ports.Record) { t.write(opPut, record) }

// Create implements ports.Tx.
func (t *tx) Create(record ports.Record) { t.write(opCreate, record) }

// Delete implements ports.Tx.
func (t *tx) Delete(key ports.Key) { t.write(opDelete, ports.Record{Key: key}) }

func (t *tx) write(what op, record ports.Record) {
	t.mustBeOpen()
	if t.badWrite != nil {
		return
	}
	t.badWrite = t.tryWrite(what, record)
}

func (t *tx) tryWrite(what op, record ports.Record) error {
	if err := checkRecord(record); err != nil {
		return err
	}
	e, err := t.entry(record.Key)
	if err != nil {
		return err
	}
	if what != opCreate && !e.got {
		return fault.New(fault.Invalid, "dynamostore: %s is written without having been read; get it first or create it", keyText(record.Key))
	}
	if e.op != opNone {
		return fault.New(fault.Invalid, "dynamostore: %s is written twice in one update", keyText(record.Key))
	}
	if t.bytes += len(record.Body); t.bytes > ports.MaxCommit {
		return fault.New(fault.Invalid, "dynamostore: one update writes more than %d bytes; split it", ports.MaxCommit)
	}
	if !e.used() {
		t.used++
	}
	e.op = what
	t.writes++
	if what != opDelete {
		record.Expires = toSecond(record.Expires)
		e.next = &record
	}
	return nil
}

// mustBeOpen panics when a decision kept its Tx and uses it after it returned, which is a bug of the caller.
func (t *tx) mustBeOpen() {
	if !t.open {
		panic("dynamostore: a Tx was used after its decision had returned")
	}
}

// refusal is why the run cannot be committed, however the decision ended: a broken rule, or the decision's own error. A
// decision that did not get what it asked for (badRead) has nothing to say.
func (t *tx) refusal() error {
	switch {
	case t.badRead != nil:
		return t.badRead
	case t.decided != nil:
		return t.decided
	default:
		return t.badWrite
	}
}

// expired reports whether a record reads as absent at a time in Unix seconds.
func expired(record *ports.Record, now int64) bool {
	return !record.Expires.IsZero() && record.Expires.Unix() <= now
}

// toSecond cuts an expiry to the second. What lies before 1970 becomes the first second of 1970: long expired, yet not
// the zero time, which would mean never.
func toSecond(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return time.Unix(max(at.Unix(), 1), 0).UTC()
}
