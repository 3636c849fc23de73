package emfmetrics_test

import (
	"bytes"
	"context"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestObserver(t *testing.T) {
	porttest.Observer(t, func(*testing.T) (ports.Observer, func() int) { return setup(nil), nil })
}

// zero are the metrics that are written although nothing of their sort happened.
func zero(more metrics) metrics {
	all := metrics{"PagesCompleted": {0}, "PagesFailed": {0}, "Calls": {0}, "CallsFailed": {0}, "PartialFailures": {0}, "Alerts": {0}}
	for name, values := range more {
		all[name] = values
	}
	return all
}

func TestEachEventHasItsMetrics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event ports.Event
		want  metrics
	}{
		"Completed": {ports.Event{Name: ports.EventTaskEnded, Detail: "completed"}, metrics{"PagesCompleted": {1}}},
		"Cancelled": {ports.Event{Name: ports.EventTaskEnded, Detail: "cancelled"}, metrics{"PagesCancelled": {1}}},
		"Failed": {
			ports.Event{Name: ports.EventTaskEnded, Detail: "failed", Fault: string(job.CodeRefused)},
			metrics{"PagesFailed": {1}, "TaskFailures[FaultKind=REFUSED]": {1}},
		},
		"FailedByTheKind": {
			ports.Event{Name: ports.EventTaskEnded, Detail: "failed", Fault: "WRONG_TOWN"},
			metrics{"PagesFailed": {1}, "TaskFailures[FaultKind=WRONG_TOWN]": {1}},
		},
		"FailedOtherwise": {
			ports.Event{Name: ports.EventTaskEnded, Detail: "failed", Fault: "BAKER STREET 1"},
			metrics{"PagesFailed": {1}, "TaskFailures[FaultKind=other]": {1}},
		},
		"Call":      {ports.Event{Name: ports.EventCall, Duration: 1500 * time.Millisecond}, metrics{"Calls": {1}, "CallLatency": {1500}}},
		"BatchCall": {ports.Event{Name: ports.EventCall}, metrics{"Calls": {1}}},
		"CallFailed": {
			ports.Event{Name: ports.EventCall, Duration: 12345 * time.Microsecond, Fault: string(fault.SpendCap)},
			metrics{"Calls": {1}, "CallsFailed": {1}, "CallLatency": {12.3}, "CallFailures[FaultKind=spend_cap]": {1}},
		},
		"Fault":       {ports.Event{Name: ports.EventFault, Fault: string(fault.Unavailable)}, metrics{"Faults[FaultKind=unavailable]": {1}}},
		"Message":     {ports.Event{Name: ports.EventMessageReceived, Count: 1, Duration: time.Minute}, metrics{"Messages": {1}, "QueueAge": {60000}}},
		"SetBack":     {ports.Event{Name: ports.EventMessageReceived, Count: 1, Duration: -time.Minute}, metrics{"Messages": {1}, "QueueAge": {0}}},
		"Redelivered": {ports.Event{Name: ports.EventMessageReceived, Count: 3}, metrics{"Messages": {1}, "Redeliveries": {1}, "QueueAge": {0}}},
		"Returned":    {ports.Event{Name: ports.EventMessageReturned, Count: 4}, metrics{"PartialFailures": {4}}},
		"Money": {
			ports.Event{Name: ports.EventMoney, Held: 2 * cost.Dollar, Settled: 1_234_567 * cost.Dollar / 1_000_000, Presumed: -cost.Dollar / 2, Voided: cost.Dollar / 1_000_000},
			metrics{"HeldUSD": {2}, "SettledUSD": {1.234567}, "PresumedUSD": {-0.5}, "VoidedUSD": {0.000001}},
		},
		"StoreUsed": {
			ports.Event{Name: ports.EventStoreUsed, ReadUnits: 3, WriteUnits: 5, Duration: 4 * time.Millisecond},
			metrics{"StoreReadUnits": {3}, "StoreWriteUnits": {5}, "StoreLatency": {4}},
		},
		"StoreConflict":  {ports.Event{Name: ports.EventStoreUsed, Fault: string(fault.Conflict)}, metrics{"StoreConflicts": {1}, "StoreLatency": {0}}},
		"StoreThrottled": {ports.Event{Name: ports.EventStoreUsed, Fault: string(fault.Throttled)}, metrics{"StoreThrottles": {1}, "StoreLatency": {0}}},
		"Quota":          {ports.Event{Name: ports.EventQuota, Model: "claude-haiku-5-5", QuotaUsed: 625}, metrics{"QuotaUsed[Model=claude-haiku-5-5]": {62.5}}},
		"QuotaUnused":    {ports.Event{Name: ports.EventQuota, Model: "claude-haiku-5-5"}, metrics{"QuotaUsed[Model=claude-haiku-5-5]": {0}}},
		"QuotaOfNobody":  {ports.Event{Name: ports.EventQuota, QuotaUsed: 5000}, metrics{"QuotaUsed[Model=other]": {100}}},
		"Breaker": {
			ports.Event{Name: ports.EventBreakerOpened, Model: "m"},
			metrics{"BreakerOpen[Model=m]": {1}, "Alerts": {1}, "AlertEvents[Alert=breaker.opened]": {1}},
		},
		"DeadLetter": {ports.Event{Name: ports.EventDeadLetter}, metrics{"DeadLetters": {1}, "Alerts": {1}, "AlertEvents[Alert=dead.letter]": {1}}},
		"Alert":      {ports.Event{Name: ports.EventOverrun}, metrics{"Alerts": {1}, "AlertEvents[Alert=money.overrun]": {1}}},
		"Life":       {ports.Event{Name: ports.EventJobEnded}, nil},
		"Unknown":    {ports.Event{Name: "of.tomorrow"}, metrics{"OtherEvents": {1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(&emfmetrics.Options{Service: "worker", Stage: "dev", Codes: []string{"WRONG_TOWN", "REFUSED"}})
			w.tell(t, c.event)
			require.Equal(t, zero(c.want), w.flush(t))
			require.Equal(t, 1, strings.Count(w.out.String(), "\n"), "one line each")
		})
	}
}

func TestALineReads(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	w.tell(t, ports.Event{Name: ports.EventTaskEnded, Detail: "completed", Tenant: "harbor-plumbing", Job: "job-1", Ordinal: 7})
	w.flush(t)
	require.Equal(t, `{"_aws":{"Timestamp":1772368200000,"CloudWatchMetrics":[{"Namespace":"MarketBrewer","Dimensions":[["Service","Stage"]],`+
		`"Metrics":[{"Name":"PagesCompleted","Unit":"Count"},{"Name":"PagesFailed","Unit":"Count"},{"Name":"Calls","Unit":"Count"},`+
		`{"Name":"CallsFailed","Unit":"Count"},{"Name":"PartialFailures","Unit":"Count"},{"Name":"Alerts","Unit":"Count"}]}]},`+
		`"Service":"worker","Stage":"dev","PagesCompleted":1,"PagesFailed":0,"Calls":0,"CallsFailed":0,"PartialFailures":0,"Alerts":0}`+"\n", w.out.String())
}

func TestNothingIsNoLine(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	require.Empty(t, w.flush(t))
	w.tell(t, porttest.FullEvent(ports.EventCall))
	require.NotEmpty(t, w.flush(t))
	require.Empty(t, w.flush(t), "a window is written once")
}

// TestAlertsAreThePorts reads the port's own comments: each event marked alert there is counted as one, and no other.
func TestAlertsAreThePorts(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../ports/observe.go")
	require.NoError(t, err)
	marked := regexp.MustCompile(`// (Event\w+), alert: `).FindAllString(string(source), -1)
	require.NotEmpty(t, marked)
	w := setup(nil)
	for _, name := range porttest.Events() {
		w.tell(t, porttest.FullEvent(name))
	}
	all := w.flush(t)
	require.Equal(t, []float64{float64(len(marked))}, all["Alerts"])
	named := 0
	for name := range all {
		if strings.HasPrefix(name, "AlertEvents[") {
			named++
		}
	}
	require.Equal(t, len(marked), named)
	require.NotContains(t, all, "OtherEvents", "every event of the port is known")
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	const name = "BreakerOpen[Model=m]"
	opened := func(w *world) ports.Event {
		return ports.Event{Name: ports.EventBreakerOpened, Model: "m", At: w.clock.now, Duration: time.Minute}
	}
	closed := ports.Event{Name: ports.EventBreakerClosed, Model: "m"}
	t.Run("StaysOpenUntilItsTime", func(t *testing.T) {
		t.Parallel()
		w := setup(nil)
		w.tell(t, opened(w))
		require.Equal(t, []float64{1}, w.flush(t)[name])
		w.clock.pass(59 * time.Second)
		require.Equal(t, []float64{1}, w.flush(t)[name], "although nothing else happened")
		w.clock.pass(time.Second)
		require.Equal(t, []float64{0}, w.flush(t)[name])
		require.Empty(t, w.flush(t), "that it is closed is told once")
	})
	t.Run("Closes", func(t *testing.T) {
		t.Parallel()
		w := setup(nil)
		w.tell(t, opened(w))
		require.Equal(t, []float64{1}, w.flush(t)[name])
		w.tell(t, closed)
		require.Equal(t, []float64{0}, w.flush(t)[name])
		require.Empty(t, w.flush(t))
	})
	t.Run("OpensAndClosesInOneWindow", func(t *testing.T) {
		t.Parallel()
		w := setup(nil)
		w.tell(t, opened(w), closed)
		require.Equal(t, []float64{1}, w.flush(t)[name])
		require.Equal(t, []float64{0}, w.flush(t)[name])
		require.Empty(t, w.flush(t))
	})
}

func TestMoneyAddsUpOverWindows(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	var written float64
	for range 1000 {
		w.tell(t, ports.Event{Name: ports.EventMoney, Settled: 1_500_500}) // a dollar and a half of a millionth, and a bit
		for _, v := range w.flush(t)["SettledUSD"] {
			written += v
		}
	}
	require.InDelta(t, 0.0015005, written, 1e-6, "what is below a millionth is not dropped each time")
	w.tell(t, ports.Event{Name: ports.EventMoney, Settled: math.MaxInt64}, ports.Event{Name: ports.EventMoney, Settled: math.MaxInt64})
	require.InDelta(t, 9_223_372.036854, w.flush(t)["SettledUSD"][0], 1e-6, "the largest amount, and none of the other sign")
	w.tell(t, ports.Event{Name: ports.EventMoney, Presumed: math.MinInt64}, ports.Event{Name: ports.EventMoney, Presumed: math.MinInt64})
	require.InDelta(t, -9_223_372.036854, w.flush(t)["PresumedUSD"][0], 1e-6)
}

func TestCountersNeverWrap(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	for range 3 {
		w.tell(t, ports.Event{Name: ports.EventMessageReturned, Count: math.MaxInt64})
	}
	w.tell(t, ports.Event{Name: ports.EventMessageReturned, Count: -5})
	require.Equal(t, []float64{math.MaxInt64}, w.flush(t)["PartialFailures"])
}

func TestModelsAreFew(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	for i := range 30 {
		w.tell(t, ports.Event{Name: ports.EventQuota, Model: "model-" + strconv.Itoa(i), QuotaUsed: i})
	}
	for range 2 {
		all := w.flush(t)
		require.Len(t, all, len(zero(nil))+11)
		require.Equal(t, []float64{0.9}, all["QuotaUsed[Model=model-9]"])
		require.Equal(t, []float64{2.9}, all["QuotaUsed[Model=other]"])
		require.Equal(t, 11, strings.Count(w.out.String(), "\n"))
		for i := range 30 {
			w.tell(t, ports.Event{Name: ports.EventQuota, Model: "model-" + strconv.Itoa(29-i), QuotaUsed: 29 - i})
		}
	}
}

func TestOptionsAreCleaned(t *testing.T) {
	t.Parallel()
	w := setup(&emfmetrics.Options{Service: "a\"b\\c\nd é", Stage: strings.Repeat("s", 5000), Values: 5000})
	w.tell(t, porttest.FullEvent(ports.EventCall))
	w.flush(t)
	require.Contains(t, w.out.String(), `"Service":"a_b_c_d__"`)
	require.Contains(t, w.out.String(), `"Stage":"`+strings.Repeat("s", 100)+`"`)
	w = setup(&emfmetrics.Options{})
	w.tell(t, porttest.FullEvent(ports.EventCall))
	w.flush(t)
	require.Contains(t, w.out.String(), `"Service":"unknown","Stage":"unknown"`)
}

// hostile are texts that nobody should have let through.
var hostile = []string{
	"", "\x1b[2J\r\n{\"_aws\":{}}", "\x00", "\xff\xfe", "a\"b\\", "\u2028", strings.Repeat("é\n", 1<<19), "../../etc", "harbor-plumbing", "Service", "_aws",
}

// TestHostileEventsKeepTheBounds throws 10,000 random events at it.
func TestHostileEventsKeepTheBounds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that must repeat
	names := porttest.Events()
	text := func() string { return hostile[random.IntN(len(hostile))] }
	number := func() int { return []int{0, 1, -1, 7, 1000, math.MaxInt64, math.MinInt64}[random.IntN(7)] }
	w := setup(&emfmetrics.Options{Service: hostile[1], Stage: hostile[6], Codes: hostile})
	labels := map[string]bool{}
	for i := range 10_000 {
		event := ports.Event{
			Name: names[random.IntN(len(names))], At: w.clock.now, Tenant: text(), Job: text(), Model: text() + strconv.Itoa(i%500), RequestID: text(), Parcel: number(), Ordinal: number(),
			Attempt: number(), Count: number(), Duration: time.Duration(number()), Amount: cost.Pico(number()), Held: cost.Pico(number()), Settled: cost.Pico(number()),
			Presumed: cost.Pico(number()), Voided: cost.Pico(number()), QuotaUsed: number(), ReadUnits: number(), WriteUnits: number(), Fault: text(), Detail: text(),
		}
		if i%10 == 0 {
			event.Name = ports.EventName(text())
		}
		w.tell(t, event)
		if i%1000 == 999 {
			for name := range w.flush(t) {
				labels[name] = true
			}
			require.Less(t, w.out.Len(), 40<<10)
			require.NotContains(t, w.out.String(), "harbor-plumbing[")
		}
	}
	require.Less(t, len(labels), 40+3*30+2*11+7, "the metrics there are to pay for")
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	w := setup(&emfmetrics.Options{Gather: 100})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 1000 {
				w.Observe(t.Context(), ports.Event{Name: ports.EventTaskEnded, Detail: "completed"})
			}
		})
		running.Go(func() {
			for range 20 {
				_ = w.Flush(context.Background())
			}
		})
	}
	running.Wait()
	require.NoError(t, w.Flush(context.Background()))
	total := 0.0
	for text := range strings.Lines(w.out.String()) {
		one := metrics{}
		read(t, text, one)
		total += one["PagesCompleted"][0]
	}
	require.InDelta(t, 8000, total, 0, "every page is counted once")
}

// gate is a writer that tells when it is written to, and waits.
type gate struct {
	asked chan []byte
	open  chan struct{}
}

func (g gate) Write(text []byte) (int, error) {
	g.asked <- bytes.Clone(text)
	<-g.open
	return len(text), nil
}

func TestAFullWindowIsWrittenAndObserveDoesNotWait(t *testing.T) {
	t.Parallel()
	g := gate{make(chan []byte), make(chan struct{})}
	m := emfmetrics.New(g, &watchClock{}, &emfmetrics.Options{Gather: 3})
	event := ports.Event{Name: ports.EventTaskEnded, Detail: "completed"}
	for range 3 {
		m.Observe(t.Context(), event)
	}
	first := <-g.asked
	for range 10 {
		m.Observe(t.Context(), event) // while the writer waits
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, m.Flush(ended), context.Canceled, "another one writes")
	g.open <- struct{}{}
	done := make(chan error)
	go func() { done <- m.Flush(context.Background()) }()
	second := <-g.asked
	g.open <- struct{}{}
	require.NoError(t, <-done)
	require.Equal(t, []int{3, 10}, []int{pages(t, first), pages(t, second)}, "nothing is lost and nothing counted twice")
}

func pages(t *testing.T, text []byte) int {
	t.Helper()
	all := metrics{}
	read(t, string(text), all)
	return int(all["PagesCompleted"][0])
}

// full is a disk that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAFailedWriteIsSaid(t *testing.T) {
	t.Parallel()
	m := emfmetrics.New(full{}, &watchClock{}, nil)
	require.NoError(t, m.Flush(t.Context()), "nothing to write")
	m.Observe(t.Context(), porttest.FullEvent(ports.EventCall))
	err := m.Flush(t.Context())
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorIs(t, err, io.ErrShortWrite)
}

func TestAnEndedContextStillWrites(t *testing.T) {
	t.Parallel()
	w := setup(nil)
	w.tell(t, porttest.FullEvent(ports.EventCall))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, w.Flush(ctx))
	require.NotZero(t, w.out.Len())
}

// TestEveryMetricIsDocumented: the page that names the metrics names all of them.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/observability.md")
	require.NoError(t, err)
	w := setup(nil)
	for _, name := range append(porttest.Events(), "of.tomorrow") {
		event := porttest.FullEvent(name)
		for _, detail := range []string{"completed", "failed", "cancelled"} {
			event.Detail = detail
			w.tell(t, event)
		}
		event.Fault = string(fault.Conflict)
		w.tell(t, event)
	}
	all := w.flush(t)
	require.Greater(t, len(all), 25)
	for name := range all {
		bare, _, _ := strings.Cut(name, "[")
		require.Contains(t, string(page), "`"+bare+"`")
	}
}
