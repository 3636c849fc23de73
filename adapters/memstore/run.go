package memstore

import (
	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fetch begins a run with what the store holds now.
func (s *Store) fetch(t *tx) {
	t.Begin(s.clock.Now(), false)
	if s.options.Hooks.BeforeFetch == nil {
		s.mu.RLock()
		s.fill(t)
		s.mu.RUnlock()
		return
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		s.options.Hooks.BeforeFetch([]ports.Key{e.Key})
		s.mu.RLock()
		e.Stored, e.Fetched = s.record(e.Key), true
		s.mu.RUnlock()
	}
}

// fill fetches all records at once. The lock is held.
func (s *Store) fill(t *tx) {
	for i := range t.Entries {
		e := &t.Entries[i]
		e.Stored, e.Fetched = s.record(e.Key), true
	}
}

// run runs the decision once and commits what it wrote. It returns errAgain when the run does not count.
func (s *Store) run(t *tx, decide func(ports.Tx) error, locked bool) (err error) {
	returned := false
	defer func() {
		// A panic of a run that does not count is forgotten with it; any other is not even touched here, so that its
		// stack stays whole. After Goexit recover says nil, and nothing stops the goroutine from ending.
		if !returned && s.again(t, locked) && recover() != nil {
			err = errAgain
		}
	}()
	t.Decide(decide)
	returned = true
	refused := t.Refusal()
	if t.Missing || (refused != nil && s.again(t, locked)) {
		return errAgain
	}
	if refused != nil {
		return refused
	}
	if !locked {
		call(s.options.Hooks.BeforeCommit, t, wasUsed)
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return s.commit(t)
}

// again reports whether a run saw too little, or a view of several records that never stood together.
func (s *Store) again(t *tx, locked bool) bool {
	if t.Missing {
		return true
	}
	if locked || t.Reads < 2 {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.unchanged(t)
}

// commit applies the writes if nothing that was got has changed. The lock is held.
func (s *Store) commit(t *tx) error {
	if (t.Writes > 0 || t.Reads > 1) && !s.unchanged(t) {
		return errAgain
	}
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Op == storetx.Create {
			if there := s.record(e.Key); there != nil && !storetx.Expired(there, t.Now) {
				return fault.New(fault.Conflict, "memstore: create %s: it exists already", storetx.Text(e.Key))
			}
		}
	}
	for i := range t.Entries {
		s.apply(&t.Entries[i])
	}
	if t.Writes > 0 {
		s.purge(t.Now)
	}
	return nil
}

// unchanged reports whether everything that was got still stands. The lock is held. Records are replaced, never changed, and
// stored keeps the old one from being reused: the same pointer is the same version.
func (s *Store) unchanged(t *tx) bool {
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Got && s.record(e.Key) != e.Stored {
			return false
		}
	}
	return true
}

func (s *Store) apply(e *entry) {
	switch e.Op {
	case storetx.Put, storetx.Create:
		s.version++
		e.Next.Version = s.version
		s.put(e.Next)
	case storetx.Delete:
		s.delete(e.Key)
	}
}

func (s *Store) record(key ports.Key) *ports.Record { return s.partitions[key.Partition].get(key.Sort) }

func (s *Store) put(record *ports.Record) {
	p := s.partitions[record.Key.Partition]
	if p == nil {
		p = newPartition()
		s.partitions[record.Key.Partition] = p
	}
	p.put(record)
	s.watch(record)
}

func (s *Store) delete(key ports.Key) {
	p := s.partitions[key.Partition]
	if p == nil {
		return
	}
	p.delete(key.Sort)
	if p.dead == len(p.slots) {
		delete(s.partitions, key.Partition)
	}
}

// call calls a hook, if there is one, with the keys of the entries that it is about.
func call(hook func([]ports.Key), t *tx, about func(*entry) bool) {
	if hook != nil {
		hook(keysOf(t, about))
	}
}
