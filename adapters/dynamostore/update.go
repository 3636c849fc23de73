package dynamostore

import (
	"context"
	"errors"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxDoubts is how many commits without a known outcome end an Update as unknown.
const maxDoubts = 3

var (
	// errAgain means that a run is thrown away and the decision has to be run again. It never leaves the package.
	errAgain = errors.New("dynamostore: run again")
	// errDoubt means that it could not be learnt whether a run was committed. It never leaves the package.
	errDoubt = errors.New("dynamostore: outcome unknown")
)

// Update implements ports.Store.
func (s *Store) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	t := &tx{}
	if err := t.Init("dynamostore", 0, keys); err != nil {
		return err
	}
	for losses, learnt, doubts := 0, 0, 0; ; {
		err := s.try(ctx, t, decide)
		switch {
		case errors.Is(err, errDoubt):
			doubts++
			if doubts == maxDoubts {
				return fault.New(fault.Unavailable, "dynamostore: update: the outcome of %d commits could not be learnt: %s", doubts, t.doubt).MaybeDone()
			}
		case !errors.Is(err, errAgain):
			return doubted(err, t, doubts > 0)
		case t.Missing:
			// A run that only learnt of another key has not lost against anybody.
			if learnt++; learnt > ports.MaxRecords {
				return doubted(fault.New(fault.Throttled, "dynamostore: update: the decision asks for other records each time it is run"), t, doubts > 0)
			}
		default:
			if err := s.lost(ctx, t, losses); err != nil {
				return doubted(err, t, doubts > 0)
			}
			losses++
		}
	}
}

// try begins a run with what is known and what has to be fetched, and runs the decision.
func (s *Store) try(ctx context.Context, t *tx, decide func(ports.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.Begin(s.clock.Now(), t.keep)
	t.keep, t.contended = false, false
	if err := s.fetch(ctx, t); err != nil {
		return err
	}
	return s.run(ctx, t, decide)
}

// lost prepares the next run after one that lost against others. The first time what came with the refusal is used at
// once; later, and where another is still at work, the decision waits a little and sees what stands then.
func (s *Store) lost(ctx context.Context, t *tx, losses int) error {
	if losses == 0 && !t.contended {
		t.keep = true
		return nil
	}
	busy := fault.New(fault.Throttled, "dynamostore: update: lost %d times against other writers", losses+1)
	if losses+1 >= s.options.Losses {
		return busy
	}
	return s.wait(ctx, max(losses-1, 0), busy)
}

// doubted marks an error of the store as an unknown outcome when that of an earlier run was not learnt: a Conflict may be
// with the Update's own write. An error of the decision, and of the context, stays as it is.
func doubted(err error, t *tx, doubt bool) error {
	var own *fault.Error
	if !doubt || t.Decided != nil || !errors.As(err, &own) {
		return err
	}
	return own.MaybeDone()
}
