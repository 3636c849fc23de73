package emfmetrics

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxModels is how many models have a name of their own in the dimension Model; all others are "other".
const maxModels = 10

// tally is what one window has seen. Its size never changes.
type tally struct {
	events    int
	counts    [counters]int64
	money     [sums]cost.Pico
	durations [durations]spread
	failures  [failures][maxLabels]int64
	models    [maxModels + 1]modelTally
	alerts    [len(alertNames)]int64
}

// modelTally is what is known of one model.
type modelTally struct {
	// quota is the largest share of its limits that was used, in thousandths; measured says that there is one.
	quota    int
	measured bool
	// until is when the breaker lets the next call through, zero while it is closed; opened and closed are what this window
	// has seen it do.
	until          time.Time
	opened, closed bool
}

// open reports whether the breaker is or was open in the window, and whether that is anything to tell.
func (m *modelTally) open(now time.Time) (isOpen, tell bool) {
	isOpen = m.opened || m.until.After(now)
	return isOpen, isOpen || m.closed || !m.until.IsZero()
}

// next is what the following window begins with: a breaker that stays open, or one whose end is still to be told.
func (m *modelTally) next(now time.Time) modelTally {
	if m.until.After(now) {
		return modelTally{until: m.until}
	}
	return modelTally{closed: m.opened}
}

// add counts one event.
func (m *Metrics) add(t *tally, e *ports.Event) {
	switch e.Name {
	case ports.EventTaskEnded:
		m.addTask(t, e)
	case ports.EventCall:
		m.addCall(t, e)
	case ports.EventMoney:
		for i, amount := range [sums]cost.Pico{held: e.Held, settled: e.Settled, presumed: e.Presumed, voided: e.Voided} {
			t.money[i] = plus(t.money[i], amount)
		}
	case ports.EventMessageReceived:
		t.count(messages, 1)
		t.durations[queueAge].add(e.Duration)
		if e.Count > 1 {
			t.count(redeliveries, 1)
		}
	case ports.EventMessageReturned:
		t.count(partialFailures, e.Count)
	case ports.EventStoreUsed:
		t.addStore(e)
	case ports.EventQuota:
		known := &t.models[m.model(e.Model)]
		known.quota, known.measured = max(known.quota, min(e.QuotaUsed, 1000)), true
	case ports.EventBreakerClosed:
		known := &t.models[m.model(e.Model)]
		known.until, known.closed = time.Time{}, true
	case ports.EventFault:
		t.failures[faults][m.kinds.find(e.Fault)]++
	default:
		m.addOther(t, e)
	}
}

// addOther counts alerts, and what this package does not know.
func (m *Metrics) addOther(t *tally, e *ports.Event) {
	switch e.Name {
	case ports.EventJobSubmitted, ports.EventJobStarted, ports.EventJobPaused, ports.EventJobResumed, ports.EventJobEnded,
		ports.EventJobRetried, ports.EventLeased, ports.EventTakenOver, ports.EventReconciled, ports.EventBatchSent, ports.EventBatchApplied, ports.EventRequest:
		return // the log has them
	case ports.EventBreakerOpened:
		known := &t.models[m.model(e.Model)]
		known.until, known.opened = e.At.Add(e.Duration), true
	case ports.EventDeadLetter:
		t.count(deadLetters, 1)
	}
	i := slices.Index(alertNames[:], e.Name)
	if i < 0 {
		t.count(otherEvents, 1)
		return
	}
	t.alerts[i]++
	t.count(alerts, 1)
}

func (m *Metrics) addTask(t *tally, e *ports.Event) {
	switch e.Detail {
	case job.TaskCompleted.String():
		t.count(pagesCompleted, 1)
	case job.TaskCancelled.String():
		t.count(pagesCancelled, 1)
	default:
		t.count(pagesFailed, 1)
		t.failures[taskFailures][m.kinds.find(e.Fault)]++
	}
}

func (m *Metrics) addCall(t *tally, e *ports.Event) {
	t.count(calls, 1)
	if e.Fault != "" {
		t.count(callsFailed, 1)
		t.failures[callFailures][m.kinds.find(e.Fault)]++
	}
	if e.Duration > 0 { // what came in a batch has none
		t.durations[callLatency].add(e.Duration)
	}
}

func (t *tally) addStore(e *ports.Event) {
	t.count(storeReadUnits, e.ReadUnits)
	t.count(storeWriteUnits, e.WriteUnits)
	t.durations[storeLatency].add(e.Duration)
	switch fault.Kind(e.Fault) {
	case fault.Conflict:
		t.count(storeConflicts, 1)
	case fault.Throttled:
		t.count(storeThrottles, 1)
	}
}

// count adds to a counter, which stays at the largest number rather than become negative.
func (t *tally) count(c counter, n int) {
	if n <= 0 {
		return
	}
	if t.counts[c] > math.MaxInt64-int64(n) {
		t.counts[c] = math.MaxInt64
		return
	}
	t.counts[c] += int64(n)
}

// plus is p + q, or the largest amount of their sign when that is more than any.
func plus(p, q cost.Pico) cost.Pico {
	total, err := p.Plus(q)
	switch {
	case err == nil:
		return total
	case q < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// model is the place of a model's name; the first few names get one each. The caller holds the lock.
func (m *Metrics) model(name string) int {
	if i := m.models.find(name); i > 0 || len(m.models.names) > maxModels || len(name) > maxName || name == "" {
		return i
	}
	return m.models.add(strings.Clone(name)) // the name may be a piece of something large
}
