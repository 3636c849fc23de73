package memstore

import (
	"context"
	"errors"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// optimisticTries is how often an Update may lose against others before it runs under the lock, where it cannot.
	optimisticTries = 8
	// ackTries is how many lost acknowledgements end an Update as unknown.
	ackTries = 3
)

// errAgain means that a run is thrown away and the decision has to be run again on fresh records. It never leaves the package.
var errAgain = errors.New("memstore: run again")

// Update implements ports.Store.
func (s *Store) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	t := &tx{}
	if err := t.Init("memstore", storetx.MaxKind, keys); err != nil {
		return err
	}
	for lost := 0; lost < ackTries; lost++ {
		if err := s.try(ctx, t, decide); err != nil {
			return doubted(err, t, lost > 0)
		}
		if t.Writes == 0 || !s.acknowledge(t) {
			return nil
		}
	}
	return fault.New(fault.Unavailable, "memstore: update: the acknowledgement was lost %d times", ackTries).MaybeDone()
}

// doubted marks an error of the store as an unknown outcome when an acknowledgement was lost before: a Conflict may be with
// the Update's own write. An error of the decision, and of the context, stays as it is.
func doubted(err error, t *tx, lost bool) error {
	var own *fault.Error
	if !lost || t.Decided != nil || !errors.As(err, &own) {
		return err
	}
	return own.MaybeDone()
}

// acknowledge reports whether the acknowledgement of a commit was lost.
func (s *Store) acknowledge(t *tx) (lost bool) {
	hooks := s.options.Hooks
	if hooks.AfterCommit != nil {
		hooks.AfterCommit(keysOf(t, wasWritten))
	}
	return hooks.LoseAck != nil && hooks.LoseAck(keysOf(t, wasWritten))
}

// try runs the decision until one run counts, and commits it.
func (s *Store) try(ctx context.Context, t *tx, decide func(ports.Tx) error) error {
	// A run that only learnt of another key has not lost against anybody.
	for losses, learnt := 0, 0; losses < optimisticTries && learnt < ports.MaxRecords; {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.fetch(t)
		call(s.options.Hooks.BeforeDecide, t, wasFetched)
		err := s.run(t, decide, false)
		if !errors.Is(err, errAgain) {
			return err
		}
		if t.Missing {
			learnt++
		} else {
			losses++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range ports.MaxRecords {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.Begin(s.clock.Now(), false)
		s.fill(t)
		if err := s.run(t, decide, true); !errors.Is(err, errAgain) {
			return err
		}
	}
	return fault.New(fault.Throttled, "memstore: update: the decision asks for other records each time it is run")
}
