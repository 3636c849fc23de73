package dynamostore

import (
	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
)

// tx is what the decision of an Update sees, and what is known of its runs.
type tx struct {
	storetx.Tx[lies]
	// keep means that the next run begins with what is known already.
	keep bool
	// contended means that another transaction had one of the records.
	contended bool
	// doubt is why the outcome of the last commit could not be learnt.
	doubt string
}

type entry = storetx.Entry[lies]

// know takes over what stands in the place of the entry; nil for nothing.
func know(e *entry, found *stored) {
	e.Stored, e.Own, e.Fetched = nil, lies{}, true
	if found != nil {
		e.Stored, e.Own = &found.Record, found.lies
	}
}

// over is the version to write: the one given, or, if the record has one far ahead of the clock, which the store does not
// follow, the next after that.
func over(e *entry, version int64) int64 {
	if e.Stored == nil {
		return version
	}
	return max(version, e.Stored.Version+1)
}
