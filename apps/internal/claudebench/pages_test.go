package claudebench

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// newPages is a system whose engines make pages, in batches too.
func newPages(t *testing.T, options claudesim.Options, engines int, set engine.Options) *system {
	s := pagesOn(memstore.New(sysclock.Clock{}, nil), t, options)
	for i := range engines {
		s.employ(uint64(i+1), set)
	}
	return s
}

// employ adds an engine that is worked with.
func (s *system) employ(seed uint64, set engine.Options) {
	e := s.hire(s.store, s.claude(), seed, set)
	s.workers = append(s.workers, localworker.New(e, s.queue, nil))
}

// pagesOn is a system without engines, on a store that may know of earlier jobs.
func pagesOn(store *memstore.Store, t *testing.T, options claudesim.Options) *system {
	return &system{world: newWorld(t, options), queue: memqueue.New(sysclock.Clock{}, nil), store: store}
}

// hire adds an engine. Its ids come from a seed, so that a batch is the same bytes in every run.
func (s *system) hire(store ports.Store, claude interface {
	ports.Model
	ports.BatchModel
}, seed uint64, set engine.Options) *engine.Engine {
	e, err := engine.New(engine.Ports{
		Store: store, Queue: s.queue, Model: guardmodel.New(claude, sysclock.Clock{}, nil), Batch: claude, Clock: sysclock.Clock{},
		Group: sysclock.Group{}, IDs: porttest.NewIDs(seed), Observer: s,
	}, []job.Kind{pages.Kind{}}, &set)
	require.NoError(s.t, err)
	s.engines = append(s.engines, e)
	return e
}

// order submits a job of pages in a lane.
func (s *system) order(input []byte, lane cost.Lane, deadline time.Duration) *job.Job {
	receipt, err := s.engines[0].Submit(s.t.Context(), engine.Submission{Tenant: "harbor", Kind: "pages", Input: input, Lane: lane, Deadline: deadline})
	require.NoError(s.t, err)
	s.id = receipt.Job.ID
	return receipt.Job
}

// finish runs until the job has ended, and until nothing is left of its batches; its books have to be in order then, all
// of its pages there, and what they came to is what Claude has billed.
func (s *system) finish() books {
	ctx, cancel := context.WithTimeout(s.t.Context(), 7*24*time.Hour)
	defer cancel()
	s.run(ctx)
	_, err := s.engines[0].Sweep(ctx)
	require.NoError(s.t, err)
	return s.audit()
}

// books are what a job's ledger comes to, and Claude's bill.
type books struct {
	progress engine.Progress
	settles  []engine.Line
	// settled is the sum of the settles, realtime what their usage costs in real time, uncached what it costs there when
	// all input is plain.
	settled, realtime, uncached cost.Pico
	// usage sums the settles' own.
	usage cost.Usage
	bill  claudesim.Bill
}

func (s *system) audit() books {
	ctx := context.Background()
	var b books
	report, err := s.engines[0].Verify(ctx, s.id)
	require.NoError(s.t, err)
	require.Empty(s.t, report.Problems)
	b.progress, err = s.engines[0].Progress(ctx, s.id)
	require.NoError(s.t, err)
	left, err := s.engines[0].Collections(ctx, s.id)
	require.NoError(s.t, err)
	require.Empty(s.t, left)
	require.NoError(s.t, s.engines[0].Ledger(ctx, s.id, func(line engine.Line) error {
		if line.Kind == cost.EntrySettle {
			b.add(s.t, line)
		}
		return nil
	}))
	b.bill = s.front.sim.Bill()
	require.Equal(s.t, job.StateCompleted, b.progress.Job.State)
	require.Equal(s.t, job.Counts{job.TaskCompleted: b.progress.Job.Layout.Tasks}, b.progress.Counts)
	require.Equal(s.t, b.progress.Settled, b.settled)
	require.Zero(s.t, b.progress.Presumed)
	require.Zero(s.t, b.progress.Overrun)
	require.EqualValues(s.t, b.bill.Total, b.settled, "what is settled is what was billed")
	require.EqualValues(s.t, b.bill.Requests, len(b.settles))
	return b
}

func (b *books) add(t *testing.T, line engine.Line) {
	b.settles = append(b.settles, line)
	b.settled += line.Amount
	price := func(u cost.Usage) cost.Pico {
		p, err := cost.Prices().Cost(line.Terms.Model, cost.Realtime, u)
		require.NoError(t, err)
		return p
	}
	b.realtime += price(line.Usage)
	b.uncached += price(cost.Usage{Input: line.Usage.Prompt(), Output: line.Usage.Output})
	b.usage.Input += line.Usage.Input
	b.usage.CacheWrite5m += line.Usage.CacheWrite5m
	b.usage.CacheWrite1h += line.Usage.CacheWrite1h
	b.usage.CacheRead += line.Usage.CacheRead
	b.usage.Output += line.Usage.Output
}

// reads is which part of all input tokens was read from the cache, in percent, by Claude's own bill.
func (b *books) reads() float64 { return percent(b.bill.CacheReadTokens, b.usage.Prompt()) }

// writes is how many calls have written to the cache.
func (b *books) writes() (n int) {
	for _, line := range b.settles {
		if line.Usage.CacheWrite5m+line.Usage.CacheWrite1h > 0 {
			n++
		}
	}
	return n
}

func percent[A, B int | int64 | cost.Pico](part A, of B) float64 {
	return 100 * float64(part) / float64(of)
}
