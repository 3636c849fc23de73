package boltstore

import (
	"context"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// run fetches, runs the decision once and hands its writes over. It returns errAgain when the run does not count. A locked
// run holds the store's lock all the time, so that it cannot lose.
func (s *Store) run(ctx context.Context, t *tx, decide func(ports.Tx) error, locked bool) (on ticket, err error) {
	t.locked = locked
	if locked {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if err := s.fetch(ctx, t); err != nil {
		return ticket{}, err
	}
	returned := false
	defer func() {
		// A panic of a run that does not count is forgotten with it; any other is not even touched here, so that its
		// stack stays whole. After Goexit recover says nil, and nothing stops the goroutine from ending.
		if !returned && s.again(t) && recover() != nil {
			err = errAgain
		}
	}()
	t.Decide(decide)
	returned = true
	refused := t.Refusal()
	if t.Missing || (refused != nil && s.again(t)) {
		return ticket{}, errAgain
	}
	if refused != nil || t.Writes == 0 {
		return s.conclude(t, refused)
	}
	return s.hand(t)
}

// lock takes the store's lock for a step of a run, unless the run holds it anyway.
func (s *Store) lock(t *tx) {
	if !t.locked {
		s.mu.Lock()
	}
}

func (s *Store) unlock(t *tx) {
	if !t.locked {
		s.mu.Unlock()
	}
}

// fetch begins a run with the newest state of its records. It waits while the batch that is being built is full.
func (s *Store) fetch(ctx context.Context, t *tx) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := s.clock.Now()
		s.lock(t)
		building := s.desk.building
		if s.failed != nil || t.locked || !building.full() {
			t.Begin(now, false)
			t.base, t.generation = s.desk.committed, s.desk.generation
			left := s.desk.lookAll(t)
			err := s.failed
			s.unlock(t)
			if err != nil || left == 0 {
				return err
			}
			return s.readAll(t)
		}
		s.unlock(t)
		select {
		case <-building.taken:
		case <-ctx.Done():
		}
	}
}

// again reports whether a run saw too little, or a view of several records that never stood together.
func (s *Store) again(t *tx) bool {
	if t.Missing {
		return true
	}
	if t.Reads < 2 {
		return false
	}
	s.lock(t)
	defer s.unlock(t)
	return !s.desk.unchanged(t)
}

// conclude ends a run that writes nothing, because it refused or because there was nothing to write.
func (s *Store) conclude(t *tx, refused error) (ticket, error) {
	if refused == nil && s.again(t) {
		return ticket{}, errAgain
	}
	return ticket{saw: t.newest()}, refused
}

// newest is the last of the batches that a run saw something of, or nil.
func (t *tx) newest() *batch {
	var last *batch
	for i := range t.Entries {
		e := &t.Entries[i]
		if (e.Got || e.Op == storetx.Create) && e.Own.from != nil && (last == nil || e.Own.from.number > last.number) {
			last = e.Own.from
		}
	}
	return last
}

// hand validates what the decision got and gives its writes to the batch that is being built.
func (s *Store) hand(t *tx) (ticket, error) {
	if err := s.fetchPlaces(t); err != nil {
		return ticket{}, err
	}
	t.encode()
	s.lock(t)
	defer s.unlock(t)
	if s.failed != nil {
		return ticket{}, s.failed
	}
	if !s.desk.unchanged(t) {
		t.freeFrames()
		return ticket{}, errAgain
	}
	if e := t.taken(); e != nil {
		t.freeFrames()
		return ticket{saw: t.newest()}, fault.New(fault.Conflict, "boltstore: create %s: it exists already", storetx.Text(e.Key))
	}
	wrote := s.desk.accept(t)
	if wrote == nil {
		return ticket{saw: t.newest()}, nil
	}
	select {
	case s.wake <- struct{}{}:
	default: // The committer is awake already and looks for more before it sleeps.
	}
	return ticket{wrote: wrote}, nil
}

// fetchPlaces fetches what is in the places of created records, which nobody knew of before the decision named them.
func (s *Store) fetchPlaces(t *tx) error {
	s.lock(t)
	left := s.desk.lookAll(t)
	s.unlock(t)
	if left == 0 {
		return nil
	}
	return s.readAll(t)
}

// taken returns the first record to be created that is there already, or nil.
func (t *tx) taken() *entry {
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Op == storetx.Create && e.Live(t.Now) {
			return e
		}
	}
	return nil
}

// encode brings the writes into the form of the file. Deleting what is not there needs none.
func (t *tx) encode() {
	for i := range t.Entries {
		e := &t.Entries[i]
		switch {
		case e.Next != nil:
			e.Own.frame = encode(e.Next)
		case e.Op == storetx.Delete && e.Stored != nil:
			e.Own.frame = encodeKey(e.Key)
		}
	}
}

func (t *tx) freeFrames() {
	for i := range t.Entries {
		t.Entries[i].Own.frame.free()
		t.Entries[i].Own.frame = nil
	}
}
