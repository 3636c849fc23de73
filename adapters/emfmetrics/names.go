package emfmetrics

import (
	"slices"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// counter is a metric that adds up.
type counter int

const (
	pagesCompleted counter = iota
	pagesFailed
	pagesCancelled
	calls
	callsFailed
	messages
	redeliveries
	partialFailures
	deadLetters
	storeReadUnits
	storeWriteUnits
	storeConflicts
	storeThrottles
	alerts
	otherEvents
	counters
)

// counterNames says of each counter its name, and whether it is written when it is zero: then an alarm on it, or a ratio of two,
// has something to see.
var counterNames = [counters]struct {
	name   string
	always bool
}{
	pagesCompleted: {"PagesCompleted", true}, pagesFailed: {"PagesFailed", true}, pagesCancelled: {"PagesCancelled", false},
	calls: {"Calls", true}, callsFailed: {"CallsFailed", true},
	messages: {"Messages", false}, redeliveries: {"Redeliveries", false}, partialFailures: {"PartialFailures", true}, deadLetters: {"DeadLetters", false},
	storeReadUnits: {"StoreReadUnits", false}, storeWriteUnits: {"StoreWriteUnits", false},
	storeConflicts: {"StoreConflicts", false}, storeThrottles: {"StoreThrottles", false},
	alerts: {"Alerts", true}, otherEvents: {"OtherEvents", false},
}

// sum is a metric of money.
type sum int

const (
	held sum = iota
	settled
	presumed
	voided
	sums
)

var sumNames = [sums]string{held: "HeldUSD", settled: "SettledUSD", presumed: "PresumedUSD", voided: "VoidedUSD"}

// duration is a metric with a distribution.
type duration int

const (
	callLatency duration = iota
	queueAge
	storeLatency
	durations
)

var durationNames = [durations]string{callLatency: "CallLatency", queueAge: "QueueAge", storeLatency: "StoreLatency"}

// failure is a metric of the dimension FaultKind. The kinds of each add up to a counter's total, but for faults.
type failure int

const (
	taskFailures failure = iota
	callFailures
	faults
	failures
)

var failureNames = [failures]string{taskFailures: "TaskFailures", callFailures: "CallFailures", faults: "Faults"}

// alertNames are the events that need a person.
var alertNames = [...]ports.EventName{
	ports.EventJobLost, ports.EventPlanDiffers, ports.EventOverrun, ports.EventUsageAbsurd, ports.EventCorrupt,
	ports.EventProviderStopped, ports.EventBreakerOpened, ports.EventDeadLetter, ports.EventWebhookFailed,
}

// other stands for every label that is not in its list.
const other = "other"

// maxLabels bounds the values of FaultKind: the kinds, the codes, and other.
const maxLabels = 64

// labels is a closed list of a dimension's values, other among them as the first.
type labels struct {
	names []string
	at    map[string]int
}

func newLabels() *labels { return &labels{names: []string{other}, at: map[string]int{}} }

// faultKinds are the kinds and codes of failures.
func faultKinds(more []string) *labels {
	l := newLabels()
	for _, kind := range fault.Kinds() {
		l.add(string(kind))
	}
	for _, code := range []job.Code{
		job.CodeProviderUnavailable, job.CodeProviderRejected, job.CodeRefused, job.CodeOutputTruncated, job.CodeOutputInvalid,
		job.CodeAttemptsExhausted, job.CodeDeadLetter, job.CodeInternal,
	} {
		l.add(string(code))
	}
	for _, code := range more {
		l.add(code)
	}
	return l
}

// add gives a name its place; names that look alike once they are clean share one.
func (l *labels) add(name string) int {
	label := clean(name)
	i := slices.Index(l.names, label)
	if i < 0 {
		i = len(l.names)
		l.names = append(l.names, label)
	}
	l.at[name] = i
	return i
}

// find is the place of a name: that of other when it is not in the list.
func (l *labels) find(name string) int {
	if len(name) > maxName {
		return 0 // not even looked up: it may be a megabyte
	}
	return l.at[name]
}
