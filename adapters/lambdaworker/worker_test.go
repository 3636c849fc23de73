package lambdaworker_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestHandle is about batches that are worked on.
func TestHandle(t *testing.T) {
	t.Parallel()

	story(t, "AllDone", func(t *testing.T, w *world) {
		id, records := w.submit(60)
		require.Empty(t, w.invoke(5*time.Minute, records...))
		require.Empty(t, w.invoke(5*time.Minute, w.due()...)) // where the first messages were those of shards
		require.Equal(t, job.StateCompleted, w.progress(id).Job.State)
		require.Empty(t, w.faults())
		require.Empty(t, w.told(ports.EventMessageReturned))
		w.square(id)
	})

	story(t, "Nothing", func(t *testing.T, w *world) {
		require.Empty(t, w.invoke(5*time.Minute))
		require.Empty(t, w.events)
	})

	story(t, "WithoutADeadline", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		require.Empty(t, w.invoke(0, parcel(id, 0)))
		require.Equal(t, job.StateCompleted, w.progress(id).Job.State)
	})

	story(t, "TwiceInOneBatch", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 0), parcel(id, 0)))
		require.Equal(t, job.StateCompleted, w.progress(id).Job.State)
		require.Len(t, w.begun, 25)
		w.square(id)
	})

	story(t, "TwiceAndFailedIsNamedOnce", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.start(faultport.Rule{Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Internal, "store: broken")})
		require.Equal(t, []string{"p-0"}, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 0)))
	})

	story(t, "SaysWhatHasCome", func(t *testing.T, w *world) {
		id, _ := w.submit(60)
		bare := events.SQSMessage{MessageId: "bare", Body: parcel(id, 1).Body}
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 2), bare))
		at := w.told(ports.EventMessageReceived)
		slices.SortFunc(at, func(a, b ports.Event) int { return b.Parcel - a.Parcel })
		require.Equal(t, []ports.Event{
			{Name: ports.EventMessageReceived, At: at[0].At, Tenant: "acme", Job: string(id), RequestID: "req-1", Parcel: 2, Count: 2, Duration: 3 * time.Second},
			{Name: ports.EventMessageReceived, At: at[1].At, Tenant: "acme", Job: string(id), RequestID: "req-1", Parcel: 1, Count: 1},
		}, at)
	})

	story(t, "ADelayIsNoWaiting", func(t *testing.T, w *world) {
		id, _ := w.submit(60)
		for delay, lay := range map[string]time.Duration{
			"": 3 * time.Second, "2": time.Second, "30": 0, "-5": 3 * time.Second, "soon": 3 * time.Second, "9223372036854775807": 0,
		} {
			w.events = nil
			m := parcel(id, 0)
			m.MessageAttributes = map[string]events.SQSMessageAttribute{sqsqueue.AttributeDelay: {DataType: "Number", StringValue: &delay}}
			require.Empty(t, w.invoke(5*time.Minute, m))
			require.Equal(t, lay, w.told(ports.EventMessageReceived)[0].Duration, delay)
		}
	})
}

// TestPoison is about messages that can never be worked on: they are done with, and told of.
func TestPoison(t *testing.T) {
	t.Parallel()
	story(t, "IsDoneWith", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		number := 7
		for name, body := range map[string][]byte{
			"nonsense":         []byte("not json, secret-canary"),
			"another's JSON":   []byte(`{"order":"secret-canary"}`),
			"no such job":      []byte(parcel("0190f7a2-0000-7000-8000-000000000001", 0).Body),
			"a job of words":   job.Note{Schema: job.Schema, Job: "secret-canary of somebody", Tenant: "secret canary", Parcel: &number}.Pack(),
			"no such parcel":   []byte(parcel(id, 7).Body),
			"no such shard":    job.Note{Schema: job.Schema, Job: id, Tenant: "acme", Shard: &number}.Pack(),
			"written in other": []byte("eyJqb2IiOiJ4In0="),
		} {
			w.events = nil
			good := parcel(id, 0)
			require.Empty(t, w.invoke(5*time.Minute, record("bad", body), good), name)
			require.NotEmpty(t, w.faults(), name)
			for _, event := range w.events {
				require.NotContains(t, event.Job+event.Tenant+event.RequestID+event.Detail, "canary", name)
			}
			require.Empty(t, w.due(), name)
		}
		require.Equal(t, job.StateCompleted, w.progress(id).Job.State, "others of the batch are worked on")
	})
}

// TestForNow is about messages that cannot be worked on for now: they are sent anew, and use up none of their receives.
func TestForNow(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]faultport.Rule{
		"TheStoreIsThrottled":      {Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Throttled, "store: slow down")},
		"TheStoreIsAway":           {Method: "Store.Get", Effect: faultport.Fail},
		"TheStoreTakesNoWrite":     {Method: "Store.Update", Effect: faultport.Fail},
		"TheStoreDoesNotAnswer":    {Method: "Store.Get", Effect: faultport.Hang},
		"TheStoreHangsInAWrite":    {Method: "Store.Update", Effect: faultport.Hang},
		"TheFunctionHasNoRight":    {Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Unauthorized, "store: no right")},
		"TheFollowingIsNotSent":    {Method: "Queue.Send", Nth: 1, Effect: faultport.Fail},
		"AnotherHoldsWhatIsNeeded": {Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Locked, "store: locked")},
	} {
		story(t, name, func(t *testing.T, w *world) {
			id, _ := w.submit(25)
			w.start(rule)
			timeout := 5 * time.Minute
			if rule.Method == "Queue.Send" {
				timeout = 20 * time.Second // too short to begin: the parcel is handed back
			}
			require.Empty(t, w.invoke(timeout, parcel(id, 0)))
			require.Empty(t, w.begun)
			require.Contains(t, w.faults(), string(fault.KindOf(ruleError(rule))))
			w.returned(id, rule)
			w.comesAgain(parcel(id, 0), 15*time.Second, 30*time.Second)
			w.start()
			w.finish(id)
			w.square(id)
		})
	}

	story(t, "TheFollowingMayHaveBeenSent", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.start(faultport.Rule{Method: "Queue.Send", Nth: 1, Effect: faultport.LoseAck})
		require.Empty(t, w.invoke(20*time.Second, parcel(id, 0)), "too short to begin: the parcel is handed back")
		time.Sleep(30 * time.Second)
		require.Len(t, w.due(), 2, "twice is better than never")
	})

	story(t, "TheOtherSideSaysForHowLong", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		for wait, rests := range map[time.Duration]time.Duration{40 * time.Second: 40 * time.Second, time.Hour: engine.MaxDelay} {
			w.start(faultport.Rule{Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Throttled, "store: slow down").After(wait)})
			require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0)))
			w.comesAgain(parcel(id, 0), rests, rests)
		}
	})

	story(t, "ANewerProgramWroteIt", func(t *testing.T, w *world) {
		newer := record("newer", []byte(`{"schema":99,"job":"j","what":"is not known"}`))
		newer.Attributes["MessageGroupId"] = "0f0f"
		newer.MessageAttributes = map[string]events.SQSMessageAttribute{"group": {BinaryValue: []byte("Grün & Co")}}
		require.Empty(t, w.invoke(5*time.Minute, newer))
		require.Equal(t, []string{string(fault.Newer)}, w.faults())
		require.Len(t, w.told(ports.EventMessageReturned), 1)
		require.Equal(t, "Grün & Co", w.comesAgain(newer, 15*time.Second, 30*time.Second))
	})

	story(t, "NorCanItBeSentAnew", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.options.Parcels = 1
		w.start(faultport.Rule{Method: "Store.Get", Nth: 1, Effect: faultport.Fail}, faultport.Rule{Method: "Queue.Send", Effect: faultport.Fail})
		require.Len(t, w.invoke(5*time.Minute, parcel(id, 0), parcel(id, 1)), 1)
		require.Equal(t, 1, w.told(ports.EventMessageReturned)[0].Count)
		require.Contains(t, w.told(ports.EventFault)[0].Detail, "nor could the message be sent anew")
		require.Equal(t, 25, w.progress(id).Counts[job.TaskCompleted])
	})

	story(t, "TheQueueDoesNotAnswer", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		w.start(faultport.Rule{Method: "Store.Get", Effect: faultport.Hang}, faultport.Rule{Method: "Queue.Send", Effect: faultport.Hang})
		require.Equal(t, []string{"p-0"}, w.invoke(5*time.Minute, parcel(id, 0)))
		require.Equal(t, 5*time.Minute-500*time.Millisecond, w.now(), "a quarter of the reserve is left for the answer")
	})
}

// returned says that a message was told to come again: without it an outage would show in no metric, for what is sent anew is young
// and has not been received before. When the invocation's time was over there was no outage.
func (w *world) returned(id job.ID, rule faultport.Rule) {
	w.t.Helper()
	at := w.told(ports.EventMessageReturned)
	if rule.Effect == faultport.Hang {
		require.Empty(w.t, at)
		return
	}
	require.Len(w.t, at, 1)
	require.Equal(w.t, ports.Event{Name: ports.EventMessageReturned, At: at[0].At, Tenant: "acme", Job: string(id), RequestID: "req-1", Count: 1}, at[0])
	require.False(w.t, at[0].At.IsZero())
}

// ruleError is the error that a rule brings about in the end.
func ruleError(r faultport.Rule) error {
	switch {
	case r.Err != nil:
		return r.Err
	case r.Effect == faultport.Hang:
		return context.DeadlineExceeded
	}
	return fault.New(fault.Unavailable, "faultport")
}

// comesAgain says that the message is in the queue alone, for the first time, and can be received after a rest of between
// least and most. It takes it from there and returns its group.
func (w *world) comesAgain(m events.SQSMessage, least, most time.Duration) string {
	w.t.Helper()
	sent := time.Now()
	deliveries, err := w.queue.Receive(w.t.Context(), 10, sent.Add(time.Hour))
	require.NoError(w.t, err)
	require.Len(w.t, deliveries, 1)
	require.Equal(w.t, m.Body, string(deliveries[0].Body))
	require.Equal(w.t, 1, deliveries[0].Count)
	require.NoError(w.t, w.queue.Ack(w.t.Context(), deliveries[0].Receipt))
	rest := time.Since(sent)
	require.GreaterOrEqual(w.t, rest, least-time.Second)
	require.LessOrEqual(w.t, rest, most)
	return deliveries[0].Group
}

// TestBounds is about how much one invocation does at once.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		calls, parcels, peak, lanes int
	}{
		"TheEnginesCalls":    {calls: 10, parcels: 8, peak: 10, lanes: 8},
		"FewParcelsFewCalls": {calls: 50, parcels: 1, peak: 25, lanes: 1},
		"ByDefault":          {peak: 50, lanes: 3},
		"ByTheNumberOfCalls": {calls: 100, peak: 100, lanes: 5},
	} {
		story(t, name, func(t *testing.T, w *world) {
			w.limits.Calls, w.options.Calls, w.options.Parcels = test.calls, test.calls, test.parcels
			w.start()
			id, _ := w.submit(250)
			var records []events.SQSMessage
			for n := range 10 {
				records = append(records, parcel(id, n))
			}
			lanes := 0
			w.on = func(event ports.Event) {
				if event.Name == ports.EventMessageReceived && w.now() == 0 {
					w.mu.Lock()
					defer w.mu.Unlock()
					lanes++ // nothing is done before the first answers: what has come by then is worked on at once
				}
			}
			require.Empty(t, w.invoke(15*time.Minute, records...))
			require.Equal(t, job.StateCompleted, w.progress(id).Job.State)
			require.Equal(t, test.peak, w.peak)
			require.Equal(t, test.lanes, lanes)
			w.square(id)
		})
	}
}

// TestOptions is about what is done when nothing is said.
func TestOptions(t *testing.T) {
	t.Parallel()
	story(t, "NilIsFine", func(t *testing.T, w *world) {
		id, _ := w.submit(3)
		w.worker = lambdaworker.NewWorker(w.engine, nil)
		require.Empty(t, w.invoke(5*time.Minute, parcel(id, 0)))
		w.sweeper = lambdaworker.NewSweeper(w.engine, nil)
		require.NoError(t, w.sweep(time.Minute))
	})

	story(t, "AfterHasTimeAlsoWhenTheInvocationHasNone", func(t *testing.T, w *world) {
		var left []time.Duration
		w.options.After = func(ctx context.Context) {
			deadline, some := ctx.Deadline()
			require.True(t, some)
			require.NoError(t, ctx.Err())
			left = append(left, time.Until(deadline))
		}
		begun := 0
		w.options.Before = func(context.Context) { begun++ }
		w.options.Reserve = 3 * time.Second
		w.start()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.worker.Handle(ctx, events.SQSEvent{})
		require.NoError(t, err)
		_, err = w.sweeper.Handle(ctx, []byte(`{}`))
		require.ErrorIs(t, err, fault.Invalid)
		w.worker.Stop()
		require.Equal(t, []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second}, left)
		require.Equal(t, 2, begun)
	})
}
