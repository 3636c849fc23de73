package settings

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// Deployed is what a deployment is made of, wherever the values were read: from a process's environment, the template and
// its parameters, or the account.
type Deployed struct {
	// FunctionTimeout is the worker's; CallTimeout, Margin, Lease, FlushBefore, Reserve and Calls are its settings.
	FunctionTimeout, CallTimeout, Margin, Lease, FlushBefore, Reserve time.Duration
	// Calls is how many model calls one invocation of the worker has open at once.
	Calls int

	// Visibility, Retention and MaxReceive are the queue's; DeadLetters tells whether it gives messages up to another queue
	// at all, and DeadLetterRetention how long that one keeps them.
	Visibility, Retention, DeadLetterRetention time.Duration
	// MaxReceive is how often a message is received before it is given up.
	MaxReceive int
	// DeadLetters is whether the queue has a dead-letter queue.
	DeadLetters bool

	// BatchWindow, BatchSize, MaxConcurrency and ReportBatchItemFailures are those of the worker's event source mapping.
	BatchWindow time.Duration
	// BatchSize is how many messages one invocation gets at most.
	BatchSize int
	// MaxConcurrency is how many invocations there are at once at most.
	MaxConcurrency int
	// ReportBatchItemFailures is whether an answer names the messages that failed.
	ReportBatchItemFailures bool

	// Environment is how many bytes the largest environment of a function has, as EnvironmentSize counts; 0 means not known.
	Environment int

	// TTL, PITR and DeletionProtection are the table's: expiry by attribute, point-in-time recovery, no deletion by accident.
	TTL, PITR, DeletionProtection bool
	// Restored is whether the functions use a table that was restored, and Epoch is the store's epoch that they are told.
	Restored bool
	// Epoch is 0 before the first restore.
	Epoch int64

	// Model is the model that most jobs name, Prices the tables that price it. Nil means the built-in one.
	Model string
	// Prices are the price tables, the one for new calls first.
	Prices []*cost.Table
	// QuotaRequests and QuotaOutput are the account's limits for Model, per minute; 0 means not known.
	QuotaRequests, QuotaOutput int
	// Latency is how long a call takes in the mean, OutputTokens how many tokens it writes. 0 means UsualLatency and
	// UsualOutput.
	Latency time.Duration
	// OutputTokens is how many tokens a call writes in the mean.
	OutputTokens int

	// AllowedEmails and AllowedDomains say who may sign in.
	AllowedEmails, AllowedDomains []string
	// RequireBudget is whether jobs without a month budget are refused; Budget is this month's limit for all tenants
	// together, nil when no such record exists.
	RequireBudget bool
	// Budget is this month's limit for all tenants together.
	Budget *cost.Pico
}

const (
	// UsualLatency is the long end of what a page takes, 5 to 20 s: the slower the calls, the more may be open at once.
	UsualLatency = 20 * time.Second
	// quickLatency is the short end.
	quickLatency = 5 * time.Second
	// UsualOutput is how many tokens a page has, about 700 words.
	UsualOutput = 1000
	// maxVisibility is the longest that SQS hides a message.
	maxVisibility = 12 * time.Hour
)

// Deployed is as much of a deployment as the worker is told.
func (w *Worker) Deployed() Deployed {
	tables, _ := w.PriceTables() // nil is the built-in one; a broken table is a problem of its own
	return Deployed{
		FunctionTimeout: w.FunctionTimeout, CallTimeout: w.CallTimeout, Margin: w.Margin, Lease: w.Lease,
		FlushBefore: w.FlushBefore, Reserve: w.Reserve, Calls: w.Calls.Calls,
		Visibility: w.Visibility, BatchSize: w.BatchSize, MaxConcurrency: w.MaxConcurrency,
		Model: w.Model, Prices: tables, QuotaRequests: w.QuotaRequests, QuotaOutput: w.QuotaOutput,
		Epoch: w.Epoch, RequireBudget: w.RequireBudget,
	}
}

// LeastLease is the shortest lease that the engine takes: a call that begins must end under the lease, and one more after it.
func LeastLease(callTimeout, margin time.Duration) time.Duration { return 2*callTimeout + 2*margin }

// LeastVisibility is the shortest visibility timeout: Lambda's own advice, so that a throttled invocation is tried again
// before its messages show.
func (d *Deployed) LeastVisibility() time.Duration { return 6*d.FunctionTimeout + d.BatchWindow }

// LongestCall is the longest call that an invocation has time for, if it begins at once.
func (d *Deployed) LongestCall() time.Duration {
	return d.FunctionTimeout - d.FlushBefore - d.Margin - d.Reserve
}

// UsefulCalls is how many calls open at once use the whole quota: by Little's law the rate of calls, which requests or
// output tokens bound, times how long one takes. More only wait, or are refused. 0 means that no limit is known.
func (d *Deployed) UsefulCalls() int { return d.UsefulCallsOf(or(d.Latency, UsualLatency)) }

// UsefulCallsOf is UsefulCalls for calls that take so long each.
func (d *Deployed) UsefulCallsOf(latency time.Duration) int {
	perMinute := d.QuotaRequests
	if d.QuotaOutput > 0 {
		byOutput := d.QuotaOutput / or(d.OutputTokens, UsualOutput)
		if perMinute == 0 || byOutput < perMinute {
			perMinute = byOutput
		}
	}
	return int(time.Duration(perMinute) * latency / time.Minute)
}

func or[N int | time.Duration](value, otherwise N) N {
	if value == 0 {
		return otherwise
	}
	return value
}
