package claudesim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// textOf is a text of so many tokens, 2.5 characters each; letter tells it from others.
func textOf(tokens int, letter string) string { return strings.Repeat(letter, tokens*5/2) }

// cachedBlock is a text block with a breakpoint.
func cachedBlock(text, ttl string) string {
	return `{"type":"text","text":"` + text + `","cache_control":{"type":"ephemeral","ttl":"` + ttl + `"}}`
}

// askCached is a request with a system prompt of so many tokens that is kept for a while.
func askCached(tokens int, ttl string, members ...string) string {
	return ask(append([]string{"system:[" + cachedBlock(textOf(tokens, "a"), ttl) + "]"}, members...)...)
}

func user(text string) string { return `messages:[{"role":"user","content":"` + text + `"}]` }

// used is the prompt's part of the usage.
type used struct{ input, short, long, read int64 }

func (f *fixture) used(body string) used {
	f.Helper()
	u := f.post(body).message(f.T).Usage
	require.Equal(f, u.Creation.Short+u.Creation.Long, u.Write)
	return used{u.Input, u.Creation.Short, u.Creation.Long, u.Read}
}

func TestCacheLife(t *testing.T) {
	t.Parallel()
	for ttl, kept := range map[string]time.Duration{"5m": 5 * time.Minute, "1h": time.Hour} {
		t.Run(ttl, func(t *testing.T) {
			t.Parallel()
			f, clock := setupBatches(t, claudesim.Options{})
			written, read := used{24, 2000, 0, 0}, used{24, 0, 0, 2000}
			if ttl == "1h" {
				written = used{24, 0, 2000, 0}
			}
			body := askCached(2000, ttl)
			require.Equal(t, written, f.used(body))
			clock.Add(kept - time.Second)
			require.Equal(t, read, f.used(body), "just in time")
			clock.Add(kept - time.Second)
			require.Equal(t, read, f.used(body), "reading keeps it")
			clock.Add(kept)
			require.Equal(t, written, f.used(body), "forgotten")
			require.Equal(t, read, f.used(askCached(2000, ttl, user("Say something about the hill."))), "the rest may differ")
			f.sim.Reset()
			require.Equal(t, written, f.used(body), "another run")
		})
	}
}

// TestCacheIsVisibleFromTheFirstByte: calls that begin before the first token of the first answer write too, and
// what is written is kept from the start of the call that wrote it.
func TestCacheIsVisibleFromTheFirstByte(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	var sim *claudesim.Sim
	sleeps := 0
	var before, after string
	sleep := func(ctx context.Context, d time.Duration) error {
		sleeps++
		switch sleeps {
		case 1: // the first call waits for its first token
			before = serve(sim, askCached(2000, "5m", user("b"))).Body.String()
			sleeps = 100
		case 101: // its text is written
			after = serve(sim, askCached(2000, "5m", user("c"))).Body.String()
			sleeps = 1000
		}
		return clock.Sleep(ctx, d)
	}
	sim, err := claudesim.New(&claudesim.Options{Now: clock.Now, Sleep: sleep, Latency: time.Second})
	require.NoError(t, err)
	require.Contains(t, serve(sim, askCached(2000, "5m", user("a"))).Body.String(), `"cache_creation_input_tokens":2000`)
	require.Contains(t, before, `"cache_creation_input_tokens":2000`)
	require.Contains(t, after, `"cache_read_input_tokens":2000`)
}

func TestCacheIsKeptFromTheStartOfTheCall(t *testing.T) {
	t.Parallel()
	clock := newWallClock()
	sim, err := claudesim.New(&claudesim.Options{Now: clock.Now, Sleep: clock.Sleep, Latency: 40 * time.Minute})
	require.NoError(t, err)
	serve(sim, askCached(2000, "1h"))
	took := clock.Now().Sub(newWallClock().Now())
	require.Greater(t, took, 15*time.Minute)
	require.Less(t, took, time.Hour)
	clock.Add(time.Hour - took)
	require.Contains(t, serve(sim, askCached(2000, "1h")).Body.String(), `"cache_read_input_tokens":0`)
}

func TestShortestPrefix(t *testing.T) {
	t.Parallel()
	least := map[string]int{
		"claude-haiku-5-5": 512, "claude-sonnet-5-5": 512, "claude-opus-5-5": 512, "claude-fable-5-1": 512, "claude-opus-5": 512,
		"claude-sonnet-5": 1024, "claude-sonnet-4-6": 1024, "claude-sonnet-4-5": 1024, "claude-opus-4-8": 1024, "claude-opus-4-7": 2048,
		"claude-opus-4-6": 4096, "claude-opus-4-5": 4096, "claude-haiku-4-5": 4096,
	}
	for model, tokens := range least {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			f := setup(t, claudesim.Options{})
			members := []string{`model:"` + model + `"`, "thinking:"}
			for range 2 {
				u := f.used(askCached(tokens-2, "5m", members...))
				require.Zero(t, u.short+u.read, "silently not cached")
				require.EqualValues(t, tokens-2+24, u.input)
			}
			require.EqualValues(t, tokens, f.used(askCached(tokens, "5m", members...)).short)
			require.EqualValues(t, tokens, f.used(askCached(tokens, "5m", members...)).read)
		})
	}
}

// TestCacheKey: whatever changes the meaning of the prefix, or a byte of it, writes it anew.
func TestCacheKey(t *testing.T) {
	t.Parallel()
	others := map[string]string{
		"Model":    askCached(5000, "5m", `model:"claude-opus-4-8"`),
		"Effort":   askCached(5000, "5m", `output_config:{"effort":"low"}`),
		"Format":   askCached(5000, "5m", format(`{"type":"string"}`)),
		"Thinking": askCached(5000, "5m", "thinking:"),
		"Tools":    askCached(5000, "5m", `tools:[{"name":"a"}]`),
		"System":   askCached(5001, "5m"),
	}
	for name, other := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, claudesim.Options{})
			f.used(askCached(5000, "5m"))
			require.Zero(t, f.used(other).read)
			require.Positive(t, f.used(other).read)
			require.EqualValues(t, 5000, f.used(askCached(5000, "5m")).read)
		})
	}
}

func TestBreakpoints(t *testing.T) {
	t.Parallel()
	block := func(letter string) string { return `{"type":"text","text":"` + textOf(600, letter) + `"}` }
	messages := func(blocks ...string) string {
		return `messages:[{"role":"user","content":[` + strings.Join(blocks, ",") + `]}]`
	}
	many := func(n int, last string) []string {
		blocks := strings.Split(strings.Repeat(block("b")+"|", n), "|")[:n]
		return append(blocks, last)
	}
	// Eight tokens of every request are counted after the last block, four more with the first of a message.
	tests := map[string]struct {
		first, second       string
		afterFirst, afterTo used
	}{
		"Automatic": {ask(`cache_control:{"type":"ephemeral"}`, messages(block("a"))), ask(`cache_control:{"type":"ephemeral"}`, messages(block("a"), block("b"))),
			used{8, 604, 0, 0}, used{8, 600, 0, 604}},
		"Two": {ask("system:["+cachedBlock(textOf(600, "s"), "1h")+"]", messages(cachedBlock(textOf(600, "a"), "5m"), block("b"))),
			ask("system:["+cachedBlock(textOf(600, "s"), "1h")+"]", messages(cachedBlock(textOf(600, "c"), "5m"), block("b"))),
			used{608, 604, 600, 0}, used{608, 604, 0, 600}},
		"Tools": {ask(`tools:[{"name":"` + textOf(600, "t") + `","cache_control":{"type":"ephemeral"}}]`), ask(`tools:[{"name":"`+textOf(600, "t")+`","cache_control":{"type":"ephemeral"}}]`, user("b")),
			used{24, 620, 0, 0}, used{13, 0, 0, 620}},
		"LookBack": {ask(messages(many(1, cachedBlock(textOf(600, "a"), "5m"))...)), ask(messages(append(many(1, block("a")), many(18, cachedBlock(textOf(600, "c"), "5m"))...)...)),
			used{8, 1204, 0, 0}, used{8, 19 * 600, 0, 1204}},
		"TooFarBack": {ask(messages(many(1, cachedBlock(textOf(600, "a"), "5m"))...)), ask(messages(append(many(1, block("a")), many(19, cachedBlock(textOf(600, "c"), "5m"))...)...)),
			used{8, 1204, 0, 0}, used{8, 1204 + 20*600, 0, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, claudesim.Options{})
			require.Equal(t, test.afterFirst, f.used(test.first))
			require.Equal(t, test.afterTo, f.used(test.second))
		})
	}
}

// TestCacheMoney works the price of written and read tokens out by hand, alone and in a batch.
func TestCacheMoney(t *testing.T) {
	t.Parallel()
	const haikuIn, haikuOut = 100_000, 500_000 // pico-dollars per token
	tests := map[string]struct {
		model, ttl string
		tokens     int
		write      int64 // per token
		read       int64
		in, out    int64
	}{
		"Short":  {"claude-haiku-5-5", "5m", 2000, 125_000, 10_000, haikuIn, haikuOut},
		"Long":   {"claude-haiku-5-5", "1h", 2000, 200_000, 10_000, haikuIn, haikuOut},
		"Step":   {"claude-haiku-5-5", "5m", 100_000, 625_000, 50_000, 5 * haikuIn, 5 * haikuOut},
		"Sonnet": {"claude-sonnet-5-5", "1h", 2000, 4_000_000, 100_000, 2_000_000, 10_000_000},
		"Opus":   {"claude-opus-5-5", "5m", 2000, 5_000_000, 200_000, 4_000_000, 20_000_000},
		"Fable":  {"claude-fable-5-1", "5m", 2000, 12_500_000, 250_000, 10_000_000, 50_000_000},
		"Old":    {"claude-sonnet-5", "5m", 2000, 2_500_000, 200_000, 2_000_000, 10_000_000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := setupBatches(t, claudesim.Options{BatchTime: claudesim.NoLatency})
			body := askCached(test.tokens, test.ttl, `model:"`+test.model+`"`, "thinking:")
			cost := func(u message) claudesim.PicoUSD {
				return claudesim.PicoUSD(u.Usage.Input*test.in + u.Usage.Write*test.write + u.Usage.Read*test.read + u.Usage.Output*test.out)
			}
			first := f.post(body).message(t)
			require.EqualValues(t, test.tokens, first.Usage.Write)
			require.Equal(t, cost(first), f.sim.Bill().Total)
			second := f.post(body).message(t)
			require.EqualValues(t, test.tokens, second.Usage.Read)
			total := cost(first) + cost(second)
			require.Equal(t, total, f.sim.Bill().Total)
			require.Equal(t, second.Usage.Read, f.sim.Bill().CacheReadTokens)
			require.Equal(t, first.Usage.Write, f.sim.Bill().CacheWriteTokens)

			us := strings.Replace(body, "{", `{"inference_geo":"us",`, 1)
			b := f.batch(http.MethodPost, "", batchOf(us))
			line := f.results(b.ID)[0].Result.Message
			require.Equal(t, total+cost(line)/2*11/10, f.sim.Bill().Total)
		})
	}
}

func TestCacheReadsAreNotLimited(t *testing.T) {
	t.Parallel()
	f, _ := setupBatches(t, claudesim.Options{ITPM: 3000})
	require.EqualValues(t, 2000, f.used(askCached(2000, "5m")).short)
	for range 20 {
		require.EqualValues(t, 2000, f.used(askCached(2000, "5m")).read)
	}
	require.Equal(t, http.StatusTooManyRequests, f.post(askCached(2010, "5m")).status)
}

// TestBatchesFindPrefixes: a batch reads most of what it could, never all of it, and says so in results that
// stay the same.
func TestBatchesFindPrefixes(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	params := make([]string, 100)
	for i := range params {
		params[i] = askCached(2000, "1h", user("Page "+string(mustJSON(i))), "max_tokens:10")
	}
	b := f.batch(http.MethodPost, "", batchOf(params...))
	clock.Add(time.Hour)
	reads := 0
	for _, r := range f.results(b.ID) {
		u := r.Result.Message.Usage
		require.EqualValues(t, 2000, u.Creation.Long+u.Read)
		if u.Read > 0 {
			reads++
		}
	}
	require.Greater(t, reads, 20)
	require.Less(t, reads, 100)
	require.EqualValues(t, 2000*reads, f.sim.Bill().CacheReadTokens)
	require.Equal(t, f.results(b.ID), f.results(b.ID))
}

func TestCacheFaults(t *testing.T) {
	t.Parallel()
	tests := map[claudesim.Fault]used{
		claudesim.FaultCacheMiss:    {2024, 0, 0, 0},
		claudesim.FaultCacheRewrite: {24, 2000, 0, 0},
	}
	for fault, want := range tests {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			for range 3 {
				require.Equal(t, want, f.used(askCached(2000, "5m")))
			}
			require.EqualValues(t, 3, f.sim.Stats().ByFault[fault])
		})
	}
}

func TestCacheForgetsWhatExpired(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	for i := range 1100 {
		serve(f.sim, ask("max_tokens:1", "system:["+cachedBlock(textOf(600, "s")+string(mustJSON(i)), "5m")+"]"))
		clock.Add(time.Second)
	}
	require.EqualValues(t, 0, f.used(ask("max_tokens:1", "system:["+cachedBlock(textOf(600, "s")+"1", "5m")+"]")).read)
	require.EqualValues(t, 602, f.used(ask("max_tokens:1", "system:["+cachedBlock(textOf(600, "s")+"1099", "5m")+"]")).read)
}

// TestWarming: a request for no output writes to the cache, and its prompt alone is billed.
func TestWarming(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	m := f.post(askCached(2000, "5m", "max_tokens:0")).message(t)
	require.Equal(t, "max_tokens", m.StopReason)
	require.Empty(t, m.Content)
	require.Zero(t, m.Usage.Output)
	require.Equal(t, claudesim.PicoUSD(24*100_000+2000*125_000), f.sim.Bill().Total)
	require.EqualValues(t, 2000, f.used(askCached(2000, "5m", user("b"))).read)
}
