package faultport_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// answering is a model that counts its calls and answers, or fails with its error.
type answering struct {
	calls int
	err   error
}

func (a *answering) Call(context.Context, job.Request) (ports.Reply, error) {
	a.calls++
	return ports.Reply{Answer: job.Answer{Text: fmt.Sprint("answer ", a.calls)}}, a.err
}

// world is one of each port behind a plan, and what is really behind them.
type world struct {
	plan     *faultport.Plan
	clock    *porttest.ManualClock
	store    ports.Store
	queue    ports.Queue
	sender   ports.Sender
	model    ports.Model
	notifier ports.Notifier
	observer ports.Observer
	group    ports.Group
	ids      ports.IDs

	stored   *memstore.Store
	queued   *memqueue.Queue
	answered *answering
	recorded *porttest.Recorder
}

func setup(rules ...faultport.Rule) *world {
	clock := porttest.NewClock(time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC))
	w := &world{
		plan: faultport.NewPlan(clock, rules...), clock: clock,
		stored: memstore.New(clock, nil), queued: memqueue.New(clock, nil),
		answered: &answering{}, recorded: &porttest.Recorder{},
	}
	w.store, w.queue, w.sender = w.plan.Store(w.stored), w.plan.Queue(w.queued), w.plan.Sender(w.queued)
	w.model, w.notifier = w.plan.Model(w.answered), w.plan.Notifier(w.recorded)
	w.observer, w.group, w.ids = w.plan.Observer(w.recorded), w.plan.Group(sysclock.Group{}), w.plan.IDs(porttest.NewIDs(1))
	return w
}

var key = ports.Key{Partition: "p", Sort: "s"}

// put writes the one record.
func put(tx ports.Tx) error {
	record, _ := tx.Get(key)
	record.Key = key
	tx.Put(record)
	return nil
}

// methods calls every method that has an outcome, once, and reports what was really done.
var methods = map[string]struct {
	call func(ctx context.Context, w *world) error
	done func(w *world) bool
}{
	"Store.Get": {
		call: func(ctx context.Context, w *world) error {
			if err := w.stored.Update(context.Background(), []ports.Key{key}, put); err != nil {
				return err
			}
			record, err := w.store.Get(ctx, key)
			if (err == nil) != (record.Key == key) {
				return errors.New("a record beside an error, or none without one")
			}
			return err
		},
	},
	"Store.List": {
		call: func(ctx context.Context, w *world) error {
			_, err := w.store.List(ctx, ports.Range{Partition: "p"})
			return err
		},
	},
	"Store.Update": {
		call: func(ctx context.Context, w *world) error { return w.store.Update(ctx, []ports.Key{key}, put) },
		done: func(w *world) bool {
			_, err := w.stored.Get(context.Background(), key)
			return err == nil
		},
	},
	"Queue.Send": {
		call: func(ctx context.Context, w *world) error {
			return w.queue.Send(ctx, ports.Message{Body: []byte("body")})
		},
		done: func(w *world) bool { return w.queued.Len() == 1 },
	},
	"Queue.Receive": {
		call: func(ctx context.Context, w *world) error {
			if err := w.queued.Send(context.Background(), ports.Message{Body: []byte("body")}); err != nil {
				return err
			}
			deliveries, err := w.queue.Receive(ctx, 1, w.clock.Now())
			if (err == nil) != (len(deliveries) == 1) {
				return errors.New("a delivery beside an error, or none without one")
			}
			return err
		},
		done: func(w *world) bool {
			left, err := w.queued.Receive(context.Background(), 1, w.clock.Now())
			return err == nil && len(left) == 0
		},
	},
	"Queue.Ack": {
		call: func(ctx context.Context, w *world) error { return w.queue.Ack(ctx, delivered(w)) },
		done: func(w *world) bool { return w.queued.Len() == 0 },
	},
	"Queue.Return": {
		call: func(ctx context.Context, w *world) error { return w.queue.Return(ctx, delivered(w), 0) },
		done: func(w *world) bool {
			again, err := w.queued.Receive(context.Background(), 1, w.clock.Now())
			return err == nil && len(again) == 1
		},
	},
	"Model.Call": {
		call: func(ctx context.Context, w *world) error {
			reply, err := w.model.Call(ctx, job.Request{})
			if (err == nil) != (reply.Text != "") {
				return errors.New("an answer beside an error, or none without one")
			}
			return err
		},
		done: func(w *world) bool { return w.answered.calls == 1 },
	},
	"Notifier.Notify": {
		call: func(ctx context.Context, w *world) error { return w.notifier.Notify(ctx, ports.Notice{ID: "1"}) },
		done: func(w *world) bool { return len(w.recorded.Notices()) == 1 },
	},
	"Group.Run": {
		call: func(ctx context.Context, w *world) error {
			return w.group.Run(ctx, 1, func(ctx context.Context, _ int) error {
				w.recorded.Observe(ctx, ports.Event{})
				return nil
			})
		},
		done: func(w *world) bool { return len(w.recorded.Events()) == 1 },
	},
}

// delivered sends and receives a message past the plan and returns its receipt.
func delivered(w *world) string {
	_ = w.queued.Send(context.Background(), ports.Message{Body: []byte("body")})
	deliveries, _ := w.queued.Receive(context.Background(), 1, w.clock.Now())
	return deliveries[0].Receipt
}

// each runs a test for every method in a bubble.
func each(t *testing.T, test func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool)) {
	t.Helper()
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				done := method.done
				if done == nil {
					done = func(w *world) bool { return true }
				}
				test(t, name, method.call, done)
			})
		})
	}
}

func TestNoRuleForAMethod(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(faultport.Rule{Method: "Another.Method", Effect: faultport.Fail}, faultport.Rule{Method: method, Nth: 2, Effect: faultport.Fail})
		require.NoError(t, call(t.Context(), w))
		require.True(t, done(w))
		require.Equal(t, map[string]int{method: 1}, w.plan.Calls())
		require.Equal(t, 1, w.plan.Total())
	})
}

func TestFail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(faultport.Rule{Method: method, Nth: 1, Effect: faultport.Fail})
		err := call(t.Context(), w)
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.False(t, fault.Unknown(err))
		require.EqualError(t, err, "faultport: call 1 of "+method+" failed")
		if methods[method].done != nil {
			require.False(t, done(w), "a failed call is not made")
		}
		require.Equal(t, map[string]int{method: 1}, w.plan.Calls(), "but counted")
	})
}

func TestLoseAck(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(faultport.Rule{Method: method, Effect: faultport.LoseAck})
		err := call(t.Context(), w)
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.True(t, fault.Unknown(err))
		require.EqualError(t, err, "faultport: the acknowledgement of call 1 of "+method+" was lost")
		require.True(t, done(w))
	})
}

func TestDelay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(
			faultport.Rule{Method: method, Effect: faultport.Delay, Delay: 4 * time.Second},
			faultport.Rule{Effect: faultport.Delay, Delay: time.Second},
		)
		called := make(chan error, 1)
		go func() { called <- call(t.Context(), w) }()
		synctest.Wait()
		w.clock.Advance(5*time.Second - 1)
		synctest.Wait()
		require.Empty(t, called)
		w.clock.Advance(1)
		require.NoError(t, <-called)
		require.True(t, done(w))
	})
}

func TestDelayEndsWithTheContext(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(faultport.Rule{Method: method, Effect: faultport.Delay, Delay: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		called := make(chan error, 1)
		go func() { called <- call(ctx, w) }()
		synctest.Wait()
		cancel()
		require.Equal(t, context.Canceled, <-called)
		if methods[method].done != nil {
			require.False(t, done(w))
		}
	})
}

func TestHang(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, method string, call func(context.Context, *world) error, done func(*world) bool) {
		w := setup(faultport.Rule{Method: method, Effect: faultport.Hang})
		ctx, cancel := context.WithCancel(t.Context())
		called := make(chan error, 1)
		go func() { called <- call(ctx, w) }()
		synctest.Wait()
		w.clock.Advance(time.Minute)
		synctest.Wait()
		require.Empty(t, called)
		cancel()
		require.Equal(t, context.Canceled, <-called)
		if methods[method].done != nil {
			require.False(t, done(w))
		}
	})
}

func TestHangOutlastsEveryTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(faultport.Rule{Method: "Model.Call", Effect: faultport.Hang})
		ctx, cancel := context.WithCancel(t.Context())
		called := make(chan error, 1)
		go func() { called <- methods["Model.Call"].call(ctx, w) }()
		synctest.Wait()
		w.clock.Advance(200 * 365 * 24 * time.Hour)
		synctest.Wait()
		require.Empty(t, called)
		cancel()
		require.Equal(t, context.Canceled, <-called)
	})
}

func TestRulesErrors(t *testing.T) {
	t.Parallel()
	mine := fault.New(fault.Throttled, "mine").After(time.Minute)
	for _, effect := range []faultport.Effect{faultport.Fail, faultport.LoseAck} {
		w := setup(faultport.Rule{Method: "Model.Call", Effect: effect, Err: mine})
		_, err := w.model.Call(t.Context(), job.Request{})
		require.Equal(t, error(mine), err)
	}
}

func TestTheFirstEffectCounts(t *testing.T) {
	t.Parallel()
	w := setup(
		faultport.Rule{Method: "Model.Call", Nth: 1, Effect: faultport.LoseAck},
		faultport.Rule{Method: "Model.Call", Effect: faultport.Fail},
	)
	_, err := w.model.Call(t.Context(), job.Request{})
	require.True(t, fault.Unknown(err))
	_, err = w.model.Call(t.Context(), job.Request{})
	require.False(t, fault.Unknown(err))
	require.Equal(t, 1, w.answered.calls)
}

// TestEveryCallInTurn is how a Plan is meant to be used: count first, then break each call.
func TestEveryCallInTurn(t *testing.T) {
	t.Parallel()
	run := func(w *world) (failures int) {
		for _, method := range []string{"Store.Update", "Queue.Send", "Model.Call", "Store.Update"} {
			if methods[method].call(t.Context(), w) != nil {
				failures++
			}
		}
		return failures
	}
	whole := setup()
	require.Zero(t, run(whole))
	require.Equal(t, map[string]int{"Store.Update": 2, "Queue.Send": 1, "Model.Call": 1}, whole.plan.Calls())
	for n := 1; n <= whole.plan.Total(); n++ {
		w := setup(faultport.Rule{Nth: n, Effect: faultport.Fail})
		require.Equal(t, 1, run(w), "call %d", n)
		require.Equal(t, 4, w.plan.Total())
	}
	require.Equal(t, 4, run(setup(faultport.Rule{Effect: faultport.Fail})))
	for method, calls := range whole.plan.Calls() {
		for n := 1; n <= calls; n++ {
			require.Equal(t, 1, run(setup(faultport.Rule{Method: method, Nth: n, Effect: faultport.LoseAck})))
		}
	}
}

// TestFailuresGetLostToo: who does not hear the answer does not hear a refusal either.
func TestFailuresGetLostToo(t *testing.T) {
	t.Parallel()
	w := setup(faultport.Rule{Method: "Model.Call", Effect: faultport.LoseAck})
	w.answered.err = fault.New(fault.Throttled, "slow down")
	_, err := w.model.Call(t.Context(), job.Request{})
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.True(t, fault.Unknown(err))
	w.answered.err = context.DeadlineExceeded
	_, err = w.model.Call(t.Context(), job.Request{})
	require.Equal(t, context.DeadlineExceeded, err)
}

func TestADecisionsOwnErrorIsNotLost(t *testing.T) {
	t.Parallel()
	w := setup(faultport.Rule{Method: "Store.Update", Effect: faultport.LoseAck})
	mine := fault.New(fault.Budget, "no money")
	err := w.store.Update(t.Context(), []ports.Key{key}, func(ports.Tx) error { return mine })
	require.Equal(t, error(mine), err)

	require.NoError(t, w.stored.Update(t.Context(), []ports.Key{key}, put))
	err = w.store.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key})
		return nil
	})
	require.True(t, fault.Unknown(err), "a conflict comes from the store, and can get lost")
}

func TestADecisionsPanicPassesThrough(t *testing.T) {
	t.Parallel()
	w := setup(faultport.Rule{Method: "Store.Update", Effect: faultport.LoseAck})
	require.PanicsWithValue(t, "thrown", func() {
		_ = w.store.Update(t.Context(), []ports.Key{key}, func(ports.Tx) error { panic("thrown") })
	})
}

func TestSenderSharesItsCountWithTheQueue(t *testing.T) {
	t.Parallel()
	w := setup(faultport.Rule{Method: "Queue.Send", Nth: 2, Effect: faultport.Fail})
	message := ports.Message{Body: []byte("body")}
	require.NoError(t, w.queue.Send(t.Context(), message))
	require.ErrorIs(t, w.sender.Send(t.Context(), message), fault.Unavailable)
	require.NoError(t, w.sender.Send(t.Context(), message))
	require.Equal(t, 2, w.queued.Len())
}

func TestObserver(t *testing.T) {
	t.Parallel()
	for effect, want := range map[faultport.Effect]int{faultport.Fail: 0, faultport.LoseAck: 1, faultport.Delay: 1} {
		w := setup(faultport.Rule{Method: "Observer.Observe", Effect: effect})
		w.observer.Observe(t.Context(), porttest.FullEvent(ports.EventCall))
		require.Len(t, w.recorded.Events(), want, effect)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := porttest.NewClock(time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC))
		begin := inner.Now()
		plan := faultport.NewPlan(inner,
			faultport.Rule{Method: "Clock.Now", Nth: 2, Effect: faultport.Delay, Delay: -time.Hour},
			faultport.Rule{Method: "Clock.Sleep", Nth: 1, Effect: faultport.Delay, Delay: time.Second},
			faultport.Rule{Method: "Clock.Sleep", Nth: 2, Effect: faultport.Fail},
			faultport.Rule{Method: "Clock.Sleep", Nth: 3, Effect: faultport.LoseAck},
			faultport.Rule{Method: "Clock.WithDeadline", Effect: faultport.Delay, Delay: time.Second},
		)
		clock := plan.Clock(inner)
		require.Equal(t, begin, clock.Now())
		require.Equal(t, begin.Add(-time.Hour), clock.Now(), "a jump")
		require.Equal(t, begin, clock.Now())

		slept := make(chan error, 1)
		go func() { slept <- clock.Sleep(t.Context(), begin.Add(time.Second)) }()
		synctest.Wait()
		inner.Advance(2*time.Second - 1)
		synctest.Wait()
		require.Empty(t, slept)
		inner.Advance(1)
		require.NoError(t, <-slept)
		require.ErrorIs(t, clock.Sleep(t.Context(), begin), fault.Unavailable)
		require.True(t, fault.Unknown(clock.Sleep(t.Context(), begin)))

		ctx, cancel := clock.WithDeadline(t.Context(), inner.Now())
		defer cancel()
		require.NoError(t, ctx.Err())
		inner.Advance(time.Second)
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
		require.Equal(t, map[string]int{"Clock.Now": 3, "Clock.Sleep": 3, "Clock.WithDeadline": 1}, plan.Calls())
	})
}

func TestIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(faultport.Rule{Method: "IDs.NewID", Effect: faultport.Delay, Delay: time.Second})
		drawn := make(chan string, 1)
		go func() { drawn <- w.ids.NewID() }()
		synctest.Wait()
		require.Empty(t, drawn)
		w.clock.Advance(time.Second)
		require.Equal(t, porttest.NewIDs(1).NewID(), <-drawn)
		require.NotZero(t, w.ids.NewToken())
		require.Less(t, w.ids.Jitter(), 1.0)
		require.Equal(t, map[string]int{"IDs.NewID": 1, "IDs.NewToken": 1, "IDs.Jitter": 1}, w.plan.Calls())
	})
}

func TestCallsSideBySide(t *testing.T) {
	t.Parallel()
	w := setup(faultport.Rule{Method: "Notifier.Notify", Nth: 50, Effect: faultport.Fail})
	var running sync.WaitGroup
	for range 10 {
		running.Go(func() {
			for range 10 {
				_ = w.notifier.Notify(t.Context(), ports.Notice{})
			}
		})
	}
	running.Wait()
	require.Len(t, w.recorded.Notices(), 99, "exactly one of them was the fiftieth")
	require.Equal(t, 100, w.plan.Calls()["Notifier.Notify"])
}
