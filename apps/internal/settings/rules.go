package settings

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// rule is a relation as data: who can know it, whether it holds, what is there and what is wanted.
type rule struct {
	Rule
	known        Known
	holds        func(*Deployed) bool
	value, wants func(*Deployed) string
}

func rules() []rule {
	return slices.Concat(timeRules(), queueRules(), giveUpRules(), tableRules(), quotaRules(), spendRules())
}

func timeRules() []rule {
	return []rule{
		{
			Rule: Rule{
				Setting: "call timeout", Relation: "call timeout + flush-before + margin + reserve <= function timeout",
				Advice: "lower MB_CALL_TIMEOUT or raise the function's timeout: no call would ever begin",
			},
			holds: func(d *Deployed) bool { return d.CallTimeout <= d.LongestCall() },
			value: span(func(d *Deployed) time.Duration { return d.CallTimeout }),
			wants: func(d *Deployed) string {
				return fmt.Sprintf("at most %s, the function's timeout of %s less what is kept for settling", d.LongestCall(), d.FunctionTimeout)
			},
		},
		{
			Rule: Rule{
				Setting: "lease", Relation: "lease >= 2 x call timeout + 2 x margin",
				Advice: "raise MB_LEASE or leave it out: another worker would take the parcel while its calls are open",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.Lease >= LeastLease(d.CallTimeout, d.Margin) },
			value: span(func(d *Deployed) time.Duration { return d.Lease }),
			wants: func(d *Deployed) string {
				return fmt.Sprintf("at least %s for calls of %s", LeastLease(d.CallTimeout, d.Margin), d.CallTimeout)
			},
		},
		{
			Rule: Rule{
				Setting: "visibility timeout", Relation: "visibility timeout >= 6 x function timeout + batching window",
				Advice: "raise the queue's visibility timeout: messages would show again while they are worked on",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.Visibility >= d.LeastVisibility() },
			value: span(func(d *Deployed) time.Duration { return d.Visibility }),
			wants: func(d *Deployed) string {
				return fmt.Sprintf("at least %s, 6 x %s + %s", d.LeastVisibility(), d.FunctionTimeout, d.BatchWindow)
			},
		},
		{
			Rule: Rule{
				Setting: "visibility timeout", Relation: "visibility timeout <= 12 h",
				Advice: "lower the function's timeout and the queue's visibility timeout: SQS hides no message longer",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.Visibility <= maxVisibility },
			value: span(func(d *Deployed) time.Duration { return d.Visibility }),
			wants: func(*Deployed) string { return "at most " + maxVisibility.String() },
		},
		{
			Rule: Rule{
				Setting: "lease", Relation: "lease + margin <= visibility timeout",
				Advice: "lower MB_LEASE: after a crash the message would come back, and count as received, before its parcel is free",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.Lease+d.Margin <= d.Visibility },
			value: span(func(d *Deployed) time.Duration { return d.Lease }),
			wants: func(d *Deployed) string { return "at most " + (d.Visibility - d.Margin).String() },
		},
	}
}

func queueRules() []rule {
	return []rule{
		flag("partial batch responses", "ReportBatchItemFailures is on", "set FunctionResponseTypes: [ReportBatchItemFailures] on the mapping: one failed message would bring back all",
			func(d *Deployed) bool { return d.ReportBatchItemFailures }),
		{
			Rule: Rule{
				Setting: "batching window", Relation: "batch size <= 10, or batching window >= 1 s",
				Advice: "set MaximumBatchingWindowInSeconds to 1 or more, or the batch size to 10 or less: Lambda refuses the mapping",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.BatchSize <= 10 || d.BatchWindow >= time.Second },
			value: span(func(d *Deployed) time.Duration { return d.BatchWindow }),
			wants: func(d *Deployed) string { return fmt.Sprintf("at least 1s for batches of %d", d.BatchSize) },
		},
	}
}

// giveUpRules are about messages that are given up.
func giveUpRules() []rule {
	return []rule{
		flag("dead-letter queue", "the queue has one", "give the queue a RedrivePolicy: a message that kills its worker would come back for ever",
			func(d *Deployed) bool { return d.DeadLetters }),
		{
			Rule: Rule{
				Setting: "receives before a message is given up", Relation: "maxReceiveCount >= 5",
				Advice: "raise maxReceiveCount in the queue's RedrivePolicy: throttled invocations count too, and good messages would be given up",
			},
			known: Template,
			holds: func(d *Deployed) bool { return !d.DeadLetters || d.MaxReceive >= 5 },
			value: count(func(d *Deployed) int { return d.MaxReceive }),
			wants: func(*Deployed) string { return "at least 5" },
		},
		{
			Rule: Rule{
				Setting: "retention of the dead-letter queue", Relation: "retention of the dead-letter queue > the queue's",
				Advice: "raise the dead-letter queue's retention or lower the queue's: a message keeps its age when it moves and would be gone unseen",
			},
			known: Template,
			holds: func(d *Deployed) bool { return !d.DeadLetters || d.DeadLetterRetention > d.Retention },
			value: span(func(d *Deployed) time.Duration { return d.DeadLetterRetention }),
			wants: func(d *Deployed) string { return "more than the queue's " + d.Retention.String() },
		},
	}
}

// tableRules are about what is told of the table, and about the table itself.
func tableRules() []rule {
	return []rule{
		{
			Rule: Rule{
				Setting: "environment", Relation: "the environment of each function <= 4,096 bytes, counted as JSON",
				Advice: "shorten Prices to the models in use, or the lists of addresses: Lambda refuses the function",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.Environment <= maxEnvironment },
			value: func(d *Deployed) string { return fmt.Sprintf("%d bytes", d.Environment) },
			wants: func(d *Deployed) string {
				return fmt.Sprintf("at most %d (%d too many)", maxEnvironment, d.Environment-maxEnvironment)
			},
		},
		{
			Rule: Rule{
				Setting: "epoch", Relation: "epoch > 0 on a restored table",
				Advice: "raise Epoch by one with each restore: owners, answers and batches of before would still count",
			},
			known: Template,
			holds: func(d *Deployed) bool { return !d.Restored || d.Epoch > 0 },
			value: func(d *Deployed) string { return strconv.FormatInt(d.Epoch, 10) },
			wants: func(*Deployed) string { return "at least 1 on a restored table" },
		},
		flag("expiry of records", "the table's TTL is on", "enable time to live on the table: idempotency records would stay for ever",
			func(d *Deployed) bool { return d.TTL }),
		flag("point-in-time recovery", "it is on", "enable point-in-time recovery on the table: there would be nothing to restore from",
			func(d *Deployed) bool { return d.PITR }),
		flag("deletion protection", "it is on", "enable deletion protection on the table",
			func(d *Deployed) bool { return d.DeletionProtection }),
	}
}

// quotaRules are about the account's limits.
func quotaRules() []rule {
	return []rule{
		{
			Rule: Rule{
				Setting: "limits of the model", Relation: "requests and output tokens per minute are known, by MB_QUOTA_RPM and MB_QUOTA_OTPM or by Claude's answers",
				Advice: "set MB_QUOTA_RPM and MB_QUOTA_OTPM (QuotaRequests and QuotaOutput in the template) to the account's limits: nothing else says whether the calls fit",
			},
			known: Template,
			holds: func(d *Deployed) bool { return d.QuotaRequests > 0 && d.QuotaOutput > 0 },
			value: func(d *Deployed) string {
				return perMinute(d.QuotaRequests) + " requests and " + perMinute(d.QuotaOutput) + " output tokens per minute"
			},
			wants: func(*Deployed) string { return "both known" },
		},
		{
			Rule: Rule{
				Setting: "calls at once", Relation: "maximum concurrency x calls <= quota per minute / 60 x latency in seconds; checked for 20 s, the long end: calls of 5 s fill the quota with a quarter as many open",
				Advice: "lower the mapping's MaximumConcurrency or MB_CALLS, or raise the account's limits: what is above them waits, paid by the second",
			},
			known: Template,
			holds: func(d *Deployed) bool {
				return d.QuotaRequests <= 0 && d.QuotaOutput <= 0 || d.MaxConcurrency*d.Calls <= d.UsefulCalls()
			},
			value: func(d *Deployed) string {
				return fmt.Sprintf("%d (%d invocations x %d calls)", d.MaxConcurrency*d.Calls, d.MaxConcurrency, d.Calls)
			},
			wants: func(d *Deployed) string {
				useful := d.UsefulCalls()
				text := fmt.Sprintf("at most %d for %s per call (%d too many)", useful, or(d.Latency, UsualLatency), d.MaxConcurrency*d.Calls-useful)
				if d.Latency > 0 {
					return text
				}
				return fmt.Sprintf("%s, %d for %s", text, d.UsefulCallsOf(quickLatency), quickLatency)
			},
		},
	}
}

func perMinute(limit int) string {
	if limit <= 0 {
		return "unknown"
	}
	return strconv.Itoa(limit)
}

func spendRules() []rule {
	return []rule{
		{
			Rule: Rule{
				Setting: "model", Relation: "the price table knows it",
				Advice: "set MB_MODEL to a model with a price, or name a newer price table in MB_PRICES: what has no price is refused",
			},
			holds: func(d *Deployed) bool { return d.prices().Knows(d.Model) == nil },
			value: func(d *Deployed) string { return Shown(d.Model) },
			wants: func(d *Deployed) string { return "a model in the price table of " + d.prices().Version() },
		},
		{
			Rule: Rule{
				Setting: "allow-list", Relation: "an e-mail address or a domain is on it",
				Advice: "set MB_ALLOWED_EMAILS or MB_ALLOWED_DOMAINS: nobody can sign in",
			},
			known: Template,
			holds: func(d *Deployed) bool { return len(d.AllowedEmails)+len(d.AllowedDomains) > 0 },
			value: func(*Deployed) string { return "empty" },
			wants: func(*Deployed) string { return "at least one e-mail address or domain" },
		},
		flag("budget required", "MB_REQUIRE_BUDGET is true", "set MB_REQUIRE_BUDGET to true: without it no budget means no limit",
			func(d *Deployed) bool { return d.RequireBudget }),
		{
			Rule: Rule{
				Setting: "this month's budget", Relation: "there is one of all businesses together, above zero",
				Advice: "set a budget of all businesses for this month: until then nothing limits what they spend together",
			},
			known: Account,
			holds: func(d *Deployed) bool { return d.Budget != nil && *d.Budget > 0 },
			value: budget,
			wants: func(*Deployed) string { return "above zero" },
		},
	}
}

// flag is a relation of something that is on or off.
func flag(setting, relation, advice string, on func(*Deployed) bool) rule {
	return rule{Rule: Rule{setting, relation, advice}, known: Template, holds: on,
		value: func(*Deployed) string { return "off" }, wants: func(*Deployed) string { return "on" }}
}

func span(of func(*Deployed) time.Duration) func(*Deployed) string {
	return func(d *Deployed) string { return of(d).String() }
}

func count(of func(*Deployed) int) func(*Deployed) string {
	return func(d *Deployed) string { return strconv.Itoa(of(d)) }
}

func budget(d *Deployed) string {
	if d.Budget == nil {
		return "not set"
	}
	return d.Budget.String()
}

// prices is the table for new calls.
func (d *Deployed) prices() *cost.Table {
	if len(d.Prices) == 0 {
		return cost.Prices()
	}
	return d.Prices[0]
}
