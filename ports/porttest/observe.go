package porttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Events are the names of all events.
func Events() []ports.EventName {
	return []ports.EventName{
		ports.EventJobSubmitted, ports.EventJobStarted, ports.EventJobPaused, ports.EventJobResumed, ports.EventJobEnded,
		ports.EventJobRetried, ports.EventLeased, ports.EventTakenOver, ports.EventCall, ports.EventTaskEnded,
		ports.EventReconciled, ports.EventJobLost,
		ports.EventPlanDiffers, ports.EventOverrun, ports.EventUsageAbsurd, ports.EventCorrupt,
		ports.EventProviderStopped, ports.EventBreakerOpened, ports.EventBreakerClosed, ports.EventBatchSent,
		ports.EventBatchApplied, ports.EventFault, ports.EventStoreUsed, ports.EventMessageReceived, ports.EventMessageReturned,
		ports.EventMoney, ports.EventQuota, ports.EventDeadLetter, ports.EventRequest, ports.EventWebhookFailed,
	}
}

// FullEvent is an event of the name with every field set.
func FullEvent(name ports.EventName) ports.Event {
	return ports.Event{
		Name: name, At: time.Date(2026, time.March, 1, 12, 30, 0, 123456789, time.UTC),
		Tenant: "harbor-plumbing", Job: "job-1", Model: "claude-haiku-5-5", RequestID: "request-1", Parcel: 3, Ordinal: 77, Attempt: 2, Count: 5,
		Duration: 1500 * time.Millisecond, Amount: 1_234_567, Fault: "throttled", Detail: "one short line",
		Held: 9_000_000, Settled: 5_000_000, Presumed: 3_000_000, Voided: 1_000_000, QuotaUsed: 250, ProviderRequest: "req_1",
		ReadUnits: 4, WriteUnits: 6,
	}
}

// Observer proves a ports.Observer: that it takes whatever comes, from anywhere, at any time. The factory is called once
// in each subtest; seen, if it is not nil, tells how many events have arrived where the observer brings them.
func Observer(t *testing.T, factory func(t *testing.T) (observer ports.Observer, seen func() int)) {
	run := func(name string, want int, test func(t *testing.T, o ports.Observer)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			observer, seen := factory(t)
			test(t, observer)
			if seen != nil {
				require.Equal(t, want, seen())
			}
		})
	}
	run("Observe/EveryName", len(Events()), func(t *testing.T, o ports.Observer) {
		for _, name := range Events() {
			o.Observe(t.Context(), FullEvent(name))
		}
	})
	run("Observe/AnythingGoes", 3, func(t *testing.T, o ports.Observer) {
		o.Observe(t.Context(), ports.Event{})
		o.Observe(t.Context(), FullEvent("a.name.of.tomorrow"))
		hostile := FullEvent("\x00\n\xff")
		hostile.Detail, hostile.Job, hostile.Fault = "\x1b[2J\r\n\xff\u2028", "\x00", "no such kind"
		hostile.Count, hostile.Amount, hostile.Duration = -1, -1, -1
		o.Observe(t.Context(), hostile)
	})
	run("Observe/EndedContext", 1, func(t *testing.T, o ports.Observer) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o.Observe(ctx, FullEvent(ports.EventFault))
	})
	run("Observe/SideBySide", 400, func(t *testing.T, o ports.Observer) {
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() {
				for range 50 {
					o.Observe(t.Context(), FullEvent(ports.EventCall))
				}
			})
		}
		running.Wait()
	})
}
