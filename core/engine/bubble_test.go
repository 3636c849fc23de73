package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// bubble is one job of one parcel and an engine with the machine's clock, timers and goroutines, in a bubble of fake time:
// time moves to the next timer when everybody waits, and the bubble cannot end before all that it started has.
type bubble struct {
	*engine.Engine
	t       *testing.T
	began   time.Time
	options *engine.Options
	store   ports.Store
	queue   *memqueue.Queue
	id      job.ID

	mu sync.Mutex
	// script answers the calls, counts says how many there were of each task, begun when.
	script func(plea) said
	counts map[int]int
	begun  map[string][]int
	// writes counts the commits of the store, refuse may refuse one.
	writes int
	refuse func(keys []ports.Key) error
	// ended is called when the job has ended.
	ended func()
}

// inBubble tells a story about a job of so many tasks. Its retries come at once, so that every time is an exact one.
func inBubble(t *testing.T, name string, options engine.Options, script func(plea) said, tasks int, story func(t *testing.T, b *bubble)) {
	t.Helper()
	options.Retry.Base = 1
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := &bubble{t: t, began: time.Now(), options: &options, script: script, counts: map[int]int{}, begun: map[string][]int{}}
			b.queue = memqueue.New(sysclock.Clock{}, nil)
			b.store = &faulty{Store: memstore.New(sysclock.Clock{}, nil), update: b.update}
			b.Engine = b.start()
			receipt, err := b.Submit(t.Context(), engine.Submission{
				Tenant: "acme", Kind: "probe", Input: probeInput{Name: name, Tasks: tasks}.bytes(),
			})
			require.NoError(t, err)
			require.Equal(t, 1, receipt.Job.Layout.Parcels())
			b.id = receipt.Job.ID
			story(t, b)
		})
	})
}

// start makes an engine.
func (b *bubble) start() *engine.Engine {
	b.t.Helper()
	e, err := engine.New(engine.Ports{
		Store: b.store, Queue: b.queue, Model: b, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: b,
	}, []job.Kind{&probe{}}, b.options)
	require.NoError(b.t, err)
	return e
}

// update is what the store does with an Update.
func (b *bubble) update(keys []ports.Key, do func() error) error {
	if b.refuse != nil {
		if err := b.refuse(keys); err != nil {
			return err
		}
	}
	err := do()
	if err == nil {
		b.mu.Lock()
		b.writes++
		b.mu.Unlock()
	}
	return err
}

// Call is the model's.
func (b *bubble) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	ordinal, _ := strconv.Atoi(r.Prompt)
	b.mu.Lock()
	b.counts[ordinal]++
	n, at := b.counts[ordinal], b.now().String()
	b.begun[at] = append(b.begun[at], ordinal)
	b.mu.Unlock()
	s := b.script(plea{job: r.System, ordinal: ordinal, n: n, request: r})
	if s.hang {
		<-ctx.Done()
		return ports.Reply{}, ctx.Err()
	}
	if err := (sysclock.Clock{}).Sleep(ctx, time.Now().Add(s.took)); err != nil {
		return ports.Reply{}, err
	}
	return ports.Reply{Answer: job.Answer{Text: s.text, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 500, Output: 400}, UsageOK: true}}, s.err
}

// Observe is the observer's.
func (b *bubble) Observe(_ context.Context, event ports.Event) {
	if event.Name == ports.EventJobEnded && b.ended != nil {
		b.ended()
	}
}

// now is the time since the bubble began.
func (b *bubble) now() time.Duration { return time.Since(b.began) }

// receive waits for the next message and acknowledges it.
func (b *bubble) receive() []byte {
	b.t.Helper()
	deliveries, err := b.queue.Receive(b.t.Context(), 1, time.Now().Add(time.Hour))
	require.NoError(b.t, err)
	require.Len(b.t, deliveries, 1)
	require.NoError(b.t, b.queue.Ack(b.t.Context(), deliveries[0].Receipt))
	return deliveries[0].Body
}

// work receives a message and works on it, until a deadline if there is one, and returns when that was over.
func (b *bubble) work(deadline time.Duration) time.Duration {
	b.t.Helper()
	ctx, cancel := b.t.Context(), func() {}
	if deadline > 0 {
		ctx, cancel = context.WithDeadline(ctx, b.began.Add(deadline))
	}
	defer cancel()
	body := b.receive()
	require.NoError(b.t, b.Work(ctx, body))
	require.NoError(b.t, ctx.Err())
	return b.now()
}

// finish lets another process work and sweep until the job has ended, an hour at most, and looks at its books.
func (b *bubble) finish() engine.Progress {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Hour)
	defer cancel()
	e := b.start()
	worker := localworker.New(e, b.queue, nil)
	b.ended = worker.Stop
	if j, err := e.Job(ctx, b.id); err != nil || !j.State.Ended() {
		require.NoError(b.t, worker.Run(ctx))
	}
	p, err := e.Progress(b.t.Context(), b.id)
	require.NoError(b.t, err)
	require.Equal(b.t, job.StateCompleted, p.Job.State)
	require.Zero(b.t, p.Held)
	report, err := e.Verify(b.t.Context(), b.id)
	require.NoError(b.t, err)
	require.Empty(b.t, report.Problems)
	return p
}

// handedBack says that there is a message of the parcel which can be received at that time, not sooner.
func (b *bubble) handedBack(at time.Duration) {
	b.t.Helper()
	body := b.receive()
	require.Equal(b.t, at, b.now())
	require.NoError(b.t, b.queue.Send(b.t.Context(), ports.Message{Body: body}))
}

// books are the ledger's entries, a line for each moment: what was held, settled and so on of which tasks.
func (b *bubble) books() []string {
	b.t.Helper()
	var lines []string
	var last engine.Line
	require.NoError(b.t, b.Ledger(b.t.Context(), b.id, func(l engine.Line) error {
		switch {
		case len(lines) == 0 || !l.At.Equal(last.At):
			lines = append(lines, fmt.Sprint(l.At.Sub(b.began), " ", l.Kind))
		case l.Kind != last.Kind:
			lines[len(lines)-1] += ", " + l.Kind.String()
		}
		lines[len(lines)-1] += fmt.Sprint(" ", l.Ordinal)
		last = l
		return nil
	}))
	return lines
}

// calls are the tasks whose calls were begun, by the time of that.
func (b *bubble) calls() map[string][]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, tasks := range b.begun {
		slices.Sort(tasks)
	}
	return b.begun
}

// taking answers each task after its own time.
func taking(took ...time.Duration) func(plea) said {
	return func(p plea) said { return slow(took[p.ordinal]) }
}

// once is what the first call of a task comes to when that is not the same as later ones.
func once(first map[int]said, otherwise func(plea) said) func(plea) said {
	return func(p plea) said {
		if s, special := first[p.ordinal]; special && p.n == 1 {
			return s
		}
		return otherwise(p)
	}
}
