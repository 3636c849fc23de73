package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// usualLooks is the least time between two looks at a job of a deployment. A look reads one record for each shard: what
	// has more than readsAtOnce of them is looked at less often, and so is what does not move, down to every slowest looks.
	usualLooks  = time.Second
	readsAtOnce = 8
	slowest     = 5
	// wishTime is how long a wish may take to reach every shard: the sweeper of a deployment comes each minute.
	wishTime = 3 * time.Minute
	// silence is for how long a store that is reached over a network may not answer.
	silence = 2 * time.Minute
)

// follower is the crew of a deployment, which works whether anybody looks or not.
type follower struct {
	stop    context.CancelFunc
	stopped <-chan struct{}
	// looks is the least time between two looks, resting that after the last one.
	looks, resting time.Duration
}

var _ crew = (*follower)(nil)

func newFollower(looks time.Duration) *follower {
	stopped, stop := context.WithCancel(context.Background())
	return &follower{stop: stop, stopped: stopped.Done(), looks: cmp.Or(looks, usualLooks)}
}

// Run waits.
func (f *follower) Run(ctx context.Context) error {
	select {
	case <-f.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop ends the waiting.
func (f *follower) Stop() { f.stop() }

func (f *follower) on(job.ID) {}

// wake leaves it to the sweeper of the deployment, which looks at every job each minute.
func (f *follower) wake(context.Context, *engine.Engine, job.ID) error { return nil }

// rest is short while there is news, and doubles while there is none.
func (f *follower) rest(last engine.Progress, news bool) time.Duration {
	least := f.looks
	if last.Job != nil {
		least = max(least, f.looks*time.Duration(last.Job.Layout.Shards)/readsAtOnce)
	}
	f.resting = min(max(2*f.resting, least), slowest*f.looks)
	if news {
		f.resting = min(least, slowest*f.looks)
	}
	return f.resting
}

func (f *follower) far() bool { return true }

// follow joins an engine to a deployment. It makes no calls. Its store's trouble is not noted: a write that fails is told by the
// command that made it, and whoever looks on writes nothing, so that nothing would show that the trouble is over.
func follow(s *store, seen *watch) (*system, error) {
	options := s.far.Options
	options.Prices = s.prices
	e, err := newDistant(s, &telling{Sender: s.far.Queue, note: s.note}, mute{}, mute{}, seen, wiring.Kinds(), &options)
	if err != nil {
		return nil, err
	}
	return &system{Engine: e, Crew: newFollower(s.looks)}, nil
}

// telling is a queue whose first failure the person is told of: the job exists, but begins only when the sweeper finds it.
type telling struct {
	ports.Sender
	note func(format string, args ...any)
	once sync.Once
}

// Send sends.
func (t *telling) Send(ctx context.Context, messages ...ports.Message) error {
	err := t.Sender.Send(ctx, messages...)
	if err != nil && ctx.Err() == nil && t.note != nil {
		t.once.Do(func() {
			t.note("warning: no message could be sent, the sweeper of the deployment sends for the job in some minutes: %s", advised(err))
		})
	}
	return err
}
