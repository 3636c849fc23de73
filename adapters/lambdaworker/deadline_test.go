package lambdaworker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// lastBegin is how long before the end of an invocation the last call begins: its timeout, the margin, and the reserve.
const lastBegin = 2*time.Minute + 5*time.Second + 2*time.Second

// TestDeadline is about invocations that end before the work does.
func TestDeadline(t *testing.T) {
	t.Parallel()

	story(t, "NoCallBeginsThatMightNotEndInTime", func(t *testing.T, w *world) {
		w.limits.Calls = 5
		w.took = func(int) time.Duration { return 30 * time.Second }
		w.start()
		id, _ := w.submit(75)
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1), parcel(id, 2)))
		require.LessOrEqual(t, w.begun[len(w.begun)-1], 5*time.Minute-lastBegin)
		require.Less(t, w.now(), 5*time.Minute-2*time.Second)
		p := w.progress(id)
		require.Len(t, w.begun, p.Counts[job.TaskCompleted], "what came back is settled")
		require.Zero(t, p.Held+p.Presumed)
		require.Equal(t, 75-len(w.begun), p.Counts[job.TaskQueued]+p.Counts[job.TaskWaiting], "the rest is handed back")
		w.square(id)
		time.Sleep(time.Second) // those that are not done have rested, whenever they learned that it is too late: that is by their order
		require.Contains(t, []int{2, 3}, len(w.due()), "three when they have shared the calls")
		w.finish(id)
		w.square(id)
	})

	story(t, "NothingBeginsInAnInvocationTooShort", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		require.Empty(t, w.invoke(lastBegin-time.Second, parcel(id, 0)))
		require.Empty(t, w.begun)
		require.Zero(t, w.now())
		require.Equal(t, 25, w.progress(id).Counts[job.TaskQueued])
		require.Len(t, w.later(time.Second), 1)
	})

	story(t, "MessagesThatGetNoSlotAreHandedBackUntouched", func(t *testing.T, w *world) {
		w.limits.Calls, w.options.Parcels = 25, 2
		w.took = func(int) time.Duration { return 110 * time.Second }
		w.start()
		id, _ := w.submit(100)
		require.Empty(t, w.invoke(3*time.Minute, parcel(id, 0), parcel(id, 1), parcel(id, 2), parcel(id, 3)))
		p := w.progress(id)
		require.Equal(t, job.Counts{job.TaskQueued: 75, job.TaskCompleted: 25}, p.Counts)
		time.Sleep(time.Second)
		require.Contains(t, []int{3, 4}, len(w.due()), "four when two have shared the slots")
	})

	story(t, "CallsThatHangAreCutOffInTime", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.asked = func(ctx context.Context, n int, _ job.Request) (ports.Reply, error) {
			if n <= 3 {
				<-ctx.Done()
			}
			return ports.Reply{}, ctx.Err()
		}
		require.Empty(t, w.invoke(lastBegin+time.Second, parcel(id, 0)))
		p := w.progress(id)
		require.Equal(t, 22, p.Counts[job.TaskCompleted])
		require.Zero(t, p.Held)
		require.Positive(t, p.Presumed)
		w.finish(id)
		w.square(id)
	})

	// The model pays no attention to its context, so that work ends after its time: whoever takes over finds what is left.
	story(t, "WorkThatDoesNotEndIsHandedBackAllTheSame", func(t *testing.T, w *world) {
		id, _ := w.submit(2)
		w.options.Reserve = 30 * time.Second
		w.start()
		w.asked = func(context.Context, int, job.Request) (ports.Reply, error) {
			time.Sleep(140 * time.Second)
			return ports.Reply{}, nil
		}
		require.Empty(t, w.invoke(156*time.Second, parcel(id, 0)))
		require.Contains(t, w.faults(), "internal")
		require.Len(t, w.later(30*time.Second), 1)
		w.asked = nil
		w.finish(id)
		w.square(id)
	})
}

// later waits so long and takes what can be received then; what comes before is no delivery.
func (w *world) later(rest time.Duration) []events.SQSMessage {
	w.t.Helper()
	require.Empty(w.t, w.due(), "messages rest")
	time.Sleep(rest)
	return w.due()
}

// TestStop is about what SIGTERM does.
func TestStop(t *testing.T) {
	t.Parallel()

	story(t, "WhatIsInFlightSettlesAndTheRestIsHandedBack", func(t *testing.T, w *world) {
		var flushed atomic.Int64
		w.options.After = func(context.Context) { flushed.Add(1) }
		w.limits.Calls, w.options.Parcels = 30, 2
		w.took = func(n int) time.Duration { return time.Duration(n) * time.Second }
		w.start()
		id, _ := w.submit(100)
		time.AfterFunc(2500*time.Millisecond, w.worker.Stop)
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1), parcel(id, 2), parcel(id, 3)))
		p := w.progress(id)
		n := len(w.begun)
		require.GreaterOrEqual(t, n, 30)
		require.Less(t, w.begun[n-1], 2500*time.Millisecond, "nothing begins any more")
		require.Equal(t, n, p.Counts[job.TaskCompleted])
		require.Equal(t, 100-n, p.Counts[job.TaskQueued]+p.Counts[job.TaskWaiting])
		require.Zero(t, p.Held+p.Presumed)
		require.Greater(t, w.now(), 20*time.Second, "the last answer is waited for")
		require.EqualValues(t, 2, flushed.Load(), "at the signal and at the end")
		w.square(id)
		w.start()
		w.finish(id)
		w.square(id)
	})

	story(t, "BeforeTheFirstMessage", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.worker.Stop()
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0)))
		require.Empty(t, w.begun)
		require.Len(t, w.later(time.Second), 1)
	})
}

// TestKill is about an invocation that Lambda ends in the middle: nothing is answered, and the messages come again.
func TestKill(t *testing.T) {
	t.Parallel()
	story(t, "AnswersThatWereStoredArePaidOnce", func(t *testing.T, w *world) {
		m := &mortal{}
		w.wrap = m.wrap
		w.took = func(n int) time.Duration { return time.Duration(n) * time.Second }
		w.start()
		id, _ := w.submit(25)
		time.AfterFunc(10500*time.Millisecond, m.die)
		_ = w.invoke(5*time.Minute, parcel(id, 0)) // a dead process answers nobody
		w.wrap = nil
		w.start()
		running := w.progress(id).Counts[job.TaskRunning]
		require.Greater(t, running, 15, "of ten answers the last are not settled yet")
		w.finish(id)
		require.Equal(t, 15, w.told(ports.EventTakenOver)[0].Count, "what was stored is settled, the rest is presumed")
		p := w.progress(id)
		require.Equal(t, job.StateCompleted, p.Job.State)
		require.Positive(t, p.Presumed)
		w.square(id)
	})
}
