package claudebench

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// TestCaching: of a business whose facts have about 2,000 tokens, nine tenths of all input tokens are read from the cache,
// and what is written there is written once for each prefix, and again only when it was kept for five minutes in vain.
func TestCaching(t *testing.T) {
	plumber := harbor()
	bilingual := harbor()
	bilingual.twins = 12
	for _, c := range []struct {
		name     string
		business business
		engines  int
		// pause is how long the job is paused in its midst; writes is how many there may be.
		pause  time.Duration
		writes int
	}{
		{"", plumber, 1, 0, 1},
		{"/10-engines", plumber, 10, 0, 1},
		// Two prefixes, before the pause and after it, and each may rest for five minutes while it is the other one's turn.
		{"/10-engines-paused", bilingual, 10, 10 * time.Minute, 6},
	} {
		if c.pause > 0 && !*full {
			continue
		}
		b := c.business.reduced()
		name := fmt.Sprintf("caching/%d%s", b.size(), c.name)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPages(t, claudesim.Options{}, c.engines, engine.Options{Calls: max(50/c.engines, 25)})
				defer s.close()
				s.order(b.pages(t), cost.Realtime, 0)
				if c.pause > 0 {
					time.AfterFunc(time.Minute, func() { s.pause(c.pause) })
				}
				got := s.finish()
				bench(name+"/reads", fmt.Sprintf("%.1f", got.reads()), "%-of-input")
				bench(name+"/writes", got.writes(), "calls")
				bench(name+"/prefix", got.longest().CacheWrite5m, "tokens")
				bench(name+"/ledger-minus-bill", int64(got.settled)-int64(got.bill.Total), "pico-usd")
				bench(name+"/cost", fmt.Sprintf("%.4f", float64(got.settled)/1e12), "usd")
				bench(name+"/saved", fmt.Sprintf("%.1f", percent(got.uncached-got.settled, got.uncached)), "%-of-cost")
				bench(name+"/minutes", fmt.Sprintf("%.1f", s.ended.Sub(got.progress.Job.CreatedAt).Minutes()), "min")
				t.Logf("%.1f %% read, %d writes, usage %+v", got.reads(), got.writes(), got.usage)
				require.Greater(t, got.reads(), 90.0)
				require.LessOrEqual(t, got.writes(), c.writes, "writes to the cache")
				require.Less(t, got.settled, got.uncached)
			})
		})
	}
}

// pause pauses the job for a while.
func (s *system) pause(length time.Duration) {
	_, err := s.engines[0].Pause(s.t.Context(), s.id, "on purpose")
	if err == nil {
		time.Sleep(length)
		_, err = s.engines[0].Resume(s.t.Context(), s.id, 0)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// longest is the usage of the settle that wrote most to the cache.
func (b *books) longest() (most cost.Usage) {
	for _, line := range b.settles {
		if line.Usage.CacheWrite5m > most.CacheWrite5m {
			most = line.Usage
		}
	}
	return most
}
