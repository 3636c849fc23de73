package engine_test

import (
	"slices"
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

// half is what an answer of the oracle costs in a batch.
const half = spent / 2

func batched(s *engine.Submission) { s.Lane = cost.Batch }

func auto(deadline time.Duration) func(*engine.Submission) {
	return func(s *engine.Submission) { s.Lane, s.Deadline = cost.Auto, deadline }
}

// inBatches reads the collections of a job.
func (w *world) inBatches(id job.ID) []*engine.Collection {
	list, err := w.main.Collections(w.ctx, id)
	require.NoError(w.t, err)
	return list
}

// lanes sums the ledger's settled and presumed amounts by lane.
func (w *world) lanes(id job.ID) map[cost.Lane]cost.Pico {
	sums := map[cost.Lane]cost.Pico{}
	require.NoError(w.t, w.main.Ledger(w.ctx, id, func(l engine.Line) error {
		if l.Kind == cost.EntrySettle || l.Kind == cost.EntryPresume || l.Kind == cost.EntryAdjust {
			sums[l.Terms.Lane] += l.Amount
		}
		return nil
	}))
	return sums
}

func TestBatch(t *testing.T) {
	t.Parallel()

	t.Run("CostsExactlyHalf", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		id := w.submit(260, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 260*half, w.progress(id).Settled)
		require.Equal(t, map[cost.Lane]cost.Pico{cost.Batch: 260 * half}, w.lanes(id))
		require.Zero(t, w.oracle.begun, "no call is made one by one")
		require.Equal(t, 1, w.batches.creates)
		require.Empty(t, w.inBatches(id))
	})

	t.Run("ManyTasksAreSeveralBatches", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(60, batched, func(s *engine.Submission) {
			s.Input = probeInput{Name: strings.Repeat("j", 2<<20), Tasks: 60}.bytes()
		})
		w.minute()
		require.Len(t, w.batches.all, 3)
		for _, b := range w.batches.all {
			require.Less(t, len(b.lines)*6*2<<20, ports.MaxBatchBytes, "however JSON writes it")
		}
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("SaysWhatItWaitsFor", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, batched)
		require.Equal(t, map[job.Reason]int{job.ReasonBatch: 9}, w.progress(id).Waiting)
		w.drain()
		require.Zero(t, w.oracle.begun)
		w.minute()
		p := w.progress(id)
		require.Equal(t, 9, p.Counts[job.TaskRunning])
		require.Equal(t, map[job.Reason]int{job.ReasonBatch: 9}, p.Waiting)
		require.Equal(t, engine.CollectionSent, w.inBatches(id)[0].State)
		require.Equal(t, 9*hold/2, p.Held, "a line is held at the price of the lane")
		require.Equal(t, 1, w.events(ports.EventBatchSent))
		w.rest(id)
		require.Equal(t, 1, w.events(ports.EventBatchApplied))
	})

	t.Run("ErroredAndExpiredLinesAreVoidAndDoneAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		expired := refused(fault.Unavailable, 0)
		expired.hang = true
		w.oracle.script = func(p plea) said {
			switch {
			case p.ordinal == 0 && p.n == 1:
				return refused(fault.Unavailable, 0)
			case p.ordinal == 1 && p.n == 1:
				return expired
			case p.ordinal == 2:
				return refused(fault.Rejected, 0)
			case p.ordinal == 3 && p.n == 1:
				return again(string(job.CodeOutputInvalid))
			}
			return ok()
		}
		id := w.submit(9, batched)
		require.Equal(t, job.StatePartial, w.rest(id).State)
		require.Equal(t, job.CodeProviderRejected, w.task(id, 2).Code)
		require.Equal(t, 9*half, w.progress(id).Settled, "eight pages and one answer that was no use")
		require.Zero(t, w.progress(id).Presumed)
		require.LessOrEqual(t, w.batches.creates, 3)
	})

	t.Run("AMissingLineIsPresumedAndADoubleOneCountsOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			if n == 1 {
				return append(lines[1:], lines[1], ports.BatchResult{ID: "somebody-elses", Outcome: ports.LineSucceeded}), nil
			}
			return lines, nil
		}
		id := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Equal(t, hold/2, w.progress(id).Presumed)
	})

	t.Run("NoCallIsMadeBesideWhatIsOverdue", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			return lines[min(n%2, 1):], nil // the first reading misses a line
		}
		collects := true
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				if !collects && len(keys) > 1 && slices.ContainsFunc(keys, func(k ports.Key) bool { return k.Partition == "collections" }) {
					return fault.New(fault.Throttled, "not now")
				}
				return do()
			}}
		}
		w.main = w.start(small())
		id := w.submit(3, batched)
		w.minute()
		collects = false
		for w.progress(id).Presumed == 0 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		// Another sweep had that line, and stores it only now.
		missing := w.batches.all[0].results[0]
		require.Contains(t, missing.ID, "-2-a1-")
		late := job.Stored{
			Ordinal: 2, Attempt: 1, Stop: missing.Answer.Stop, Usage: missing.Answer.Usage, UsageOK: true, Model: missing.Answer.Model,
			MessageID: missing.Answer.MessageID, At: w.now, Verdict: job.Verdict{Outcome: job.Accepted, Output: []byte(missing.Answer.Text)},
		}
		w.put(ports.Key{Partition: "job/" + string(id) + "/s00", Sort: "a/00000002/000001"}, late.Pack())
		w.now = w.now.Add(time.Second)
		w.deliver(id, 0)
		w.drain()
		require.Zero(t, w.oracle.begun, "its hold is at the price of a batch")
		require.Zero(t, w.progress(id).Presumed)
		collects = true
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ALineThatAnEarlierReadingHadIsNotMissing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		fails := true
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				if fails && w.batches.read == 1 && len(keys) > 1 {
					fails = false
					return fault.New(fault.Internal, "nothing is settled")
				}
				return do()
			}}
		}
		w.main = w.start(small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			return lines[min(n-1, 1):], nil
		}
		id := w.submit(9, batched)
		for fails {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.batches.read)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("AShardThatCannotBeReadKeepsNobodyFromTheOthers", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		fails := true
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, get: func(key ports.Key) error {
				if fails && strings.HasSuffix(key.Partition, "/s01") && key.Sort == "header" {
					return fault.New(fault.Throttled, "not now")
				}
				return nil
			}}
		}
		w.main = w.start(small())
		id := w.submit(18, batched)
		w.now = w.now.Add(time.Minute)
		w.do(func() {
			_, err := w.main.Sweep(w.ctx)
			require.ErrorIs(t, err, fault.Throttled)
		})
		require.Len(t, w.batches.all, 1)
		fails = false
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Len(t, w.batches.all, 2)
	})

	t.Run("OneReadsAtATime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		other := w.start(small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			if n > 1 {
				return lines[1:], nil
			}
			_, _ = other.Sweep(w.ctx)
			return lines, nil
		}
		id := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 1, w.batches.read)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("AReadingThatTookTooLongPresumesNothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			if n > 1 {
				return lines, nil
			}
			w.now = w.now.Add(time.Hour)
			return lines[1:], nil
		}
		id := w.submit(9, batched)
		for w.batches.read < 1 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Zero(t, w.progress(id).Presumed)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.batches.read)
		require.Equal(t, 9*half, w.progress(id).Settled)
	})

	t.Run("WhatIsAddedWhileItsLinesAreMadeIsSentToo", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		var other *process
		failed, added, refused := false, false, fault.New(fault.Internal, "not now")
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				if len(keys) == 1 && keys[0].Partition == "collections" {
					return refused // it adds, and dies before it sends
				}
				return do()
			}}
		}
		other = w.start(small())
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				switch {
				case !failed && slices.ContainsFunc(keys, func(k ports.Key) bool { return k.Sort == "p/00000002" }):
					failed = true
					return refused
				case failed && !added && len(keys) == 1 && keys[0].Partition == "collections":
					added = true
					_, _ = other.Sweep(w.ctx)
				}
				return do()
			}}
		}
		w.main = w.start(small())
		id := w.submit(9, batched)
		w.now = w.now.Add(time.Minute)
		w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		require.True(t, added)
		require.Len(t, w.inBatches(id)[0].Members, 3)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Len(t, w.batches.all, 1)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("ACutStreamSettlesNothingYet", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			if n < 3 {
				return lines[:4], fault.New(fault.Unavailable, "the stream was cut")
			}
			return lines, nil
		}
		id := w.submit(9, batched)
		for w.batches.read < 2 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Equal(t, 9, w.progress(id).Counts[job.TaskRunning])
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("CancelEndsTheBatchAndSettlesWhatWasDone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(10, batched)
		w.minute()
		w.now = w.now.Add(5 * time.Minute)
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, w.rest(id).State)
		p := w.progress(id)
		require.Equal(t, 6, p.Counts[job.TaskCompleted])
		require.Equal(t, 6*half, p.Settled)
		require.Zero(t, p.Presumed+p.Held)
		require.Less(t, w.now.Sub(w.batches.all[0].Created), 10*time.Minute)
	})

	t.Run("CancelBeforeAnythingWasSent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(int) (bool, error) { return false, fault.New(fault.Throttled, "later") }
		id := w.submit(10, batched)
		w.minute()
		require.Equal(t, 10, w.progress(id).Counts[job.TaskRunning])
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, w.rest(id).State)
		require.Zero(t, w.progress(id).Settled+w.progress(id).Presumed)
		require.Empty(t, w.batches.all)
	})

	t.Run("PauseLetsTheBatchGoOn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, batched)
		w.minute()
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		for range 15 {
			w.minute()
		}
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("SurvivesANewEpoch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, batched)
		w.minute()
		w.main = w.start(&engine.Options{ParcelSize: 3, FlushAfter: time.Second, Epoch: 3})
		require.NoError(t, w.main.Restart(w.ctx))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
		require.Equal(t, 1, w.batches.creates)
	})

	t.Run("NobodySweepsForADayAndAHalf", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, batched)
		w.minute()
		w.now = w.now.Add(36 * time.Hour)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
	})

	for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
		t.Run("PausesTheJob/"+string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.batches.create = func(n int) (bool, error) {
				if n == 1 {
					return false, fault.New(kind, "no")
				}
				return true, nil
			}
			id := w.submit(9, batched)
			j := w.rest(id)
			require.Equal(t, []job.PauseReason{job.PauseProvider}, j.Pauses)
			require.Zero(t, w.progress(id).Held)
			_, err := w.main.Resume(w.ctx, id, 0)
			require.NoError(t, err)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
		})
	}

	t.Run("NothingIsSentOnceTheJobIsClosed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		other, paused := w.start(small()), false
		var id job.ID
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				if len(keys) == 1 && keys[0].Partition == "collections" && !paused {
					paused = true
					_, err := other.Pause(w.ctx, id, "")
					require.NoError(t, err)
				}
				return do()
			}}
		}
		w.main = w.start(small())
		id = w.submit(9, batched)
		for range 3 {
			w.minute()
		}
		require.True(t, paused)
		require.Zero(t, w.batches.creates)
		require.Zero(t, w.progress(id).Held)
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("NobodySendsWhileTheJobIsBeingPaused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(int) (bool, error) { return false, fault.New(fault.SpendCap, "no") }
		other, swept := w.start(small()), false
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, update: func(keys []ports.Key, do func() error) error {
				if w.batches.creates == 1 && !swept && len(keys) == 1 && strings.HasPrefix(keys[0].Partition, "job/") && keys[0].Sort == "header" {
					swept = true
					_, _ = other.Sweep(w.ctx)
				}
				return do()
			}}
		}
		w.main = w.start(small())
		id := w.submit(9, batched)
		require.Equal(t, []job.PauseReason{job.PauseProvider}, w.rest(id).Pauses)
		require.True(t, swept)
		require.Equal(t, 1, w.batches.creates)
	})

	t.Run("ARejectedCreatePausesAndFailsNoTask", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return false, fault.New(fault.Rejected, "line 7: max_tokens is missing")
			}
			return true, nil
		}
		id := w.submit(9, batched)
		j := w.rest(id)
		require.Equal(t, []job.PauseReason{job.PauseProvider}, j.Pauses)
		require.Contains(t, j.Detail, "line 7")
		require.Zero(t, w.progress(id).Held)
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ResultsThatAreGoneArePresumed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.results = func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error) {
			if w.batches.creates == 1 {
				return lines[:4], fault.New(fault.NotFound, "older than 29 days")
			}
			return lines, nil
		}
		id := w.submit(9, batched)
		w.minute()
		for w.batches.creates == 1 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 5*hold/2, w.progress(id).Presumed, "four answers were stored before")
		require.Equal(t, 9*half, w.progress(id).Settled)
	})

	t.Run("LinesThatFailAgainAndAgainBackOff", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.took = time.Second
		w.oracle.script = func(plea) said { return refused(fault.Unavailable, 0) }
		id := w.submit(9, batched, func(s *engine.Submission) { s.Limits.GiveUpAfter = 3 * time.Hour })
		begun := w.now
		for w.now.Sub(begun) < time.Hour {
			w.now = w.now.Add(10 * time.Second)
			w.sweep()
		}
		lines := 0
		for _, b := range w.batches.all {
			lines += len(b.lines)
		}
		require.Less(t, lines, 9*30)
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.Equal(t, job.CodeProviderUnavailable, w.task(id, 0).Code)
	})

	for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
		t.Run("LinesPauseTheJob/"+string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			mended := false
			w.oracle.script = func(plea) said {
				if !mended {
					return refused(kind, 0)
				}
				return ok()
			}
			id := w.submit(9, batched)
			require.Equal(t, []job.PauseReason{job.PauseProvider}, w.rest(id).Pauses)
			require.Equal(t, 1, w.batches.creates)
			mended = true
			_, err := w.main.Resume(w.ctx, id, 0)
			require.NoError(t, err)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
		})
	}

	t.Run("TheBudgetIsKept", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, batched, capped(5*hold))
		j := w.rest(id)
		require.Equal(t, job.StatePaused, j.State)
		require.Equal(t, []job.PauseReason{job.PauseBudget}, j.Pauses)
		_, err := w.main.Resume(w.ctx, id, 30*hold)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 30*half, w.progress(id).Settled)
	})

	t.Run("ABatchThatNobodyKnowsIsPresumedAndDoneAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, batched)
		w.minute()
		w.batches.all[0].ID = "msgbatch_of_another_workspace"
		begun := w.now
		for w.batches.creates == 1 {
			w.now = w.now.Add(time.Minute)
			w.main = w.start(small()) // a function may start anew each time
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.GreaterOrEqual(t, w.now.Sub(begun), time.Hour, "it may be the key")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*hold/2, w.progress(id).Presumed)
		require.Equal(t, 9*half, w.progress(id).Settled)
	})

	t.Run("ItIsLookedAtNowAndThen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, PollBatch: 4 * time.Minute})
		id := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.LessOrEqual(t, w.batches.polls, 4)
	})

	t.Run("WithoutTheLaneItIsRefused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		for _, s := range []engine.Submission{{Lane: "express"}, {Lane: cost.Auto}, {Lane: cost.Auto, Deadline: -time.Hour}} {
			s.Tenant, s.Kind, s.Input = "acme", "probe", probeInput{Tasks: 1}.bytes()
			_, err := w.main.Submit(w.ctx, s)
			require.ErrorIs(t, err, fault.Invalid)
		}
	})
}

// TestAmbiguousCreate is about a create whose outcome nobody has learnt.
func TestAmbiguousCreate(t *testing.T) {
	t.Parallel()
	lost := fault.New(fault.Unavailable, "the line broke").MaybeDone()

	t.Run("DoneIsAdopted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(int) (bool, error) { return true, lost }
		id := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 1, w.batches.creates)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("NotDoneIsSentAgainAfterTwoLists", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return false, lost
			}
			require.Equal(t, 2, w.batches.lists)
			return true, nil
		}
		id := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.batches.creates)
		require.Equal(t, 9*half, w.progress(id).Settled)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("TwoListsAtOneTimeAreOne", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return false, lost
			}
			return true, nil
		}
		id := w.submit(9, batched)
		other, listing := w.start(small()), false
		w.batches.list = func() error {
			if w.batches.lists == 1 && !listing {
				listing = true
				_, _ = other.Sweep(w.ctx)
			}
			return nil
		}
		for w.batches.lists < 2 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Equal(t, 1, w.batches.creates)
		require.Equal(t, 1, w.inBatches(id)[0].Listings)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.batches.creates)
	})

	t.Run("AListFromBeforeACreateSaysNothingOfIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) { return n > 2, map[bool]error{true: lost}[n <= 2] }
		id := w.submit(9, batched)
		other := w.start(small())
		w.batches.list = func() error {
			if w.batches.lists > 1 {
				return nil
			}
			// While the first list takes its time, another sweep lists twice and sends again.
			for w.batches.creates < 2 {
				w.now = w.now.Add(time.Minute)
				_, _ = other.Sweep(w.ctx)
			}
			return nil
		}
		for w.batches.creates < 2 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Zero(t, w.inBatches(id)[0].Listings)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 3, w.batches.creates)
		require.Equal(t, 5, w.batches.lists)
	})

	t.Run("AnErrorThatIsHeardLateSaysNothingOfTheNextCreate", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []fault.Kind{fault.SpendCap, fault.Overloaded} {
			w := newWorld(t, small())
			other := w.start(small())
			w.batches.create = func(n int) (bool, error) {
				if n > 1 {
					return true, lost
				}
				// While its error is on the way, another sweep lists twice and sends again.
				for w.batches.creates < 2 {
					w.now = w.now.Add(time.Minute)
					_, _ = other.Sweep(w.ctx)
				}
				return false, fault.New(kind, "not now")
			}
			id := w.submit(9, batched)
			for w.batches.creates < 2 {
				w.now = w.now.Add(time.Minute)
				w.do(func() { _, _ = w.main.Sweep(w.ctx) })
			}
			require.Equal(t, engine.CollectionCreating, w.inBatches(id)[0].State, "%s", kind)
			_, err := w.main.Resume(w.ctx, id, 0)
			require.NoError(t, err, "what stops all calls has paused the job")
			require.Equal(t, job.StateCompleted, w.rest(id).State, "%s", kind)
			require.Equal(t, 2, w.batches.creates)
			require.Equal(t, 9*half, w.progress(id).Settled)
			require.Zero(t, w.progress(id).Presumed)
		}
	})

	t.Run("ABatchThatWasSettledIsNobodyElses", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.took = time.Second
		one := w.submit(9, batched)
		w.minute()
		require.Equal(t, job.StateCompleted, w.rest(one).State)
		require.Empty(t, w.inBatches(one))
		w.now = w.batches.all[0].Created
		w.batches.create = func(n int) (bool, error) { return n > 2, map[bool]error{true: lost}[n == 2] }
		two := w.submit(9, batched)
		require.Equal(t, job.StateCompleted, w.rest(two).State)
		require.Equal(t, 3, w.batches.creates)
		require.Zero(t, w.progress(two).Presumed)
	})

	t.Run("NobodyElseCreatesMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return true, lost
			}
			return true, nil
		}
		one, two := w.submit(9, batched), w.submit(9, batched)
		w.minute()
		require.Equal(t, 1, w.batches.creates)
		require.Equal(t, job.StateCompleted, w.rest(one).State)
		require.Equal(t, job.StateCompleted, w.rest(two).State)
		require.Equal(t, 2, w.batches.creates)
		require.Zero(t, w.progress(one).Presumed+w.progress(two).Presumed)
	})

	t.Run("SeveralMatchesAreADoubt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				twin := *w.batches.all[0]
				twin.ID = "msgbatch_of_somebody"
				w.batches.all = append(w.batches.all, &twin)
			}
			return true, nil
		}
		id := w.submit(9, batched)
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return true, lost
			}
			return true, nil
		}
		w.minute()
		twin := *w.batches.all[0]
		twin.ID = "msgbatch_of_somebody"
		w.batches.all = append(w.batches.all, &twin)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9*hold/2, w.progress(id).Presumed)
		require.Equal(t, 9*half, w.progress(id).Settled)
	})

	t.Run("ListsThatFailAreNoLists", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.batches.create = func(n int) (bool, error) {
			if n == 1 {
				return true, lost
			}
			return true, nil
		}
		w.batches.list = func() error { return fault.New(fault.Unavailable, "no list") }
		id := w.submit(9, batched)
		for range 20 {
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.ctx) })
		}
		require.Equal(t, 1, w.batches.creates)
		w.batches.list = nil
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 1, w.batches.creates)
	})
}

// TestAuto is about the lane that begins in batches and ends in time.
func TestAuto(t *testing.T) {
	t.Parallel()

	t.Run("NothingIsCollectedOnceItsTimeIsOver", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		slow := false
		w.wrap = func(all *engine.Ports) {
			all.Store = &faulty{Store: all.Store, list: func(r ports.Range) error {
				if slow && r.Partition == "collections" && r.From != "" {
					slow = false
					w.now = w.now.Add(2 * time.Hour)
				}
				return nil
			}}
		}
		w.main = w.start(small())
		id := w.submit(9, auto(time.Hour))
		slow = true
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.False(t, slow)
		require.Zero(t, w.batches.creates)
		require.Equal(t, map[cost.Lane]cost.Pico{cost.Realtime: 9 * spent}, w.lanes(id))
	})

	t.Run("InTimeItIsAllBatch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, auto(2*time.Hour))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 30*half, w.progress(id).Settled)
	})

	t.Run("StragglersAreMovedInTime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(100, auto(2*time.Hour))
		until := w.job(id).BatchUntil
		w.batches.took = until.Sub(w.now) * 10 / 9
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.True(t, w.now.Before(w.job(id).Deadline))
		sums := w.lanes(id)
		require.Positive(t, sums[cost.Realtime])
		require.Equal(t, w.progress(id).Settled, sums[cost.Realtime]+sums[cost.Batch])
		require.Less(t, w.progress(id).Settled, 60*spent, "below 60 %% of all in realtime")
		require.Zero(t, w.progress(id).Presumed)
		require.LessOrEqual(t, w.oracle.begun, 15)
	})

	t.Run("WithoutTimeItIsAllRealtime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, auto(15*time.Minute))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 30*spent, w.progress(id).Settled)
		require.Zero(t, w.batches.creates)
	})
}

// TestBatchDiesInEveryCall ends the process in each of its calls in the life of a batch, before and after it took effect:
// nothing is lost, nothing is paid twice.
func TestBatchDiesInEveryCall(t *testing.T) {
	t.Parallel()
	for name, cancels := range map[string]bool{"Happy": false, "Cancel": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, after := range []bool{false, true} {
				for dies := 1; ; dies += 1 + 3*min(100/seeds, 1) {
					w := newWorld(t, line())
					p := w.main
					p.dies, p.after = dies, after
					playBatch(w, cancels)
					if t.Failed() {
						t.Fatalf("died in call %d, after it: %t", dies, after)
					}
					if !p.dead {
						require.Greater(t, dies, 15)
						break
					}
				}
			}
		})
	}
}

func playBatch(w *world, cancels bool) {
	s := submission(5)
	s.Key, s.Lane = "once", cost.Batch
	w.oracle.script = func(p plea) said {
		if p.ordinal == 1 && p.n == 1 {
			return again(string(job.CodeOutputInvalid))
		}
		return ok()
	}
	_, _ = w.main.Submit(w.ctx, s)
	pass := func(n int) {
		for range n {
			w.busy()
			w.now = w.now.Add(time.Minute)
			w.do(func() { _, _ = w.main.Sweep(w.main.ctx) })
		}
	}
	pass(5)
	if ids := w.checks.jobs(); cancels && len(ids) > 0 {
		w.do(func() { _, _ = w.main.Cancel(w.ctx, ids[0], "") })
	}
	pass(30)
	w.main = w.start(line())
	r, err := w.main.Submit(w.ctx, s)
	require.NoError(w.t, err)
	pass(40)
	id := r.Job.ID
	require.Empty(w.t, w.checks.broken)
	require.True(w.t, w.job(id).State.Ended(), "%+v", w.progress(id))
	require.Empty(w.t, w.inBatches(id))
	if !cancels {
		require.Equal(w.t, job.StateCompleted, w.job(id).State)
		require.Equal(w.t, 6*half, w.progress(id).Settled, "five pages and one answer that was no use")
		require.LessOrEqual(w.t, w.batches.billed(), 6)
	}
	require.Zero(w.t, w.progress(id).Presumed)
	w.sound()
}

// billed is how many lines were done.
func (b *batches) billed() int { return len(b.w.oracle.bill) }
