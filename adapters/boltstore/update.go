package boltstore

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
	// allTries bounds the runs that only learn of another key: no honest decision asks for more.
	allTries = 2*ports.MaxRecords + optimisticTries
)

// errAgain means that a run is thrown away and the decision has to be run again on fresh records. It never leaves the package.
var errAgain = errors.New("boltstore: run again")

// Update implements ports.Store. An Update whose context ends before a run of its decision is begun writes nothing and
// returns the context's error; once its writes are on their way it waits for their outcome.
func (s *Store) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	t := &tx{}
	if err := t.Init("boltstore", storetx.MaxKind, keys); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	lost := 0
	for range allTries {
		err := s.try(ctx, t, decide, lost >= optimisticTries)
		if !errors.Is(err, errAgain) {
			return err
		}
		// A run that only learnt of another key has not lost against anybody.
		if !t.Missing {
			lost++
		}
	}
	return fault.New(fault.Throttled, "boltstore: update: the decision asks for other records each time it is run")
}

// try runs the decision once, and waits until what that led to, or was based on, is on disk.
func (s *Store) try(ctx context.Context, t *tx, decide func(ports.Tx) error, locked bool) error {
	ticket, err := s.run(ctx, t, decide, locked)
	if ticket.wrote != nil {
		<-ticket.wrote.done
		return ticket.wrote.err
	}
	if ticket.saw != nil {
		// What was decided rests on writes that are not on disk. If they fail they never were.
		if <-ticket.saw.done; ticket.saw.err != nil {
			return errAgain
		}
	}
	return err
}

// ticket is what the outcome of a run hangs on.
type ticket struct {
	// wrote is the batch that took the run's writes; its outcome is that of the Update.
	wrote *batch
	// saw is the last batch whose writes the run saw before they were on disk.
	saw *batch
}
