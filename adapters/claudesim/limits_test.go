package claudesim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// wallClock is a clock that tests move; sleeping moves it too and remembers how long.
type wallClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newWallClock() *wallClock {
	return &wallClock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *wallClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *wallClock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *wallClock) Sleep(_ context.Context, d time.Duration) error {
	c.Add(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	return nil
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	f := setup(t, claudesim.Options{RPM: 60, Now: clock.Now})
	for i := range 60 {
		r := f.post(ask())
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "60", r.header.Get("Anthropic-Ratelimit-Requests-Limit"))
		require.Equal(t, strconv.Itoa(59-i), r.header.Get("Anthropic-Ratelimit-Requests-Remaining"))
		full := clock.Now().Add(time.Duration(i+1) * time.Second)
		require.Equal(t, full.Format(time.RFC3339), r.header.Get("Anthropic-Ratelimit-Requests-Reset"), "the time of full refill")
	}
	r := f.post(ask())
	require.Equal(t, http.StatusTooManyRequests, r.status)
	require.Equal(t, "1", r.header.Get("Retry-After"))
	require.Contains(t, string(r.body), "60 requests per minute (model: claude-haiku-5-5)")
	require.NotContains(t, string(r.body), "details")

	require.Equal(t, http.StatusOK, f.post(ask(`model:"claude-opus-4-8"`, "thinking:")).status, "another model has limits of its own")
	require.Equal(t, "58", f.post(ask(`model:"claude-opus-4-7"`, "thinking:")).header.Get("Anthropic-Ratelimit-Requests-Remaining"), "a family shares its limits")

	clock.Add(999 * time.Millisecond)
	require.Equal(t, http.StatusTooManyRequests, f.post(ask()).status)
	clock.Add(time.Millisecond)
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	clock.Add(-time.Hour)
	require.Equal(t, http.StatusTooManyRequests, f.post(ask()).status, "a clock that goes back refills nothing")
	clock.Add(2 * time.Hour)
	require.Equal(t, "59", f.post(ask()).header.Get("Anthropic-Ratelimit-Requests-Remaining"), "never above the limit")
}

func TestRefusedRequestsCount(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	f := setup(t, claudesim.Options{RPM: 4, Now: clock.Now})
	require.Equal(t, http.StatusBadRequest, f.post(ask("max_tokens:-1")).status)
	require.Equal(t, http.StatusBadRequest, f.post(ask("unknown:0")).status)
	require.Equal(t, "1", f.post(ask()).header.Get("Anthropic-Ratelimit-Requests-Remaining"))
	require.Equal(t, http.StatusUnauthorized, f.post(ask(), without("X-Api-Key")).status)
	require.Equal(t, "0", f.post(ask()).header.Get("Anthropic-Ratelimit-Requests-Remaining"), "nobody's request counts for nobody")
	require.Equal(t, "15", f.post(ask()).header.Get("Retry-After"))
	require.Equal(t, "15", f.post(ask()).header.Get("Retry-After"), "an empty bucket does not get emptier")
}

func TestInputLimit(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	f := setup(t, claudesim.Options{ITPM: 6000, Now: clock.Now})
	content, _ := json.Marshal(strings.Repeat("x", 9970)) // 3,988 tokens of text, 4,000 in all
	body := ask(`messages:[{"role":"user","content":` + string(content) + `}]`)
	first := f.post(body)
	require.EqualValues(t, 4000, first.message(t).Usage.Input)
	require.Equal(t, "2000", first.header.Get("Anthropic-Ratelimit-Input-Tokens-Remaining"))
	require.Equal(t, "1602000", roundUp(first.header.Get("Anthropic-Ratelimit-Tokens-Remaining")))
	require.Equal(t, "1606000", first.header.Get("Anthropic-Ratelimit-Tokens-Limit"))
	refused := f.post(body)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Equal(t, "20", refused.header.Get("Retry-After"), "2,000 tokens are missing at 100 per second")
	require.Contains(t, string(refused.body), "6000 input tokens per minute")
	clock.Add(20 * time.Second)
	require.Equal(t, http.StatusOK, f.post(body).status)

	small := setup(t, claudesim.Options{ITPM: 600, Now: clock.Now})
	require.Equal(t, http.StatusOK, small.post(body).status, "a prompt above the whole limit passes a full bucket")
	require.Equal(t, "400", small.post(body).header.Get("Retry-After"), "and leaves it in debt")
}

// roundUp forgives the output tokens of one answer.
func roundUp(remaining string) string {
	n, _ := strconv.Atoi(remaining)
	return strconv.Itoa((n + 1999) / 2000 * 2000)
}

func TestOutputLimit(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	f := setup(t, claudesim.Options{OTPM: 600, OutputTokens: 2000, Now: clock.Now})
	body := ask("max_tokens:900")
	require.EqualValues(t, 900, f.post(body).message(t).Usage.Output, "what was begun is finished, and max_tokens is not reserved")
	refused := f.post(body)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Contains(t, string(refused.body), "600 output tokens per minute")
	require.Equal(t, "31", refused.header.Get("Retry-After"), "301 tokens are missing at 10 per second")
	require.Equal(t, "0", refused.header.Get("Anthropic-Ratelimit-Output-Tokens-Remaining"))
	clock.Add(31 * time.Second)
	require.Equal(t, http.StatusOK, f.post(body).status)
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	f := setup(t, claudesim.Options{RPM: 1, Speed: 10, Now: clock.Now})
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	refused := f.post(ask())
	require.Equal(t, "6", refused.header.Get("Retry-After"), "wall seconds")
	require.Equal(t, clock.Now().Add(6*time.Second).Format(time.RFC3339), refused.header.Get("Anthropic-Ratelimit-Requests-Reset"))
	clock.Add(6 * time.Second)
	require.Equal(t, http.StatusOK, f.post(ask()).status)

	fast := setup(t, claudesim.Options{RPM: 1, Speed: 1000, Now: clock.Now})
	require.Equal(t, http.StatusOK, fast.post(ask()).status)
	require.Equal(t, "1", fast.post(ask()).header.Get("Retry-After"), "at least one second")
}

func TestOutputIsChargedWhileItIsGenerated(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	var sim *claudesim.Sim
	var waits []time.Duration
	var left []string
	sleep := func(ctx context.Context, d time.Duration) error {
		// A request that is refused shows the limits and changes none of the tokens.
		waits = append(waits, d)
		left = append(left, serve(sim, ask("max_tokens:-1")).Header().Get("Anthropic-Ratelimit-Output-Tokens-Remaining"))
		return clock.Sleep(ctx, 0)
	}
	sim, err := claudesim.New(&claudesim.Options{OTPM: 80_000, OutputTokens: 100_000, Latency: 20 * time.Second, Now: clock.Now, Sleep: sleep})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, serve(sim, ask("max_tokens:40000")).Code)
	require.Len(t, waits, 9, "the first token, then eight steps")
	require.Equal(t, []string{"80000", "80000", "75000", "70000", "65000", "60000", "55000", "50000", "45000"}, left)
}

func TestLatency(t *testing.T) {
	t.Parallel()
	total := func(options claudesim.Options, n int) time.Duration {
		clock := newWallClock()
		options.Now, options.Sleep = clock.Now, clock.Sleep
		sim, err := claudesim.New(&options)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, serve(sim, askPage(n)).Code)
		return clock.Now().Sub(newWallClock().Now())
	}
	median := func(options claudesim.Options) time.Duration {
		slower := 0
		var sum time.Duration
		for n := range 101 {
			d := total(options, n)
			sum += d
			if d > options.Latency {
				slower++
			}
		}
		if options.Latency > 0 {
			require.InDelta(t, 50, slower, 18, "half of the answers are slower than the median")
		}
		return sum / 101
	}
	median(claudesim.Options{Latency: 6 * time.Second})
	mean := median(claudesim.Options{})
	require.InDelta(t, 10, mean.Seconds(), 4, "0.8 s to the first token, about 1,000 tokens at 120 per second")
	for n := range 5 {
		slow, fast := total(claudesim.Options{}, n), total(claudesim.Options{Speed: 50}, n)
		require.InDelta(t, slow.Seconds()/50, fast.Seconds(), 0.001)
	}
}
