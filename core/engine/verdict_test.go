package engine_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// inTurn answers the nth call of a task with the nth of the list, and goes on with the last.
func inTurn(list ...said) func(plea) said {
	return func(p plea) said { return list[min(p.n, len(list))-1] }
}

// TestVerdict runs one task through what can come of its calls.
func TestVerdict(t *testing.T) {
	t.Parallel()
	hung := said{text: "ok", hang: true}
	broken := unknown(true)
	free := ok()
	free.unbilled = true
	for name, test := range map[string]struct {
		script            []said
		state             job.TaskState
		code              job.Code
		calls             int
		settled, presumed cost.Pico
	}{
		"Accepted":                 {[]said{ok()}, job.TaskCompleted, "", 1, spent, 0},
		"AcceptedAtTheSecondTry":   {[]said{again("X"), ok()}, job.TaskCompleted, "", 2, 2 * spent, 0},
		"AgainUntilTheLimit":       {[]said{again("TOO_SHORT")}, job.TaskFailed, "TOO_SHORT", 3, 3 * spent, 0},
		"AgainWithoutACode":        {[]said{again("")}, job.TaskFailed, job.CodeOutputInvalid, 3, 3 * spent, 0},
		"LastCodeCounts":           {[]said{again("A"), again("B"), again("C")}, job.TaskFailed, "C", 3, 3 * spent, 0},
		"Failed":                   {[]said{failing(string(job.CodeRefused))}, job.TaskFailed, job.CodeRefused, 1, spent, 0},
		"FailedWithoutACode":       {[]said{failing("")}, job.TaskFailed, job.CodeOutputInvalid, 1, spent, 0},
		"UnknownUntilTheLimit":     {[]said{broken}, job.TaskFailed, job.CodeAttemptsExhausted, 5, 0, 5 * hold},
		"UnknownThenAccepted":      {[]said{broken, broken, ok()}, job.TaskCompleted, "", 3, spent, 2 * hold},
		"MixedLimitsAreApart":      {[]said{again("X"), broken, again("X"), broken, broken, broken, ok()}, job.TaskCompleted, "", 7, 3 * spent, 4 * hold},
		"HangsUntilItsDeadline":    {[]said{hung, ok()}, job.TaskCompleted, "", 2, spent, hold},
		"Rejected":                 {[]said{refused(fault.Rejected, 0)}, job.TaskFailed, job.CodeProviderRejected, 1, 0, 0},
		"Invalid":                  {[]said{refused(fault.Invalid, 0)}, job.TaskFailed, job.CodeProviderRejected, 1, 0, 0},
		"Unreachable":              {[]said{refused(fault.Unavailable, 0), ok()}, job.TaskCompleted, "", 2, spent, 0},
		"Overloaded":               {[]said{refused(fault.Overloaded, 0), ok()}, job.TaskCompleted, "", 2, spent, 0},
		"RefusalsBurnNoAttempt":    {append(slicesOf(refused(fault.Throttled, 0), 30), ok()), job.TaskCompleted, "", 31, spent, 0},
		"RefusalsThenAgainToLimit": {[]said{refused(fault.Throttled, 0), again("A"), refused(fault.Throttled, 0), again("A"), again("A")}, job.TaskFailed, "A", 5, 3 * spent, 0},
		"OddErrorMayBeBilled":      {[]said{{err: fault.New(fault.NotFound, "what?"), billed: true}, ok()}, job.TaskCompleted, "", 2, spent, hold},
		"ModelPanics":              {[]said{{crash: true}, ok()}, job.TaskCompleted, "", 2, spent, hold},
		"AcceptPanics":             {[]said{{text: "panic"}}, job.TaskFailed, job.CodeInternal, 1, spent, 0},
		"OutcomeThatDoesNotExist":  {[]said{{text: "odd"}}, job.TaskFailed, job.CodeInternal, 1, spent, 0},
		"ResultTooLarge":           {[]said{{text: "huge"}}, job.TaskFailed, job.CodeOutputInvalid, 1, spent, 0},
		"CodeTooLong":              {[]said{failing(strings.Repeat("X", 500_000))}, job.TaskFailed, job.Code(strings.Repeat("X", 64)), 1, spent, 0},
		"AnswerTooLong":            {[]said{again("A " + strings.Repeat("ä", 500_000)), ok()}, job.TaskCompleted, "", 2, 2 * spent, 0},
		"Unbilled":                 {[]said{free}, job.TaskCompleted, "", 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.oracle.script = inTurn(test.script...)
			id := w.submit(1)
			w.rest(id)
			p, task := w.progress(id), w.task(id, 0)
			require.Equal(t, test.state, task.State)
			require.Equal(t, test.code, task.Code)
			require.Equal(t, test.calls, w.oracle.begun)
			require.Equal(t, test.calls, task.Last)
			require.Equal(t, test.settled, p.Settled)
			require.Equal(t, test.presumed, p.Presumed)
			require.Equal(t, test.settled+test.presumed, task.Cost)
			require.Equal(t, p.Settled+p.Presumed, p.Job.Account.Granted, "what was not spent went back")
			want := job.StateCompleted
			if test.state == job.TaskFailed {
				want = job.StateFailed
			}
			require.Equal(t, want, p.Job.State)
		})
	}
}

func slicesOf(s said, n int) []said {
	list := make([]said, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// TestTry looks at what the plan is told of earlier tries.
func TestTry(t *testing.T) {
	t.Parallel()

	t.Run("AfterATruncationTheNextRequestIsLonger", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.long = 4000
		var asked []int
		w.oracle.script = func(p plea) said {
			asked = append(asked, p.request.MaxTokens)
			return inTurn(again(string(job.CodeOutputTruncated)), unknown(false), ok())(p)
		}
		id := w.submit(1)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, []int{1000, 4000, 4000}, asked)
	})

	t.Run("AnotherProcessReadsTheVerdictFromTheStore", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.long = 4000
		var asked []int
		w.oracle.script = func(p plea) said {
			asked = append(asked, p.request.MaxTokens)
			return inTurn(again(string(job.CodeOutputTruncated)), refused(fault.Throttled, time.Minute), ok())(p)
		}
		id := w.submit(1)
		w.drain()
		w.main = w.start(small())
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, []int{1000, 4000, 4000}, asked)
	})
}

// TestRefusals is about a provider that does not start.
func TestRefusals(t *testing.T) {
	t.Parallel()

	t.Run("GivesUpAfterADay", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		begun := w.now
		w.oracle.script = func(plea) said { return refused(fault.Throttled, 30*time.Minute) }
		id := w.submit(2)
		for w.now.Sub(begun) < 23*time.Hour {
			w.drain()
			w.now = w.now.Add(10 * time.Minute)
			w.sweep()
			require.Equal(t, job.StateRunning, w.job(id).State)
		}
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.Equal(t, job.CodeProviderUnavailable, w.task(id, 0).Code)
		require.GreaterOrEqual(t, w.now.Sub(begun), 24*time.Hour)
		p := w.progress(id)
		require.Zero(t, p.Settled+p.Presumed)
		require.LessOrEqual(t, w.oracle.begun, 2*50)
	})

	t.Run("RetryAfterIsHonoured", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		begun := w.now
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return refused(fault.Throttled, 40*time.Second)
			}
			require.GreaterOrEqual(t, w.now.Sub(begun), 40*time.Second)
			return ok()
		}
		id := w.submit(3)
		w.drain()
		require.Equal(t, map[job.Reason]int{job.ReasonQuota: 3}, w.progress(id).Waiting)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Less(t, w.now.Sub(begun), 4*time.Minute)
	})

	t.Run("OverloadWaitsForTheBreaker", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(refused(fault.Overloaded, 10*time.Second), ok())
		id := w.submit(1)
		w.drain()
		require.Equal(t, map[job.Reason]int{job.ReasonBreaker: 1}, w.progress(id).Waiting)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
		t.Run("PausesTheJob/"+string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.oracle.script = func(plea) said { return refused(kind, 0) }
			id := w.submit(9)
			j := w.rest(id)
			require.Equal(t, job.StatePaused, j.State)
			require.Equal(t, []job.PauseReason{job.PauseProvider}, j.Pauses)
			require.Positive(t, w.events(ports.EventProviderStopped))
			require.LessOrEqual(t, w.oracle.begun, 9)
			p := w.progress(id)
			require.Zero(t, p.Settled+p.Presumed+p.Held)
			w.oracle.script = func(plea) said { return ok() }
			_, err := w.main.Resume(w.ctx, id, 0)
			require.NoError(t, err)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
		})
	}
}

// TestPauseIsTakenAtOnce is about the shard in which the engine finds a reason to pause: it does not wait for its turn.
func TestPauseIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &engine.Options{Calls: 2, FlushResults: 1})
	w.oracle.script = func(plea) said { return refused(fault.Unauthorized, 0) }
	id := w.submit(25)
	w.deliver(id, 0)
	require.LessOrEqual(t, w.oracle.begun, 2)
	require.Equal(t, job.StatePaused, w.job(id).State)
}

// TestNoCallBeginsOnceItsWorkerHasPausedTheJob lets the calls of a parcel begin in any order beside the first refusal's settle.
func TestNoCallBeginsOnceItsWorkerHasPausedTheJob(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		w := newWorld(t, &engine.Options{FlushResults: 1})
		late := 0
		w.oracle.script = func(p plea) said {
			for _, b := range w.checks.books {
				if b.shards[0].Gate != job.GateOpen {
					late++
				}
			}
			return refused(fault.Unauthorized, 0)
		}
		id := w.submit(5)
		w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
		w.settle(rand.New(rand.NewPCG(seed, 0)).IntN)
		require.Zero(t, late, "seed %d", seed)
		require.Equal(t, job.StatePaused, w.job(id).State)
	}
}

// TestFailureRate is about jobs most of whose tasks fail for good.
func TestFailureRate(t *testing.T) {
	t.Parallel()
	options := func() *engine.Options { return &engine.Options{FlushAfter: time.Second} }

	t.Run("PausesTheJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options())
		w.oracle.script = func(plea) said { return failing("REFUSED") }
		id := w.submit(200)
		j := w.rest(id)
		require.Equal(t, job.StatePaused, j.State)
		require.Equal(t, []job.PauseReason{job.PauseFailureRate}, j.Pauses)
		require.Less(t, w.oracle.begun, 150)
		w.oracle.script = func(plea) said { return ok() }
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StatePartial, w.rest(id).State, "after the resume the window is empty")
	})

	t.Run("TheTwentiethMayBeAGoodOne", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 20, FlushResults: 1})
		w.oracle.script = func(p plea) said {
			s := ok()
			if p.ordinal < 11 {
				s = failing("REFUSED")
			}
			s.took = time.Duration(1+p.ordinal) * time.Second
			return s
		}
		id := w.submit(40)
		w.deliver(id, 0)
		require.Equal(t, 20, w.oracle.begun)
		require.Equal(t, job.StatePaused, w.job(id).State, "11 of 20 have failed")
	})

	t.Run("HalfIsNotMoreThanHalf", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 10})
		w.oracle.script = func(p plea) said {
			if p.ordinal%2 == 1 {
				return failing("REFUSED")
			}
			return ok()
		}
		id := w.submit(200)
		require.Equal(t, job.StatePartial, w.rest(id).State)
	})

	t.Run("FewerThanTwentySayNothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options())
		w.oracle.script = func(plea) said { return refused(fault.Rejected, 0) }
		id := w.submit(19)
		require.Equal(t, job.StateFailed, w.rest(id).State)
	})

	t.Run("WhatWasJudgedBeforeAResumeDoesNotPauseAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{FlushAfter: time.Second, FlushResults: 1})
		held := true
		w.oracle.script = func(p plea) said {
			s := failing("REFUSED")
			s.until = func() bool { return w.oracle.begun == 25 && (p.ordinal < 24 || !held) }
			return s
		}
		id := w.submit(60)
		w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
		w.settle(first)
		require.Equal(t, job.StatePaused, w.job(id).State)
		// The resume is written, and its process dies before any shard has taken it; then the last old call comes back.
		dying := w.start(options())
		dying.dies = 3
		_, err := dying.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		held = false
		w.settle(first)
		w.oracle.script = func(plea) said { return ok() }
		w.minute()
		require.NotEqual(t, job.StatePaused, w.job(id).State)
		require.Equal(t, job.StatePartial, w.rest(id).State)
	})
}

// TestPlanPanics is about kinds of work with bugs.
func TestPlanPanics(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"open", "hash", "request"} {
		t.Run("AtSubmit/"+method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.kind.panics = method
			s := engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Tasks: 3}.bytes()}
			_, err := w.main.Submit(w.ctx, s)
			require.ErrorIs(t, err, fault.Internal)
			_, err = w.main.Forecast(w.ctx, s, engine.Pace{})
			require.ErrorIs(t, err, fault.Internal)
			require.Empty(t, w.checks.jobs())
		})
	}

	t.Run("RequestAtWork", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(4)
		w.kind.panics = "request"
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.Equal(t, job.CodeInternal, w.task(id, 0).Code)
		require.Zero(t, w.oracle.begun)
		w.kind.panics = ""
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("RequestOfManyTasksPausesTheJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{})
		id := w.submit(400)
		w.kind.panics = "request"
		j := w.rest(id)
		require.Equal(t, job.StatePaused, j.State)
		require.Equal(t, []job.PauseReason{job.PauseFailureRate}, j.Pauses)
		require.Positive(t, w.progress(id).Counts[job.TaskQueued])
	})

	t.Run("OpenAtWork", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(4)
		w.main = w.start(small())
		w.kind.panics = "open"
		w.drain()
		require.Equal(t, 1, w.events(ports.EventPlanDiffers))
		require.Equal(t, job.StatePending, w.job(id).State)
		w.kind.panics = ""
		w.main = w.start(small())
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})
}

// TestPlanDiffers is about programs that do not have the plan that was submitted: they leave the job alone.
func TestPlanDiffers(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*probe){
		"Version": func(k *probe) { k.version = 1 },
		"Hash":    func(k *probe) { k.salt = "new" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			id := w.submit(4)
			w.main = w.start(small())
			change(w.kind)
			w.drain()
			w.minute()
			w.drain()
			require.Equal(t, 1, w.events(ports.EventPlanDiffers), "one alert")
			require.Equal(t, job.StatePending, w.job(id).State)
			require.Zero(t, w.oracle.begun)
			*w.kind = probe{}
			w.main = w.start(small())
			require.Equal(t, job.StateCompleted, w.rest(id).State)
		})
	}

	t.Run("HungryJobIsNotPausedByWhoCannotTell", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12, capped(4*spent))
		w.drain()
		w.main = w.start(small())
		w.kind.salt = "new"
		for range 5 {
			w.minute()
			w.drain()
			require.Equal(t, job.StateRunning, w.job(id).State)
		}
		*w.kind = probe{}
		w.main = w.start(small())
		require.Equal(t, job.StatePaused, w.rest(id).State)
	})

	t.Run("WorkWithoutItsContextIsNotDone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(1)
		w.main = w.start(small())
		body := job.ParcelNote(w.job(id), 0).Pack()
		w.main.dies = w.main.calls + 2
		require.Error(t, w.main.Work(w.main.ctx, body), "the input could not be read: the message must come again")
	})
}
