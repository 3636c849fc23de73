package boltstore

import (
	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// maxBatchWrites and maxBatchBytes are where a batch is full: enough that the two syncs of a commit do not count, and
	// so little that nobody waits long for them. Updates that come later wait until the batch has been taken.
	maxBatchWrites = 4000
	maxBatchBytes  = 4 << 20
	// keptBatches is how many batches on disk are still known in memory. A decision that takes longer than as many commits
	// is run again, because what changed meanwhile is no longer known.
	keptBatches = 4
)

// batch is the writes that go to the disk together. It is guarded by the store's lock until it is taken.
type batch struct {
	// number counts the batches of one opening, from 1.
	number int64
	// writes has one entry per record, the last write of each.
	writes []*pending
	bytes  int
	// taken is closed when no more writes are accepted, done when the batch is on disk or has failed.
	taken, done chan struct{}
	// err is set before done is closed.
	err error
	// settled is true when done has been closed.
	settled bool
}

// pending is the newest state of one record that was written lately.
type pending struct {
	key   ports.Key
	batch *batch
	// record is nil when it was deleted.
	record *ports.Record
	// frame is nil once it is on disk.
	frame *frame
}

func newBatch(number int64) *batch {
	return &batch{number: number, taken: make(chan struct{}), done: make(chan struct{})}
}

func (b *batch) full() bool { return len(b.writes) >= maxBatchWrites || b.bytes >= maxBatchBytes }

// settle ends the batch for all that wait for it. Only the first call counts.
func (b *batch) settle(err error) {
	if b.settled {
		return
	}
	b.settled = true
	b.err = err
	close(b.done)
}

// desk is the state between the decisions and the disk. It is guarded by the store's lock.
type desk struct {
	// recent holds every record written by a batch that is not on disk yet, or became so lately.
	recent map[ports.Key]*pending
	// building takes writes, committing (or nil) is on its way to the disk, kept are on disk, the oldest first.
	building, committing *batch
	kept                 []*batch
	// committed is the number of the last batch on disk.
	committed int64
	// generation is raised when a batch fails: what was read before may never have been.
	generation int64
	// version is the last one given.
	version int64
}

func newDesk(version int64) desk {
	return desk{recent: make(map[ports.Key]*pending), building: newBatch(1), version: version}
}

// lookAll fills in what is known in memory of the records that a run has not fetched yet, and returns how many are left.
func (d *desk) lookAll(t *tx) (left int) {
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Fetched {
			continue
		}
		p := d.recent[e.Key]
		if p == nil {
			left++
			continue
		}
		e.Stored, e.Fetched = p.record, true
		if p.batch.number > d.committed {
			e.Own.from = p.batch
		}
	}
	return left
}

// unchanged reports whether what a run got, and the places of what it creates, are as they were when they were fetched.
func (d *desk) unchanged(t *tx) bool {
	if t.generation != d.generation || d.committed > t.base+keptBatches {
		return false
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		if !e.Got && e.Op != storetx.Create {
			continue
		}
		if p := d.recent[e.Key]; p != nil && versionOf(p.record) != versionOf(e.Stored) {
			return false
		}
	}
	return true
}

func versionOf(record *ports.Record) int64 {
	if record == nil {
		return 0
	}
	return record.Version
}

// accept adds a run's writes to the batch that is being built and returns that, or nil when there is nothing to write.
func (d *desk) accept(t *tx) *batch {
	var into *batch
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Own.frame == nil {
			continue
		}
		if e.Next != nil {
			d.version++
			e.Next.Version = d.version
			e.Own.frame.setVersion(d.version)
		}
		d.write(e)
		into = d.building
	}
	return into
}

func (d *desk) write(e *entry) {
	p := d.recent[e.Key]
	if p == nil || p.batch != d.building {
		p = &pending{key: e.Key, batch: d.building}
		d.recent[e.Key] = p
		d.building.writes = append(d.building.writes, p)
	} else {
		d.building.bytes -= len(p.frame.bytes)
		p.frame.free()
	}
	p.record, p.frame = e.Next, e.Own.frame
	d.building.bytes += len(e.Own.frame.bytes)
	e.Own.frame = nil
}

// take closes the batch that is being built and returns it, or nil when it is empty.
func (d *desk) take() *batch {
	b := d.building
	if len(b.writes) == 0 {
		return nil
	}
	d.building, d.committing = newBatch(b.number+1), b
	close(b.taken)
	return b
}

// succeed notes that a batch is on disk and forgets the oldest one.
func (d *desk) succeed(b *batch) {
	d.committing, d.committed = nil, b.number
	for _, p := range b.writes {
		p.frame.free()
		p.frame = nil
	}
	if d.kept = append(d.kept, b); len(d.kept) <= keptBatches {
		return
	}
	for _, p := range d.kept[0].writes {
		if d.recent[p.key] == p {
			delete(d.recent, p.key)
		}
	}
	d.kept[0] = nil
	d.kept = d.kept[1:]
}

// fail forgets everything that is not on disk: the batch that failed and what was built on it meanwhile, which is
// returned for being settled.
func (d *desk) fail() (after *batch) {
	after = d.building
	close(after.taken)
	d.building, d.committing, d.kept = newBatch(after.number+1), nil, nil
	clear(d.recent)
	d.generation++
	return after
}
