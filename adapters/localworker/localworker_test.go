package localworker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func TestWorksUntilStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		require.NoError(t, w.worker.Run(t.Context()))
		state, counts := w.state(t)
		require.Equal(t, job.StateCompleted, state)
		require.Equal(t, 60, counts[job.TaskCompleted])
		require.Empty(t, w.faults)
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("BeforeRunNothingIsLeased", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			w.worker.Stop()
			w.worker.Stop()
			require.NoError(t, w.worker.Run(t.Context()))
			_, counts := w.state(t)
			require.Equal(t, 60, counts[job.TaskQueued])
		})
	})
	t.Run("CallsInFlightFinishAndSettle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &localworker.Options{Parcels: 1})
			leased := 0
			w.on = func(event ports.Event) {
				if event.Name == ports.EventLeased {
					leased += event.Count
					w.worker.Stop()
				}
			}
			require.NoError(t, w.worker.Run(t.Context()))
			state, counts := w.state(t)
			require.Equal(t, job.StateRunning, state)
			require.Positive(t, leased)
			require.Equal(t, leased, counts[job.TaskCompleted])
			require.Zero(t, counts[job.TaskRunning])
		})
	})
}

func TestTheContextsEndCutsCallsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(500*time.Millisecond, cancel) // in the middle of the first calls, in the bubble's time
		require.ErrorIs(t, w.worker.Run(ctx), context.Canceled)
		_, counts := w.state(t)
		require.Positive(t, counts[job.TaskRunning], "their attempts stay open for whoever takes over")
		require.Zero(t, counts[job.TaskCompleted])
	})
}

func TestNothingIsLeasedThatWouldNotEndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		require.ErrorIs(t, w.worker.Run(ctx), context.DeadlineExceeded)
		_, counts := w.state(t)
		require.Equal(t, 60, counts[job.TaskQueued])
		require.Less(t, w.plan.Calls()["Queue.Send"], 200, "messages rest before they come again")
	})
}

func TestFailuresAreReportedAndTriedAgain(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]faultport.Rule{
		"Receive":  {Method: "Queue.Receive", Nth: 1, Effect: faultport.Fail},
		"Ack":      {Method: "Queue.Ack", Nth: 1, Effect: faultport.Fail},
		"AckLost":  {Method: "Queue.Ack", Nth: 2, Effect: faultport.LoseAck},
		"SendLost": {Method: "Queue.Send", Nth: 2, Effect: faultport.LoseAck},
		"Work":     {Method: "Store.Get", Nth: 3, Effect: faultport.Fail},
		"Sweep":    {Method: "Store.List", Nth: 1, Effect: faultport.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := emptyWorld(t, nil, rule)
				tasks := 60
				if rule.Method == "Queue.Send" {
					tasks = 3_300 // so many that a worker sends the messages of their parcels
				}
				w.submit(t, make([]byte, tasks))
				require.NoError(t, w.worker.Run(t.Context()))
				state, _ := w.state(t)
				require.Equal(t, job.StateCompleted, state)
				require.NotEmpty(t, w.faults)
			})
		})
	}
	t.Run("ADamagedRecordIsLeftToTheSweep", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := emptyWorld(t, nil)
			w.submit(t, make([]byte, 3))
			w.start(t, nil, 0, faultport.Rule{Method: "Store.Update", Nth: 1, Effect: faultport.Fail, Err: fault.New(fault.Corrupt, "store: unreadable")})
			require.NoError(t, w.engine.Restart(t.Context()))
			w.run(t)
			require.Equal(t, []string{"corrupt"}, w.faults)
			require.GreaterOrEqual(t, w.ended, 2*time.Minute, "the message was not offered again")
			w.balanced(t, 3)
		})
	})
	t.Run("Return", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil,
				faultport.Rule{Method: "Store.Get", Nth: 3, Effect: faultport.Fail},
				faultport.Rule{Method: "Queue.Return", Nth: 1, Effect: faultport.Fail})
			require.NoError(t, w.worker.Run(t.Context()))
			state, _ := w.state(t)
			require.Equal(t, job.StateCompleted, state, "the message comes again after its visibility time")
		})
	})
}
