package claudebench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// damage sums what killed processes have done to jobs in the batch lane.
type damage struct {
	runs int
	// lost is pages that were not made, twice what was billed for lines that had been billed before, off the differences
	// between the books and the bill; both in pico-dollars.
	lost       int
	twice, off claudesim.PicoUSD
}

// TestBatchKilled kills the process at every step of a batch's life: before each write of the store, and before each call
// of the batch lane, which is right after the step before. A new process goes on; nothing is lost, and nothing paid for
// twice.
func TestBatchKilled(t *testing.T) {
	const small, parcel = 2, 25
	short := business{industry: "Plumber", pageType: harbor().pageType, rows: 2, columns: 3}.pages(t)
	lost := claudesim.Options{Faults: claudesim.Faults{BatchCreateLost: 1}}
	for _, c := range []struct {
		name    string
		options claudesim.Options
	}{{"batch/kills", claudesim.Options{}}, {"batch/kills-lost-creates", lost}} {
		input, size := short, small
		if *full {
			input, size = business{industry: "Plumber", pageType: harbor().pageType, rows: 6, columns: 10}.pages(t), parcel
		}
		d := &damage{}
		for i := range batchLife(t, input, size, c.options) {
			d.kill(t, input, size, c.options, i+1)
		}
		d.report(t, c.name)
	}
	if !*full {
		return
	}
	// The successor dies too, of one that died while it collected, sent and noted the batch.
	d := &damage{}
	sent := slices.Index(batchLife(t, short, small, claudesim.Options{}), "get")
	for first := range sent + 1 {
		for second := 1; d.kill(t, short, small, claudesim.Options{}, first+1, second); second++ {
		}
	}
	d.report(t, "batch/kills-twice")
}

func (d *damage) report(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: %+v", name, *d)
	bench(name, d.runs, "steps")
	bench(name+"/lost", d.lost, "pages")
	bench(name+"/paid-twice", int64(d.twice), "pico-usd")
	bench(name+"/settled-minus-bill", int64(d.off), "pico-usd")
	require.Zero(t, d.lost)
	require.Zero(t, d.twice)
	require.Zero(t, d.off)
}

// batchLife does a job in one batch without any death, and says what its steps were.
func batchLife(t *testing.T, input []byte, parcel int, options claudesim.Options) (steps []string) {
	synctest.Test(t, func(t *testing.T) {
		s := pagesOn(memstore.New(sysclock.Clock{}, nil), t, options)
		defer s.close()
		steps = s.live(input, parcel, 0, 0).steps
		s.audit()
	})
	for _, step := range []string{"create", "get", "results", "update collections"} {
		require.True(t, slices.ContainsFunc(steps, func(s string) bool { return strings.HasPrefix(s, step) }), "%s is none of the steps %q", step, steps)
	}
	return steps
}

// kill does the job with processes that die, each in the step that is given, and one that does not. It reports whether all
// of the steps were reached.
func (d *damage) kill(t *testing.T, input []byte, parcel int, options claudesim.Options, deaths ...int) (all bool) {
	synctest.Test(t, func(t *testing.T) {
		s := pagesOn(memstore.New(sysclock.Clock{}, nil), t, options)
		defer s.close()
		all = true
		var lives []string
		for epoch, dies := range append(deaths, 0) {
			m := s.live(input, parcel, epoch, dies)
			lives = append(lives, strings.Join(m.steps, "; "))
			all = all && (m.dead || dies == 0)
		}
		s.engines = s.engines[len(s.engines)-1:]
		defer func() {
			if t.Failed() {
				t.Logf("deaths at %v: %q", deaths, lives)
			}
		}()
		d.add(s)
		s.audit()
	})
	return all
}

// add looks at what became of a job.
func (d *damage) add(s *system) {
	ctx := context.Background()
	d.runs++
	p, err := s.engines[0].Progress(ctx, s.id)
	require.NoError(s.t, err)
	d.lost += p.Counts.Open() + p.Job.Layout.Tasks - p.Counts.Total()
	billed := map[string]bool{}
	for _, c := range s.front.sim.Charges() {
		if billed[c.CustomID] {
			d.twice += c.Amount
		}
		billed[c.CustomID] = true
	}
	off := claudesim.PicoUSD(p.Settled+p.Presumed) - s.front.sim.Bill().Total
	d.off += max(off, -off)
}

// live is the life of one process: it submits the job, if none has, and sweeps and works until the job has ended and its
// batches are settled, or until it dies.
func (s *system) live(input []byte, parcel, epoch, dies int) *mortal {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	m := &mortal{cancel: cancel}
	e := s.hire(mortalStore{s.store, m}, mortalClaude{s.claude(), m}, uint64(epoch+1), engine.Options{Epoch: int64(epoch), ParcelSize: parcel})
	if s.id == "" {
		s.order(input, cost.Batch, 0)
		m.steps = nil
	}
	m.dies = dies
	for range 3 * 24 * 60 {
		_, err := e.Sweep(ctx)
		s.drain(ctx, e)
		if m.gone() {
			return m
		}
		require.NoError(s.t, err)
		j, err := e.Job(ctx, s.id)
		require.NoError(s.t, err)
		left, err := e.Collections(ctx, s.id)
		require.NoError(s.t, err)
		if j.State.Ended() && len(left) == 0 {
			return m
		}
		time.Sleep(time.Minute)
	}
	s.t.Fatalf("the job does not end, after %q", m.steps[max(len(m.steps)-10, 0):])
	return m
}

// drain works on the messages that are there.
func (s *system) drain(ctx context.Context, e *engine.Engine) {
	for {
		list, err := s.queue.Receive(ctx, 1, time.Now())
		if err != nil || len(list) == 0 {
			return
		}
		if e.Work(ctx, list[0].Body) == nil {
			_ = s.queue.Ack(ctx, list[0].Receipt)
		}
	}
}
