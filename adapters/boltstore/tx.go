package boltstore

import "github.com/marketbrewer/marketbrewer/adapters/internal/storetx"

// tx is what the decision of an Update sees, and where in the store's life its run began.
type tx struct {
	storetx.Tx[own]
	// base is the last batch that was on disk, and generation the one of the store, when the run began.
	base, generation int64
	// locked is true while the run holds the store's lock from its beginning to its end.
	locked bool
}

type entry = storetx.Entry[own]

// own is what the store keeps with an entry.
type own struct {
	// from is the batch that writes what is stored; nil when that is on disk.
	from *batch
	// frame is the write as it goes into the file.
	frame *frame
}
