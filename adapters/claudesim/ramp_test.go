package claudesim_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// passing sends so many requests per second for a while, and says how many of them passed.
func (f *fixture) passing(clock *wallClock, perSecond, seconds int) int {
	f.Helper()
	passed := 0
	for range seconds {
		for range perSecond {
			if serve(f.sim, ask("max_tokens:1")).Code == http.StatusOK {
				passed++
			}
		}
		clock.Add(time.Second)
	}
	return passed
}

func TestBurst(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{RPM: 60, Burst: time.Second})
	require.Equal(t, 30, f.passing(clock, 5, 30), "60 per minute act as one per second")
	r := f.post(ask())
	require.Equal(t, "60", r.header.Get("Anthropic-Ratelimit-Requests-Limit"))
	require.Equal(t, http.StatusOK, r.status)
	refused := f.post(ask())
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	require.NotEqual(t, "0", refused.header.Get("Anthropic-Ratelimit-Requests-Remaining"), "bursts show in no header")

	slow, clock := setupBatches(t, claudesim.Options{RPM: 6, Burst: time.Second})
	require.Equal(t, 3, slow.passing(clock, 1, 30), "one at least")

	input, clock := setupBatches(t, claudesim.Options{ITPM: 6000, Burst: 10 * time.Second})
	require.Equal(t, http.StatusOK, input.post(askCached(1000, "5m")).status)
	require.Equal(t, "1", input.post(ask()).header.Get("Retry-After"), "24 tokens above ten seconds' worth")
	clock.Add(time.Second)
	require.Equal(t, http.StatusOK, input.post(ask()).status)
}

func TestAcceleration(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{RPM: 960, Acceleration: true})
	// 960 per minute begin at 120; ten seconds' worth may come at once.
	require.Equal(t, 20, f.passing(clock, 40, 1))
	refused := f.post(ask())
	for refused.status == http.StatusOK {
		refused = f.post(ask())
	}
	require.Contains(t, string(refused.body), "acceleration limit")
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	minutes := []int{f.passing(clock, 16, 59), f.passing(clock, 16, 60), f.passing(clock, 16, 60), f.passing(clock, 16, 60)}
	require.InDelta(t, 180, minutes[0], 24, "from 120 to 240 per minute")
	require.InDelta(t, 360, minutes[1], 36)
	require.InDelta(t, 720, minutes[2], 72)
	require.Equal(t, 960, minutes[3])

	clock.Add(10*time.Minute - 2*time.Second)
	require.Equal(t, 40, f.passing(clock, 40, 1), "no rest yet")
	clock.Add(10 * time.Minute)
	require.Equal(t, 20, f.passing(clock, 40, 1), "from the beginning")
}

func TestAccelerationOfSmallLimits(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{RPM: 240, Acceleration: true})
	require.Equal(t, 10, f.passing(clock, 20, 1), "60 per minute at least")
	tiny, clock := setupBatches(t, claudesim.Options{RPM: 6, Acceleration: true})
	require.Equal(t, 1, tiny.passing(clock, 5, 1), "the limit at most")
}

// TestLimitsAreToldPerWallMinute: what a client may do in a minute of its own clock.
func TestLimitsAreToldPerWallMinute(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{RPM: 60, ITPM: 10_000, OTPM: 20_000, Speed: 10})
	r := f.post(askCached(5000, "5m", "max_tokens:1"))
	for name, want := range map[string]int{
		"Requests-Limit": 600, "Requests-Remaining": 590, "Input-Tokens-Limit": 100_000, "Input-Tokens-Remaining": 50_000,
		"Output-Tokens-Limit": 200_000, "Output-Tokens-Remaining": 200_000, "Tokens-Limit": 300_000, "Tokens-Remaining": 250_000,
	} {
		require.Equal(t, strconv.Itoa(want), r.header.Get("Anthropic-Ratelimit-"+name), name)
	}
	clock.Add(time.Minute)
	require.GreaterOrEqual(t, f.passing(clock, 12, 50), 500, "so much really passes")
}
