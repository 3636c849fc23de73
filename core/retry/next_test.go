package retry_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/retry"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestNext(t *testing.T) {
	t.Parallel()
	since := noon().Add(-time.Hour)
	refused := retry.Count{Judged: 1, Unknown: 2, Refusals: 3, RefusedSince: since}
	for name, c := range map[string]struct {
		limits     retry.Limits
		count      retry.Count
		cause      retry.Cause
		retryAfter time.Duration
		want       retry.Decision
	}{
		"JudgedOnce":      {retry.Limits{}, retry.Count{}, retry.Judged, 0, retry.Decision{Count: retry.Count{Judged: 1}, Retry: true, At: noon()}},
		"JudgedTwice":     {retry.Limits{}, retry.Count{Judged: 1}, retry.Judged, time.Hour, retry.Decision{Count: retry.Count{Judged: 2}, Retry: true, At: noon()}},
		"JudgedTooOften":  {retry.Limits{}, retry.Count{Judged: 2}, retry.Judged, 0, retry.Decision{Count: retry.Count{Judged: 3}}},
		"JudgedBeyond":    {retry.Limits{}, retry.Count{Judged: 9}, retry.Judged, 0, retry.Decision{Count: retry.Count{Judged: 10}}},
		"JudgedOwnLimit":  {retry.Limits{Judged: 1}, retry.Count{}, retry.Judged, 0, retry.Decision{Count: retry.Count{Judged: 1}}},
		"JudgedEndsRow":   {retry.Limits{}, refused, retry.Judged, 0, retry.Decision{Count: retry.Count{Judged: 2, Unknown: 2}, Retry: true, At: noon()}},
		"UnknownOnce":     {retry.Limits{}, retry.Count{}, retry.Unknown, 0, retry.Decision{Count: retry.Count{Unknown: 1}, Retry: true, At: noon().Add(500 * time.Millisecond)}},
		"UnknownBacksOff": {retry.Limits{}, retry.Count{Judged: 2, Unknown: 3}, retry.Unknown, 0, retry.Decision{Count: retry.Count{Judged: 2, Unknown: 4}, Retry: true, At: noon().Add(4 * time.Second)}},
		"UnknownTooOften": {retry.Limits{}, retry.Count{Unknown: 4}, retry.Unknown, 0, retry.Decision{Count: retry.Count{Unknown: 5}}},
		"UnknownOwnLimit": {retry.Limits{Unknown: 30}, retry.Count{Unknown: 4}, retry.Unknown, time.Minute, retry.Decision{Count: retry.Count{Unknown: 5}, Retry: true, At: noon().Add(time.Minute)}},
		"UnknownEndsRow":  {retry.Limits{}, refused, retry.Unknown, 0, retry.Decision{Count: retry.Count{Judged: 1, Unknown: 3}, Retry: true, At: noon().Add(2 * time.Second)}},
		"NoCause":         {retry.Limits{}, retry.Count{Unknown: 4}, 0, 0, retry.Decision{Count: retry.Count{Unknown: 5}}},
		"RefusedFirst": {
			retry.Limits{},
			retry.Count{Judged: 2, Unknown: 4},
			retry.Refused, 0,
			retry.Decision{Count: retry.Count{Judged: 2, Unknown: 4, Refusals: 1, RefusedSince: noon()}, Retry: true, At: noon().Add(500 * time.Millisecond)},
		},
		"RefusedAgain": {
			retry.Limits{},
			refused, retry.Refused, 0,
			retry.Decision{Count: retry.Count{Judged: 1, Unknown: 2, Refusals: 4, RefusedSince: since}, Retry: true, At: noon().Add(4 * time.Second)},
		},
		"RefusedWithWish": {
			retry.Limits{},
			refused, retry.Refused, 2 * time.Hour,
			retry.Decision{Count: retry.Count{Judged: 1, Unknown: 2, Refusals: 4, RefusedSince: since}, Retry: true, At: noon().Add(time.Hour)},
		},
		"RefusedTooLong": {
			retry.Limits{GiveUpAfter: time.Hour},
			refused, retry.Refused, 0,
			retry.Decision{Count: retry.Count{Judged: 1, Unknown: 2, Refusals: 4, RefusedSince: since}},
		},
		"RefusedJustInTime": {
			retry.Limits{GiveUpAfter: time.Hour + 1},
			refused, retry.Refused, 0,
			retry.Decision{Count: retry.Count{Judged: 1, Unknown: 2, Refusals: 4, RefusedSince: since}, Retry: true, At: noon().Add(4 * time.Second)},
		},
		"RefusedByAClockBehind": {
			retry.Limits{},
			retry.Count{Refusals: 1, RefusedSince: noon().Add(time.Hour)},
			retry.Refused, 0,
			retry.Decision{Count: retry.Count{Refusals: 2, RefusedSince: noon().Add(time.Hour)}, Retry: true, At: noon().Add(time.Second)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, retry.Policy{}.Next(c.limits, c.count, c.cause, noon(), c.retryAfter, 0.5))
		})
	}
}

// TestNextEnds: with any one cause over and over a task comes to an end, after as many attempts as its limits say.
func TestNextEnds(t *testing.T) {
	t.Parallel()
	for cause, want := range map[retry.Cause]int{retry.Judged: 3, retry.Unknown: 5} {
		var count retry.Count
		attempts := 0
		for again := true; again; attempts++ {
			decision := retry.Policy{}.Next(retry.Limits{}, count, cause, noon(), 0, 0.9)
			count, again = decision.Count, decision.Retry
		}
		require.Equal(t, want, attempts, cause.String())
	}
	var count retry.Count
	now := noon()
	for again := true; again; {
		decision := retry.Policy{}.Next(retry.Limits{}, count, retry.Refused, now, 0, 0.9)
		if count, again = decision.Count, decision.Retry; again {
			require.True(t, decision.At.After(now))
			now = decision.At
		}
	}
	require.GreaterOrEqual(t, now.Sub(noon()), 24*time.Hour)
	require.Less(t, now.Sub(noon()), 24*time.Hour+5*time.Minute)
}

func TestLimitsOrDefault(t *testing.T) {
	t.Parallel()
	want := retry.Limits{Judged: 3, Unknown: 5, GiveUpAfter: 24 * time.Hour}
	require.Equal(t, want, retry.Limits{}.OrDefault())
	require.Equal(t, want, retry.Limits{Judged: -1, Unknown: -1, GiveUpAfter: -1}.OrDefault())
	own := retry.Limits{Judged: 30, Unknown: 31, GiveUpAfter: time.Minute}
	require.Equal(t, own, own.OrDefault())
}

func TestCauseNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "judged", retry.Judged.String())
	require.Equal(t, "unknown", retry.Unknown.String())
	require.Equal(t, "refused", retry.Refused.String())
	require.Equal(t, "unknown", retry.Cause(0).String())
}

func TestCountJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(retry.Count{})
	require.NoError(t, err)
	require.Equal(t, "{}", string(text))
	count := retry.Count{Judged: 1, Unknown: 2, Refusals: 3, RefusedSince: noon()}
	text, err = json.Marshal(count)
	require.NoError(t, err)
	require.JSONEq(t, `{"judged":1,"unknown":2,"refusals":3,"refused_since":"2026-11-22T12:00:00Z"}`, string(text))
	var back retry.Count
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, count, back)
}
