package dynamostore

import (
	"context"
	"errors"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// run runs the decision once and commits what it wrote. It returns errAgain when the run does not count.
func (s *Store) run(ctx context.Context, t *tx, decide func(ports.Tx) error) (err error) {
	returned := false
	defer func() {
		// A panic of a run that does not count is forgotten with it; any other is not even touched here, so that its
		// stack stays whole. After Goexit recover says nil, and nothing stops the goroutine from ending.
		if !returned && errors.Is(s.stands(ctx, t, nil), errAgain) && recover() != nil {
			err = errAgain
		}
	}()
	t.Decide(decide)
	returned = true
	switch refused := t.Refusal(); {
	case refused != nil || t.Missing:
		return s.stands(ctx, t, refused)
	case t.taken() != nil:
		return s.stands(ctx, t, exists(t.taken()))
	default:
		return s.commit(ctx, t)
	}
}

// stands returns what a run ends with that writes nothing, or errAgain where it saw too little, or a view of several
// records that never stood together.
func (s *Store) stands(ctx context.Context, t *tx, end error) error {
	if t.Missing {
		t.keep = true
		return errAgain
	}
	if t.Reads < 2 {
		return end
	}
	still, err := s.unchanged(ctx, t)
	switch {
	case err != nil:
		return err
	case !still:
		return errAgain
	}
	return end
}

// taken returns a record to be created that the decision itself saw to be there, or nil.
func (t *tx) taken() *entry {
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Op == storetx.Create && e.Got && e.Live(t.Now) {
			return e
		}
	}
	return nil
}

func exists(e *entry) *fault.Error {
	return fault.New(fault.Conflict, "dynamostore: create %s: it exists already", storetx.Text(e.Key))
}
