package claudebench

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// reduced is the job of the short run: fewer pages of the same business.
func (b business) reduced() business {
	if !*full {
		b.rows, b.columns = 12, 10
	}
	return b
}

func (b business) size() int { return (b.rows + b.twins) * b.columns }

// TestBatch: in a batch every page costs half of what the same tokens cost at once, and the ledger is Claude's bill.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := harbor().reduced()
		s := newPages(t, claudesim.Options{}, 1, engine.Options{})
		defer s.close()
		s.order(b.pages(t), cost.Batch, 0)
		got := s.finish()
		half := 0
		for _, line := range got.settles {
			realtime, err := cost.Prices().Cost(line.Terms.Model, cost.Realtime, line.Usage)
			require.NoError(t, err)
			require.Equal(t, cost.Batch, line.Terms.Lane)
			if 2*line.Amount == realtime {
				half++
			}
		}
		name := fmt.Sprintf("batch/%d", b.size())
		bench(name+"/half", fmt.Sprintf("%.4g", percent(half, len(got.settles))), "%-of-lines")
		bench(name+"/settled-minus-bill", int64(got.settled)-int64(got.bill.Total), "pico-usd")
		bench(name+"/realtime-calls", got.bill.Requests-got.bill.Batched, "calls")
		bench(name+"/cost", fmt.Sprintf("%.4f", float64(got.settled)/1e12), "usd")
		bench(name+"/cache-reads", fmt.Sprintf("%.1f", got.reads()), "%-of-input")
		bench(name+"/cache-writes", got.writes(), "calls")
		bench(name+"/saved-by-caching", fmt.Sprintf("%.1f", percent(got.uncached/2-got.settled, got.uncached/2)), "%-of-cost")
		require.Equal(t, len(got.settles), half, "lines that cost half")
		require.Equal(t, got.bill.Requests, got.bill.Batched)
		require.Zero(t, s.front.sim.Stats().Received, "calls in real time")
	})
}

// TestAuto: a job whose deadline leaves a batch the time for about nine tenths of it has the rest made one by one, in
// time, and pays for no page twice.
func TestAuto(t *testing.T) {
	const deadline, part = 2 * time.Hour, 0.9
	input := harbor().reduced().pages(t)
	var slow time.Duration
	synctest.Test(t, func(t *testing.T) { slow = batchTime(t, input, deadline, part) })
	synctest.Test(t, func(t *testing.T) {
		s := newPages(t, claudesim.Options{BatchTime: slow}, 1, engine.Options{})
		defer s.close()
		j := s.order(input, cost.Auto, deadline)
		var looking sync.WaitGroup
		var outlook engine.Outlook
		looking.Go(func() { outlook = s.look() })
		got := s.finish()
		looking.Wait()
		tasks := map[int]bool{}
		for _, line := range got.settles {
			require.False(t, tasks[line.Ordinal], "page %d was paid for twice", line.Ordinal)
			tasks[line.Ordinal] = true
		}
		stragglers := percent(len(got.settles)-int(got.bill.Batched), len(got.settles))
		price, left := percent(got.settled, got.realtime), j.Deadline.Sub(s.ended)
		bench("auto/stragglers", fmt.Sprintf("%.1f", stragglers), "%")
		bench("auto/cost", fmt.Sprintf("%.1f", price), "%-of-realtime")
		bench("auto/deadline-left", fmt.Sprintf("%.1f", left.Minutes()), "min")
		bench("auto/outlook-error", fmt.Sprintf("%.1f", off(outlook.Cost.Expected, got.settled)), "%")
		bench("auto/paid-twice", len(got.settles)-len(tasks), "pages")
		t.Logf("%.1f %% stragglers, %.1f %% of realtime, %s left", stragglers, price, left)
		require.InDelta(t, 100*(1-part), stragglers, 4)
		require.Less(t, price, 60.0)
		require.Positive(t, left)
		require.LessOrEqual(t, off(outlook.Cost.Expected, got.settled), 10.0, "outlook after %d pages", outlook.Ended)
	})
}

// TestAutoOfASlowBatch: a batch that is twice as slow as the deadline is near is given up in time to make the rest one by one.
func TestAutoOfASlowBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPages(t, claudesim.Options{BatchTime: 4 * time.Hour}, 1, engine.Options{})
		defer s.close()
		j := s.order(harbor().reduced().pages(t), cost.Auto, 2*time.Hour)
		got := s.finish()
		left := j.Deadline.Sub(s.ended)
		bench("auto/slow-batch/stragglers", fmt.Sprintf("%.1f", percent(len(got.settles)-int(got.bill.Batched), len(got.settles))), "%")
		bench("auto/slow-batch/deadline-left", fmt.Sprintf("%.1f", left.Minutes()), "min")
		require.Positive(t, left)
	})
}

// batchTime is the simulator's time of a batch at which the part of the job's batch is done when the job stops to wait for
// it. How long a batch takes follows from the bytes that create it, so it is created once before.
func batchTime(t *testing.T, input []byte, deadline time.Duration, part float64) time.Duration {
	const usual = time.Hour
	s := newPages(t, claudesim.Options{BatchTime: usual}, 1, engine.Options{})
	defer s.close()
	j := s.order(input, cost.Auto, deadline)
	require.False(t, j.BatchUntil.IsZero())
	_, err := s.engines[0].Sweep(t.Context())
	require.NoError(t, err)
	sent := time.Now()
	for float64(s.front.sim.Bill().Batched) < part*float64(j.Layout.Tasks) {
		time.Sleep(15 * time.Second)
	}
	return time.Duration(float64(usual) * float64(j.BatchUntil.Sub(sent)) / float64(time.Since(sent)))
}
