package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// noted is where the tests write along with a change.
var noted = ports.Key{Partition: "audit", Sort: "1"}

// note is an origin that writes a record along, and the jobs that it was shown.
func note(shown *[]*job.Job) engine.Origin {
	return engine.Origin{Actor: "ann@example.com", RequestID: "r-1", Along: func(tx ports.Tx, j *job.Job) error {
		*shown = append(*shown, j)
		tx.Create(ports.Record{Key: noted, Kind: "audit", Body: []byte("{}")})
		return nil
	}}
}

// originCall is a call that looks at an origin.
type originCall struct {
	// ready brings a job to where the call changes something.
	ready func(w *world) job.ID
	call  func(w *world, o engine.Origin, id job.ID) error
	event string
	// repeats is true when the same call again finds nothing to do; otherwise it is refused.
	repeats bool
}

// calls are all of them about one job.
func calls() map[string]originCall {
	fresh := func(w *world) job.ID { return w.submit(9) }
	paused := func(w *world) job.ID {
		id := w.submit(9)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(w.t, err)
		return id
	}
	ended := func(w *world) job.ID {
		w.oracle.script = failsFirst
		id := w.submit(9)
		w.rest(id)
		return id
	}
	return map[string]originCall{
		"Submit": {func(*world) job.ID { return "" }, func(w *world, o engine.Origin, _ job.ID) error {
			_, err := w.main.Submit(engine.WithOrigin(w.ctx, o), engine.Submission{
				Tenant: "acme", Kind: "probe", Input: probeInput{Name: "j", Tasks: 9}.bytes(), Key: "one", RequestID: "other",
			})
			return err
		}, "created", true},
		"Pause": {fresh, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.Pause(engine.WithOrigin(w.ctx, o), id, "")
			return err
		}, "paused", true},
		"Cancel": {fresh, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.Cancel(engine.WithOrigin(w.ctx, o), id, "")
			return err
		}, "cancel_requested", false},
		"Resume": {paused, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.Resume(engine.WithOrigin(w.ctx, o), id, 0)
			return err
		}, "resumed", true},
		"SetCap": {fresh, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.SetCap(engine.WithOrigin(w.ctx, o), id, 1000*hold)
			return err
		}, "budget_changed", true},
		"SetCapHidden": {fresh, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.SetCapHidden(engine.WithOrigin(w.ctx, o), id, 1000*hold, true)
			return err
		}, "budget_changed", true},
		"SetHidden": {ended, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.SetHidden(engine.WithOrigin(w.ctx, o), id, true)
			return err
		}, "", true},
		"Retry": {ended, func(w *world, o engine.Origin, id job.ID) error {
			_, err := w.main.Retry(engine.WithOrigin(w.ctx, o), id, nil, 0)
			return err
		}, "retried", false},
	}
}

// TestOrigin is about what is written along with a change of a job.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for name, test := range calls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			t.Run("IsCommittedWithTheChangeOnce", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, small())
				id := test.ready(w)
				var shown []*job.Job
				require.NoError(t, test.call(w, note(&shown), id))
				require.NotEmpty(t, shown)
				_, err := w.store.Get(w.ctx, noted)
				require.NoError(t, err)
				if id == "" {
					id = shown[0].ID
				}
				event := w.lastEvent(id, test.event)
				if test.event != "" {
					require.Equal(t, "ann@example.com", event.Data["actor"])
					require.Equal(t, "r-1", event.Data["request_id"])
				}
				shown = nil
				err = test.call(w, note(&shown), id)
				require.Equal(t, test.repeats, err == nil, err)
				require.Empty(t, shown, "nothing is written along with nothing")
			})

			t.Run("RefusesTheCall", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, small())
				id := test.ready(w)
				before := w.dump()
				no := errors.New("the business is being deleted")
				require.ErrorIs(t, test.call(w, engine.Origin{Along: func(tx ports.Tx, _ *job.Job) error {
					tx.Create(ports.Record{Key: noted, Kind: "audit", Body: []byte("{}")})
					return no
				}}, id), no)
				require.Equal(t, before, w.dump())
			})

			t.Run("OnceAlthoughTheAcknowledgementIsLost", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, small())
				id := test.ready(w)
				lost := 0
				w.hooks.LoseAck = func([]ports.Key) bool { lost++; return lost == 1 }
				var shown []*job.Job
				require.NoError(t, test.call(w, note(&shown), id), "its own record is not a conflict")
				require.Positive(t, lost)
				_, err := w.store.Get(w.ctx, noted)
				require.NoError(t, err)
			})

			t.Run("TooLong", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, small())
				id := test.ready(w)
				require.ErrorIs(t, test.call(w, engine.Origin{Actor: string(make([]byte, 201))}, id), fault.Invalid)
			})
		})
	}

	t.Run("SeesTheJobAfterTheChange", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		var shown []*job.Job
		_, err := w.main.SetCap(engine.WithOrigin(w.ctx, note(&shown)), id, 500*hold)
		require.NoError(t, err)
		require.Equal(t, 500*hold, shown[len(shown)-1].Cap)
	})

	t.Run("SeesTheJobBeforeTheChange", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, capped(100*hold))
		var was, is cost.Pico
		o := engine.Origin{
			Before: func(j *job.Job) { was = j.Cap },
			Along:  func(_ ports.Tx, j *job.Job) error { is = j.Cap; return nil },
		}
		ctx := engine.WithOrigin(w.ctx, o)
		require.NotNil(t, engine.OriginOf(ctx).Before)
		_, err := w.main.SetCap(ctx, id, 60*hold)
		require.NoError(t, err)
		require.Equal(t, 100*hold, was)
		require.Equal(t, 60*hold, is)
	})

	t.Run("IsToldOfUnderItsOwnRequest", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, func(s *engine.Submission) { s.RequestID = "r-made" })
		as := func(request string) context.Context {
			return engine.WithOrigin(w.ctx, engine.Origin{RequestID: request})
		}
		_, err := w.main.Pause(as("r-pause"), id, "")
		require.NoError(t, err)
		_, err = w.main.Resume(as("r-resume"), id, 0)
		require.NoError(t, err)
		require.NoError(t, w.main.SetSpending(as("r-off"), false, ""))
		require.NoError(t, w.main.SetSpending(as("r-on"), true, ""))
		_, err = w.main.Cancel(as("r-cancel"), id, "")
		require.NoError(t, err)
		other := w.submit(3, func(s *engine.Submission) { s.RequestID = "r-other" })
		require.Equal(t, job.StateCompleted, w.rest(other).State)
		_, err = w.main.Retry(as("r-retry"), other, []int{0}, 0)
		require.NoError(t, err)
		w.rest(other)
		for name, want := range map[ports.EventName][]string{
			ports.EventJobPaused:  {"r-pause", "r-off"},
			ports.EventJobResumed: {"r-resume", "r-on"},
			ports.EventJobRetried: {"r-retry"},
			// What workers do is told under the request that made the job.
			ports.EventJobEnded: {"r-cancel", "r-other", "r-other"},
		} {
			var got []string
			for _, event := range w.seen.Events(name) {
				got = append(got, event.RequestID)
			}
			require.Equal(t, want, got, name)
		}
	})

	t.Run("EventsOfNobodyNameNobody", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		require.NotContains(t, w.lastEvent(id, "paused").Data, "actor")
		require.NotContains(t, w.lastEvent(id, "paused").Data, "request_id")
	})
}

// lastEvent is the newest entry of a job's history of that type.
func (w *world) lastEvent(id job.ID, name string) engine.Event {
	events, err := w.main.Events(w.ctx, id)
	require.NoError(w.t, err)
	var last engine.Event
	for _, event := range events {
		if event.Type == name {
			last = event
		}
	}
	require.Equal(w.t, name, last.Type)
	return last
}

// dump is every record of the partitions that calls about jobs write.
func (w *world) dump() map[ports.Key]string {
	all := map[ports.Key]string{}
	parts := []string{"audit", "active", "outbox", "tenants", "global", "tenant/acme"}
	for _, id := range w.checks.jobs() {
		parts = append(parts, "job/"+string(id))
	}
	for _, part := range parts {
		page, err := w.store.List(w.ctx, ports.Range{Partition: part})
		require.NoError(w.t, err)
		for _, record := range page.Records {
			all[record.Key] = string(record.Body)
		}
	}
	return all
}

// TestSetCap is about a cap that changes while the job goes on, or stands.
func TestSetCap(t *testing.T) {
	t.Parallel()

	t.Run("FeedsWhoWaits", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, capped(2*hold))
		w.drain()
		require.Positive(t, w.progress(id).Waiting[job.ReasonBudget])
		j, err := w.main.SetCap(w.ctx, id, 100*hold)
		require.NoError(t, err)
		require.Equal(t, 100*hold, j.Cap)
		require.Equal(t, 100*hold, j.Account.Granted)
		require.Zero(t, j.Wish, "the shards have nothing to take")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("LeavesAPauseAsItIs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, capped(hold))
		require.Equal(t, job.StatePaused, w.rest(id).State)
		j, err := w.main.SetCap(w.ctx, id, 100*hold)
		require.NoError(t, err)
		require.Equal(t, []job.PauseReason{job.PauseBudget}, j.Pauses)
		require.Equal(t, job.StatePaused, w.rest(id).State)
		_, err = w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("LowerGivesBack", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 100*hold))
		id := w.submit(9, capped(90*hold))
		_, err := w.main.SetCap(w.ctx, id, 50*hold)
		require.NoError(t, err)
		require.Equal(t, 50*hold, w.checks.month("acme", "2026-11").Account.Drawn)
		require.Equal(t, (50 * hold).String(), w.lastEvent(id, "budget_changed").Data["to_usd"])
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 100*hold))
		id := w.submit(9, capped(50*hold))
		w.deliver(id, 0)
		for limit, kind := range map[int64]fault.Kind{0: fault.Invalid, -1: fault.Invalid, 1: fault.Invalid, int64(101 * hold): fault.Budget} {
			_, err := w.main.SetCap(w.ctx, id, pico(limit))
			require.ErrorIs(t, err, kind, limit)
		}
		_, err := w.main.SetCap(w.ctx, "none", hold)
		require.ErrorIs(t, err, fault.NotFound)
		h := &held{}
		w.oracle.script = h.script
		w.begin(w.main, id, 1)
		_, err = w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		_, err = w.main.SetCap(w.ctx, id, 60*hold)
		require.ErrorIs(t, err, fault.Conflict, "it is being cancelled")
		h.free = true
		w.settle(first)
		w.rest(id)
		_, err = w.main.SetCap(w.ctx, id, 60*hold)
		require.ErrorIs(t, err, fault.Conflict, "it has ended")
	})
}

// TestSetHidden is about jobs that nobody wants to see.
func TestSetHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	id := w.submit(9)
	for _, state := range []job.State{job.StatePending, job.StateCompleted} {
		require.Equal(t, state, w.job(id).State)
		for _, hidden := range []bool{true, false, true, false} {
			j, err := w.main.SetHidden(w.ctx, id, hidden)
			require.NoError(t, err)
			require.Equal(t, hidden, j.Hidden)
			require.Equal(t, hidden, w.job(id).Hidden)
			require.Zero(t, j.Wish)
		}
		w.rest(id)
	}
	_, err := w.main.SetHidden(w.ctx, "none", true)
	require.ErrorIs(t, err, fault.NotFound)
}

// TestSetCapHidden: both or neither, and the cap that it has already is no reason not to hide it.
func TestSetCapHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	id := w.submit(9)
	_, err := w.main.SetCapHidden(w.ctx, id, 0, true)
	require.ErrorIs(t, err, fault.Invalid)
	require.False(t, w.job(id).Hidden)
	was := w.job(id).Cap
	for hidden, limit := range map[bool]cost.Pico{true: was, false: 2 * was} {
		j, err := w.main.SetCapHidden(w.ctx, id, limit, hidden)
		require.NoError(t, err)
		require.Equal(t, hidden, j.Hidden)
		require.Equal(t, limit, w.job(id).Cap)
	}
	w.rest(id)
	_, err = w.main.SetCapHidden(w.ctx, id, was, true)
	require.ErrorIs(t, err, fault.Conflict, "it has ended")
}
