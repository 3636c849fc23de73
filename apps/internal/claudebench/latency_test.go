package claudebench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The load of BenchmarkAddedLatency: a parcel's message each 25 ms, which is 1,000 calls a second, whatever becomes of those
// before; the model takes 20 ms.
const (
	loadTasks = 5_000
	loadEvery = 25 * time.Millisecond
	loadTakes = 20 * time.Millisecond
)

// BenchmarkAddedLatency is what the whole engine adds to a call, guard and shared quota included, with the store in
// memory and by the machine's own clock: from a parcel's message to the call's beginning, and from its answer to the commit
// that settles it.
func BenchmarkAddedLatency(b *testing.B) {
	s := &stopwatch{messaged: map[int]time.Time{}, begun: map[int]time.Time{}, answered: map[int]time.Time{}, settled: map[int]time.Time{}}
	store := memstore.New(sysclock.Clock{}, &memstore.Options{Hooks: memstore.Hooks{AfterCommit: s.committed}})
	e, err := engine.New(engine.Ports{
		Store: store, Queue: sink{}, Model: guardmodel.New(s, sysclock.Clock{}, nil), Clock: sysclock.Clock{},
		Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: s,
	}, []job.Kind{articles(0)}, &engine.Options{Calls: 1000, FlushResults: job.ParcelSize, FlushAfter: 250 * time.Millisecond})
	require.NoError(b, err)
	for b.Loop() {
		receipt, err := e.Submit(b.Context(), engine.Submission{
			Tenant: "acme", Kind: "articles", Input: []byte(strconv.Itoa(loadTasks)), Cap: 100_000 * cost.Dollar,
		})
		require.NoError(b, err)
		s.run(b.Context(), e, receipt.Job)
		p, err := e.Progress(b.Context(), receipt.Job.ID)
		require.NoError(b, err)
		require.Equal(b, job.Counts{job.TaskCompleted: loadTasks}, p.Counts)
	}
	begin, settle, both := s.spans()
	for _, line := range []struct {
		name  string
		spans []time.Duration
	}{{"begin", begin}, {"settle", settle}, {"both", both}} {
		for _, p := range []int{50, 99} {
			fmt.Printf("BENCH engine/added-latency/%s/p%d %d us\n", line.name, p, line.spans[len(line.spans)*p/100].Microseconds())
		}
	}
}

// stopwatch is the model, the observer and the store's watcher: it notes what happened to each task, or its parcel, when.
type stopwatch struct {
	mu                                 sync.Mutex
	messaged, begun, answered, settled map[int]time.Time
}

func (s *stopwatch) run(ctx context.Context, e *engine.Engine, j *job.Job) {
	var working sync.WaitGroup
	next := time.Now()
	for parcel := range j.Layout.Parcels() {
		note := job.Note{Schema: job.Schema, Job: j.ID, Tenant: "acme", Parcel: &parcel}
		time.Sleep(time.Until(next))
		next = next.Add(loadEvery)
		working.Go(func() {
			s.note(s.messaged, parcel)
			_ = e.Work(ctx, note.Pack())
		})
		if parcel == 0 {
			working.Wait() // its first call has the prefix stored, and is waited for
			next = time.Now()
		}
	}
	working.Wait()
}

func (s *stopwatch) note(what map[int]time.Time, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what[n] = time.Now()
}

// Call answers after a while, and says that the provider has limits, so that the shared quota is asked for each parcel.
func (s *stopwatch) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	ordinal := ordinalOf(r.Prompt)
	s.note(s.begun, ordinal)
	time.Sleep(loadTakes)
	plenty := ports.Limit{Known: true, Max: 1 << 40, Remaining: 1 << 40}
	defer s.note(s.answered, ordinal)
	return ports.Reply{
		Answer: job.Answer{Text: "an article", Stop: job.StopEndTurn, Usage: cost.Usage{Input: 1500, Output: 1500}, UsageOK: true},
		Limits: ports.Limits{Requests: plenty, Input: plenty, Output: plenty},
	}, nil
}

// Observe is told of a lease and of the end of each call, not of a settle.
func (*stopwatch) Observe(context.Context, ports.Event) {}

// committed takes a parcel's latest commit for the settle of its calls: here they are all settled by one.
func (s *stopwatch) committed(keys []ports.Key) {
	for _, key := range keys {
		if number, is := strings.CutPrefix(key.Sort, "p/"); is {
			parcel, _ := strconv.Atoi(number)
			s.note(s.settled, parcel)
		}
	}
}

// spans are the times from message to beginning, from answer to settle and the sum of both, ascending.
func (s *stopwatch) spans() (begin, settle, both []time.Duration) {
	for ordinal, begun := range s.begun {
		parcel := ordinal / job.ParcelSize
		if parcel == 0 {
			continue
		}
		before, after := begun.Sub(s.messaged[parcel]), s.settled[parcel].Sub(s.answered[ordinal])
		begin, settle, both = append(begin, before), append(settle, after), append(both, before+after)
	}
	for _, list := range [][]time.Duration{begin, settle, both} {
		slices.Sort(list)
	}
	return begin, settle, both
}

// sink is a queue that nobody reads.
type sink struct{}

func (sink) Send(context.Context, ...ports.Message) error { return nil }
