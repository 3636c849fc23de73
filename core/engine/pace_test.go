package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

const haiku = "claude-haiku-5-5"

// perMinute is what a provider of so many requests a minute says of its limits, with four figures that can be told apart.
func perMinute(requests int64) ports.Limits {
	limit := func(n int64) ports.Limit { return ports.Limit{Known: true, Max: n, Remaining: n / 2} }
	return ports.Limits{Requests: limit(requests), Input: limit(2_000_000), Output: limit(400_000), Tokens: limit(2_400_000)}
}

func (w *world) provider() quota.Provider {
	p, err := w.main.Provider(w.ctx, haiku)
	require.NoError(w.t, err)
	return p
}

// timed notes when each call begins.
func (w *world) timed(script func(plea) said) *[]time.Time {
	var begun []time.Time
	w.oracle.script = func(p plea) said {
		begun = append(begun, w.now)
		return script(p)
	}
	return &begun
}

func TestSharedPace(t *testing.T) {
	t.Parallel()

	t.Run("WithoutLimitsThereIsNoRecord", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.Equal(t, job.StateCompleted, w.rest(w.submit(30)).State)
		require.Zero(t, w.provider())
	})

	t.Run("WhatHoldsCallsBackIsToldOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{Calls: 1})
		w.oracle.script = func(plea) said {
			s := ok()
			s.limits = ports.Limits{Requests: ports.Limit{Known: true, Max: 4}}
			return s
		}
		require.Equal(t, job.StateCompleted, w.rest(w.submit(2)).State)
		// The bucket that the last answer called empty is full by now, although nobody has been told of it.
		w.now = w.now.Add(5 * time.Minute)
		began := w.now
		require.Equal(t, job.StateCompleted, w.rest(w.submit(2)).State)
		require.Less(t, w.now.Sub(began), 10*time.Minute)
	})

	t.Run("TheProvidersLimitsAreKept", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		begun := w.timed(func(plea) said { s := ok(); s.limits = perMinute(120); return s })
		require.Equal(t, job.StateCompleted, w.rest(w.submit(1)).State)
		p := w.provider()
		require.EqualValues(t, 120, p.Requests.Rate.PerMinute)
		require.EqualValues(t, 2_000_000, p.Input.Rate.PerMinute)
		require.EqualValues(t, 400_000, p.Output.Rate.PerMinute)
		*begun = nil
		id := w.submit(300)
		other := w.start(nil)
		for w.job(id).State != job.StateCompleted {
			for _, process := range []*process{w.main, other} {
				for _, l := range w.mail.due() {
					w.work(process, l)
				}
			}
			for w.step(first) {
			}
			at, some := w.wake()
			if next := w.now.Add(time.Second); !some || at.After(next) {
				at = next
			}
			w.now = at
		}
		require.Len(t, *begun, 300)
		slices.SortFunc(*begun, time.Time.Compare)
		for i := range *begun {
			from := (*begun)[i]
			in := slices.IndexFunc((*begun)[i:], func(at time.Time) bool { return at.Sub(from) > time.Minute })
			require.LessOrEqual(t, in, 125, "of two processes together in any minute")
		}
		require.Less(t, w.now.Sub((*begun)[0]), 6*time.Minute, "and they are used")
	})

	t.Run("ALargeShardIsSentForAFewParcelsAtATime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 1})
		w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(640); return s }
		require.Equal(t, job.StateCompleted, w.rest(w.submit(1)).State)
		w.mail.lose()
		id := w.submit(32 * 60)
		require.Len(t, w.mail.letters, 32)
		for _, l := range w.mail.due() {
			w.do(func() { w.settleOne(l) })
		}
		require.Len(t, w.mail.letters, 32*21+32, "a minute's worth of each shard, and what sends for the rest")
		w.now = w.now.Add(time.Minute)
		for _, l := range w.mail.due() {
			if strings.Contains(string(l.body), `"shard"`) {
				w.do(func() { w.settleOne(l) })
			}
		}
		require.Len(t, w.mail.letters, 32*42+32)
		w.now = w.now.Add(time.Minute)
		for _, l := range w.mail.due() {
			if strings.Contains(string(l.body), `"shard"`) {
				w.do(func() { w.settleOne(l) })
			}
		}
		require.Len(t, w.mail.letters, 32*42+32, "no more while two minutes' worth is waiting")
		w.mail.lose()
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
	})

	t.Run("ADrainedProcessWaitsForNoStart", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(60); return s }
		w.rest(w.submit(1))
		id := w.submit(25)
		begun := w.now
		s := w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
		for range 200 {
			w.step(first)
		}
		require.Positive(t, w.progress(id).Counts[job.TaskRunning])
		w.main.Drain()
		for !s.done {
			if at, some := w.wake(); !w.step(first) && some {
				w.now = at
			}
		}
		require.Less(t, w.now.Sub(begun), 5*time.Second)
		w.main = w.start(nil)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("WhoGetsNoStartWritesNothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(60); return s }
		w.rest(w.submit(1))
		p := w.provider()
		p.Requests.Next = w.now.Add(20 * time.Second)
		body, err := json.Marshal(p)
		require.NoError(t, err)
		key := ports.Key{Partition: "provider", Sort: haiku}
		w.put(key, body)
		before, err := w.store.Get(w.ctx, key)
		require.NoError(t, err)
		id := w.submit(25)
		w.mail.lose()
		w.deliver(id, 0)
		after, err := w.store.Get(w.ctx, key)
		require.NoError(t, err)
		require.Equal(t, before, after)
		require.Len(t, w.mail.letters, 1, "it comes again")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ADamagedRecordIsMadeAnew", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.put(ports.Key{Partition: "provider", Sort: haiku}, []byte("{"))
		w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(600); return s }
		require.Equal(t, job.StateCompleted, w.rest(w.submit(9)).State)
		require.EqualValues(t, 600, w.provider().Requests.Rate.PerMinute)
	})

	t.Run("ARecordOfANewerProgramIsLeftAlone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		newer := []byte(`{"schema":99}`)
		w.put(ports.Key{Partition: "provider", Sort: haiku}, newer)
		w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(600); return s }
		require.Equal(t, job.StateCompleted, w.rest(w.submit(9)).State)
		record, err := w.store.Get(w.ctx, ports.Key{Partition: "provider", Sort: haiku})
		require.NoError(t, err)
		require.Equal(t, newer, record.Body)
	})
}

func TestSharedBreaker(t *testing.T) {
	t.Parallel()

	t.Run("StopsEveryProcessAndLetsOneProbe", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		down := true
		begun := w.timed(func(plea) said {
			if down {
				return refused(fault.Overloaded, 0)
			}
			return ok()
		})
		id := w.submit(60)
		other := w.start(small())
		for range 10 {
			for i, l := range w.mail.due() {
				w.do(func() { w.settleOne(l) })
				if i%2 == 0 {
					w.main, other = other, w.main
				}
			}
			w.now = w.now.Add(time.Minute)
			w.sweep()
		}
		require.Equal(t, quota.Open, w.provider().Breaker.State)
		require.LessOrEqual(t, len(*begun), 5+2+7, "five failures, what was begun by then, and one probe for each interval")
		require.Positive(t, w.events(ports.EventBreakerOpened))
		down = false
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 1, w.events(ports.EventBreakerClosed))
		require.Zero(t, w.progress(id).Presumed)
		for ordinal := range 60 {
			require.Zero(t, w.task(id, ordinal).Judged)
		}
	})

	t.Run("NoTaskFailsOfTheProbesOfAnOutage", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		over := w.now.Add(30 * time.Minute)
		w.oracle.script = func(plea) said {
			if w.now.Before(over) {
				return said{err: fault.New(fault.Unavailable, "500").MaybeDone()}
			}
			return ok()
		}
		id := w.submit(9)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Greater(t, w.oracle.begun, 9+5, "one task has five attempts")
	})

	t.Run("AGuardThatTripsOpensIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			s := refused(fault.Overloaded, 0)
			s.tripped = p.n == 1
			return s
		}
		id := w.submit(1)
		w.deliver(id, 0)
		require.Equal(t, quota.Open, w.provider().Breaker.State)
	})

	t.Run("ResumeLetsAProbeThroughAtOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		mended := false
		w.oracle.script = func(plea) said {
			if !mended {
				return refused(fault.SpendCap, 0)
			}
			return ok()
		}
		id := w.submit(9)
		require.Equal(t, job.StatePaused, w.rest(id).State)
		calls := w.oracle.begun
		for range 20 {
			w.minute()
			w.drain()
		}
		require.Equal(t, calls, w.oracle.begun, "a spend cap is never tried again by itself")
		mended = true
		begun := w.now
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Less(t, w.now.Sub(begun), 10*time.Minute)
	})

	t.Run("WhatIsHeldBackForADayFails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return refused(fault.Overloaded, 0) }
		id := w.submit(60, func(s *engine.Submission) { s.Limits.GiveUpAfter = 2 * time.Hour })
		begun := w.now
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.GreaterOrEqual(t, w.now.Sub(begun), 2*time.Hour)
		require.Equal(t, job.CodeProviderUnavailable, w.task(id, 59).Code)
		require.LessOrEqual(t, w.oracle.begun, 60)
	})

	t.Run("ALateJobIsStillDone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return failing("REFUSED") }
		id := w.submit(3, func(s *engine.Submission) { s.Deadline = 30 * time.Minute })
		require.Equal(t, job.StateFailed, w.rest(id).State)
		w.now = w.now.Add(24 * time.Hour)
		w.oracle.script = inTurn(ok(), refused(fault.Throttled, 30*time.Second), ok())
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State, "one refusal after the deadline says nothing")
	})

	t.Run("AnotherModelThanTheJobs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.other = "claude-sonnet-5-5"
		id := w.submit(6)
		require.Equal(t, job.StatePartial, w.rest(id).State)
		require.Equal(t, job.CodeInternal, w.task(id, 1).Code, "its quota was not asked for")
		require.Equal(t, 3, w.oracle.begun)
	})

	t.Run("NorBeyondTheDeadline", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return refused(fault.Overloaded, 0) }
		id := w.submit(60, func(s *engine.Submission) { s.Deadline = 30 * time.Minute })
		begun := w.now
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.Greater(t, w.now.Sub(begun), 30*time.Minute)
		require.Less(t, w.now.Sub(begun), time.Hour)
	})
}

// TestRetryBudgetIsShared: when it is used up a retry waits, it does not fail.
func TestRetryBudgetIsShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.oracle.script = func(plea) said { s := ok(); s.limits = perMinute(6000); return s }
	w.rest(w.submit(1))
	w.timed(func(p plea) said {
		if p.n == 1 {
			s := said{err: fault.New(fault.Internal, "nobody knows").MaybeDone()}
			return s
		}
		return ok()
	})
	id := w.submit(150)
	begun := w.now
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	waited := w.now.Sub(begun)
	require.Greater(t, waited, 9*time.Minute, "150 less 60 saved up and 15 earned, six a minute")
	require.Equal(t, 150*hold, w.progress(id).Presumed)
}

// TestOneCallWarmsThePrefix: the first call that has a prefix stored goes ahead, the others read it.
func TestOneCallWarmsThePrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	open := 0
	w.oracle.script = func(p plea) said {
		require.Equal(t, cost.Cache5m, p.request.Cache)
		if w.oracle.begun == 1 {
			open = w.oracle.open
			s := slow(5 * time.Second)
			return s
		}
		return ok()
	}
	id := w.submit(60, func(s *engine.Submission) {
		s.Input = probeInput{Name: "warm" + strings.Repeat(" stable", 400), Tasks: 60}.bytes()
	})
	for _, l := range w.mail.due() {
		w.work(w.main, l)
	}
	for range 500 {
		w.step(first)
	}
	require.Equal(t, 1, w.oracle.begun, "one real page first")
	require.Equal(t, 1, open)
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	require.Len(t, w.provider().Warm, 1)

	short := w.submit(9)
	w.oracle.script = func(p plea) said {
		require.Equal(t, cost.NoCache, p.request.Cache, "below the model's minimum nothing is kept")
		return ok()
	}
	require.Equal(t, job.StateCompleted, w.rest(short).State)
}
