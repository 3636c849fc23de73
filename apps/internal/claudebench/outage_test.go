package claudebench

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

const (
	outageTasks  = 1_300
	outageAt     = 270 * time.Second
	outageLength = 10 * time.Minute
)

// TestOutage has the provider fail for ten minutes in the middle of a job.
func TestOutage(t *testing.T) {
	for _, outage := range []struct {
		name    string
		trouble trouble
		// extra is how many calls it may cost, in percent of the tasks; 0 for no aim.
		extra float64
	}{
		{"outage", overloads, 10},
		{"outage-500", breaks, 10},
		{"outage-hang", hangs, 0},
	} {
		if outage.extra == 0 && !*full {
			continue
		}
		t.Run(outage.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { outlive(t, outage.name, outage.trouble, outage.extra) })
		})
	}
}

func outlive(t *testing.T, name string, trouble trouble, most float64) {
	s := newSystem(t, start.options(), 10, 50, engine.Options{})
	defer s.close()
	s.submit(outageTasks)
	var over time.Time
	time.AfterFunc(outageAt, func() { s.front.set(trouble) })
	time.AfterFunc(outageAt+outageLength, func() { s.front.set(none); over = time.Now() })
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	s.run(ctx)
	p, err := s.engines[0].Progress(context.Background(), s.id)
	require.NoError(t, err)
	books, err := s.engines[0].Verify(context.Background(), s.id)
	require.NoError(t, err)
	extra := 100 * float64(len(s.front.troubled)) / outageTasks
	bench(name+"/extra-calls", fmt.Sprintf("%.1f", extra), "%")
	bench(name+"/failed", p.Counts[job.TaskFailed], "tasks")
	bench(name+"/drained-after", s.ended.Sub(over).Round(time.Second).Seconds(), "s")
	t.Log(len(s.front.troubled), "calls in vain,", p.Presumed, "USD presumed")
	require.Empty(t, books.Problems)
	require.Equal(t, job.Counts{job.TaskCompleted: outageTasks}, p.Counts)
	if most > 0 {
		require.LessOrEqual(t, extra, most, "calls in vain, in %% of the tasks")
		requireProbes(t, s.front.troubled)
	}
}

// requireProbes: once the breaker is open, calls come one at a time, each no sooner than the interval since the one before.
func requireProbes(t *testing.T, calls []time.Time) {
	opened := 0
	for opened+1 < len(calls) && calls[opened+1].Sub(calls[opened]) < quota.FirstOpen {
		opened++
	}
	least := quota.FirstOpen
	for i := opened + 1; i < len(calls); i++ {
		require.GreaterOrEqual(t, calls[i].Sub(calls[i-1]), least, "probe %d", i-opened)
		least = min(2*least, quota.LongestOpen)
	}
	require.Greater(t, len(calls)-opened, 3, "there were probes")
}
