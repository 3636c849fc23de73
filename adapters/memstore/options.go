package memstore

import "github.com/marketbrewer/marketbrewer/ports"

// Options are the settings of a Store; their zero value suits programs.
type Options struct {
	// Hooks are called between the steps of Get and Update. The zero value calls nothing.
	Hooks Hooks
	// KeepExpired true means that an expired record stays in place, unseen, until it is written over or deleted. False
	// means that later commits remove it, a few records each.
	KeepExpired bool
}

// Hooks are called without any lock held, by the goroutine that called the store: they may call the store themselves,
// wait, or panic. Any of them may be nil. An Update that lost many tries makes its last one under the lock, so that it
// must win; that try calls only AfterCommit and LoseAck.
type Hooks struct {
	// BeforeFetch is called before each record of a Get or an Update is fetched, with its key. When it is set the
	// records of an Update are fetched one by one, so that a write in between gives a torn view.
	BeforeFetch func(keys []ports.Key)
	// BeforeDecide is called before each run of a decision, with the keys that were fetched for it.
	BeforeDecide func(keys []ports.Key)
	// BeforeCommit is called before what a decision got is validated and what it wrote is committed, with the keys of both.
	BeforeCommit func(keys []ports.Key)
	// AfterCommit is called when writes have been applied, with their keys, before Update returns.
	AfterCommit func(keys []ports.Key)
	// LoseAck is called after AfterCommit with the same keys. When it says true the Update goes on as if it had not learnt
	// the outcome of its commit: it runs the decision again.
	LoseAck func(keys []ports.Key) bool
}
