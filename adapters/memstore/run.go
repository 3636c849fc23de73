package memstore

import (
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fetch begins a run with what the store holds now.
func (s *Store) fetch(t *tx) {
	t.begin(s.clock.Now())
	if s.options.Hooks.BeforeFetch == nil {
		s.mu.RLock()
		s.fill(t)
		s.mu.RUnlock()
		return
	}
	for i := range t.entries {
		e := &t.entries[i]
		s.options.Hooks.BeforeFetch([]ports.Key{e.key})
		s.mu.RLock()
		e.stored, e.fetched = s.record(e.key), true
		s.mu.RUnlock()
	}
}

// fill fetches all records at once. The lock is held.
func (s *Store) fill(t *tx) {
	for i := range t.entries {
		e := &t.entries[i]
		e.stored, e.fetched = s.record(e.key), true
	}
}

// run runs the decision once and commits what it wrote. It returns errAgain when the run does not count.
func (s *Store) run(t *tx, decide func(ports.Tx) error, locked bool) (err error) {
	t.open = true
	returned := false
	defer func() {
		t.open = false
		// A panic of a run that does not count is forgotten with it; any other is not even touched here, so that its
		// stack stays whole. After Goexit recover says nil, and nothing stops the goroutine from ending.
		if !returned && s.again(t, locked) && recover() != nil {
			err = errAgain
		}
	}()
	t.decided = decide(t)
	returned, t.open = true, false
	refused := t.refusal()
	if t.missing || (refused != nil && s.again(t, locked)) {
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
	if t.missing {
		return true
	}
	if locked || t.reads < 2 {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.unchanged(t)
}

// commit applies the writes if nothing that was got has changed. The lock is held.
func (s *Store) commit(t *tx) error {
	if (t.writes > 0 || t.reads > 1) && !s.unchanged(t) {
		return errAgain
	}
	for i := range t.entries {
		if e := &t.entries[i]; e.op == opCreate {
			if there := s.record(e.key); there != nil && !expired(there, t.now) {
				return fault.New(fault.Conflict, "memstore: create %s: it exists already", keyText(e.key))
			}
		}
	}
	for i := range t.entries {
		s.apply(&t.entries[i])
	}
	if t.writes > 0 {
		s.purge(t.now)
	}
	return nil
}

// unchanged reports whether everything that was got still stands. The lock is held. Records are replaced, never changed, and
// stored keeps the old one from being reused: the same pointer is the same version.
func (s *Store) unchanged(t *tx) bool {
	for i := range t.entries {
		if e := &t.entries[i]; e.got && s.record(e.key) != e.stored {
			return false
		}
	}
	return true
}

func (s *Store) apply(e *entry) {
	switch e.op {
	case opPut, opCreate:
		s.version++
		e.next.Version = s.version
		s.put(e.next)
	case opDelete:
		s.delete(e.key)
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
		hook(t.keys(about))
	}
}

func (t *tx) keys(about func(*entry) bool) []ports.Key {
	var keys []ports.Key
	for i := range t.entries {
		if about(&t.entries[i]) {
			keys = append(keys, t.entries[i].key)
		}
	}
	return keys
}

func wasFetched(e *entry) bool { return e.fetched }
func wasUsed(e *entry) bool    { return e.got || e.op != opNone }
func wasWritten(e *entry) bool { return e.op != opNone }
