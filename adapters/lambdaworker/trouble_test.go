package lambdaworker_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/stretchr/testify/require"
)

// TestTrouble is about failures that are left to the queue: what nobody foresaw, which it gives up after some receives.
func TestTrouble(t *testing.T) {
	t.Parallel()

	story(t, "ARecordIsCorrupt", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.start(faultport.Rule{Method: "Store.Update", Nth: 1, Effect: faultport.Fail, Err: fault.New(fault.Corrupt, "store: record is broken")})
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1)), "it would meet the same again")
		require.Empty(t, w.due())
		w.tellsOfDamage(id)
		require.Equal(t, 25, w.progress(id).Counts[job.TaskCompleted])
		w.finish(id) // mended, and found by the sweeper
		w.square(id)
	})

	story(t, "AJobIsCorrupt", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.start(faultport.Rule{Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Corrupt, "store: record is broken")})
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0)))
		w.tellsOfDamage(id)
		w.events = nil
		require.Empty(t, w.deadLetters(parcel(id, 0)), "nor is a dead letter of use any more")
		w.tellsOfDamage(id)
		require.Empty(t, w.due())
		w.start()
		w.finish(id)
		w.square(id)
	})

	story(t, "TheKindPanics", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.options.Parcels = 1
		w.start() // it has not opened the job yet
		w.broken = true
		require.Len(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1), record("nonsense", []byte("x"))), 2, "no lane ends by it")
		require.Equal(t, []string{"internal", "internal", "invalid"}, slices.Sorted(slices.Values(w.faults())))
		w.broken = false
		w.start()
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1)))
		w.square(id)
	})

	story(t, "AStorePanics", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.wrap = func(p *engine.Ports) { p.Store = &panicky{Store: p.Store} }
		w.start()
		require.Len(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1)), 1)
		require.Equal(t, 25, w.progress(id).Counts[job.TaskCompleted])
	})

	story(t, "TheModelPanics", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.asked = func(_ context.Context, n int, _ job.Request) (ports.Reply, error) {
			if n == 3 {
				panic("the model is broken")
			}
			return ports.Reply{}, nil
		}
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1)), "the engine knows what to do")
		w.finish(id)
		p := w.progress(id)
		require.Equal(t, job.StateCompleted, p.Job.State)
		require.Positive(t, p.Presumed, "the call may have been billed")
		w.square(id)
	})
}

// panicky panics in its first Get of a job.
type panicky struct {
	ports.Store
	done bool
}

func (p *panicky) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if strings.HasPrefix(key.Partition, "job/") && !p.done {
		p.done = true
		panic("the store is broken")
	}
	return p.Store.Get(ctx, key)
}

// tellsOfDamage says that one failure and one alert were told, with the names of the message, and that none is to come again.
func (w *world) tellsOfDamage(id job.ID) {
	w.t.Helper()
	f, alerts := w.told(ports.EventFault), w.told(ports.EventCorrupt)
	require.Len(w.t, f, 1)
	require.Equal(w.t, []string{string(fault.Corrupt), string(id), "acme", "req-1"}, []string{f[0].Fault, f[0].Job, f[0].Tenant, f[0].RequestID})
	require.Len(w.t, alerts, 1)
	require.Equal(w.t, []string{string(id), "req-1"}, []string{alerts[0].Job, alerts[0].RequestID})
	require.Empty(w.t, w.told(ports.EventMessageReturned))
}
