package claudebench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestWithoutSharing measures the same load for workers that share nothing: each retries for itself, as the provider's SDK
// does by default. It prints the figures that TestQuota prints, for comparison.
func TestWithoutSharing(t *testing.T) {
	if !*full {
		t.Skip("not the engine's figures")
	}
	for _, cell := range []struct {
		load
		workers int
	}{{start, 10}, {start, 50}, {scale, 50}} {
		name := fmt.Sprintf("quota/%d/%s", cell.workers, cell.name)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, cell.options())
				defer w.close()
				naive := func(ctx context.Context) { w.naive(ctx, cell.workers, cell.inFlight()) }
				_, c := during(t, cell.window(), naive, w.front.totals)
				got := cell.figures(c, cell.window())
				t.Logf("%+v", c)
				bench(name+"/sdk-used", fmt.Sprintf("%.1f", got.used), "%")
				bench(name+"/sdk-refusals", fmt.Sprintf("%.2f", got.refusals), "per-1000")
				require.Greater(t, got.used, 50.0, "the comparison is a fair one")
			})
		})
	}
}

// inFlight is how many calls a fleet without a shared quota would be sized for: twice what the limits need at 12 seconds each.
func (l load) inFlight() int { return 2 * l.perMinute() * 12 / 60 }

// naive runs that many workers, each with its own client and its part of the calls.
func (w *world) naive(ctx context.Context, workers, inFlight int) {
	var running sync.WaitGroup
	var next atomic.Int64
	for range workers {
		m := w.claude()
		for range max(inFlight/workers, 1) {
			running.Go(func() {
				for ctx.Err() == nil {
					request := articles(0).Request(int(next.Add(1)), job.Try{})
					for !tryThrice(ctx, m, request) {
					}
				}
			})
		}
	}
	running.Wait()
}

// tryThrice is one call as the SDK makes it by default: three tries; between them it waits as long as the provider asks
// for, else half a second, doubling up to eight, less up to a quarter. It reports whether there is no need for another.
func tryThrice(ctx context.Context, m *claudemodel.Model, request job.Request) bool {
	for try := range 3 {
		_, err := m.Call(ctx, request)
		switch fault.KindOf(err) {
		case fault.Throttled, fault.Overloaded, fault.Unavailable:
		default:
			return true
		}
		wait := fault.RetryAfter(err)
		if wait == 0 {
			wait = min(500*time.Millisecond<<try, 8*time.Second)
			wait -= time.Duration(rand.Float64() * float64(wait) / 4)
		}
		if try == 2 {
			break
		}
		select {
		case <-ctx.Done():
			return true
		case <-time.After(wait):
		}
	}
	return ctx.Err() != nil
}
