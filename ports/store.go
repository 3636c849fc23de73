package ports

import (
	"context"
	"time"
)

// Limits of one Update and of one record, the same for every store so that what works on one works on all.
const (
	// MaxRecords is how many different records one Update may read and write together.
	MaxRecords = 100
	// MaxCommit is how many bytes the bodies that one Update writes may have together. DynamoDB takes 4 MB in one transaction.
	MaxCommit = 3 << 20
	// MaxBody is the largest body of a record in bytes. DynamoDB refuses items above 400 KB; keys and envelope take the rest.
	MaxBody = 350 << 10
	// MaxKey is the longest partition or sort key in bytes.
	MaxKey = 512
	// MaxList is the largest page of a List, and the size of a page when the limit is 0.
	MaxList = 1000
)

// Key names a record. Records of a partition are ordered by the bytes of Sort.
type Key struct {
	// Partition is 1 to MaxKey bytes of printable ASCII.
	Partition string
	// Sort is 1 to MaxKey bytes of printable ASCII.
	Sort string
}

// Record is one stored value.
type Record struct {
	Key Key
	// Kind says what the body is, a short word. It is for people and tools; the store does not look at it.
	Kind string
	// Version is given by the store: 0 before the first write, higher after each one. Writers need not set it.
	Version int64
	// Body is at most MaxBody bytes. A reader must not change it, a writer not after handing it over.
	Body []byte
	// Expires is when the record begins to read as absent; zero means never. Stores keep it to the second.
	Expires time.Time
}

// Range selects records of one partition.
type Range struct {
	Partition string
	// From is the first sort key, inclusive; To the end, exclusive. Empty means unbounded.
	From, To string
	// Descending walks from the high end to the low one.
	Descending bool
	// Limit is the most records of one page, 1 to MaxList; 0 means MaxList.
	Limit int
	// Cursor continues after an earlier page of the same Range; empty starts.
	Cursor string
}

// Prefix is the Range of all records of a partition whose sort keys begin with prefix.
func Prefix(partition, prefix string) Range {
	return Range{Partition: partition, From: prefix, To: prefix + "\x7f"}
}

// Page is part of a List's answer.
type Page struct {
	Records []Record
	// Cursor continues the list; empty when it is complete. A page may be short, even empty, with more to come.
	Cursor string
}

// Store is an optimistic transactional record store with ordered partitions. It is safe for concurrent use.
type Store interface {
	// Get reads one record with strong consistency. What it returns may change before the caller looks: a decision
	// reads again through its Tx. Errors: NotFound (absent or expired), Corrupt, Throttled, Unavailable.
	Get(ctx context.Context, key Key) (Record, error)

	// List reads the records of a range in order, with strong consistency for each page. Records that are written
	// while a list goes on may or may not show. Errors: Invalid (range or cursor), Corrupt, Throttled, Unavailable.
	List(ctx context.Context, r Range) (Page, error)

	// Update runs decide and commits all that it wrote, or nothing.
	//
	//  1. The keys are fetched before, with strong consistency, as a hint: a key that decide gets without having been
	//     named is fetched too, and decide is run again from the start.
	//  2. decide must be a pure function of what it gets: it may be run many times, the writes of all runs but the last
	//     are forgotten, and variables that it sets outside must be set afresh in every run.
	//  3. The writes are committed only if nothing that decide got has changed; otherwise it is run again on fresh
	//     records, a bounded number of times, then Throttled. The same holds for an error that decide returns, and for a
	//     decision that wrote nothing, where it got more than one record: neither is ever based on a torn view.
	//  4. An error of decide ends the Update with that very error, and nothing is written. A panic in decide passes
	//     through to the caller of Update, nothing is written, and the store stays usable.
	//  5. After an outcome that could not be learnt the Update runs decide again, which must recognise its own earlier
	//     write. The error is marked unknown only when that failed too.
	//  6. More than MaxRecords different records or MaxCommit bytes, a key or body beyond the limits, a Put or Delete of a record that decide
	//     did not get, two writes to one key: Invalid, and nothing is written.
	//  7. A Create whose record exists (and has not expired): Conflict, and nothing is written.
	//
	// Other errors: Corrupt, Unavailable.
	Update(ctx context.Context, keys []Key, decide func(Tx) error) error
}

// Tx is what a decision sees of the store. It is valid until the decision returns, for its caller alone.
type Tx interface {
	// Get returns the record as it stood before the decision, and whether it is there. The decision's own writes do not
	// show. In a run whose fetched keys turn out to be incomplete it says absent; that run is thrown away.
	Get(key Key) (Record, bool)
	// Put writes a record that the decision got before, present or absent.
	Put(record Record)
	// Create writes a record without reading it before; the Update fails with Conflict if it is there.
	Create(record Record)
	// Delete removes a record that the decision got before; removing an absent one does nothing.
	Delete(key Key)
}
