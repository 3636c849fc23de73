package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/retry"
	"github.com/marketbrewer/marketbrewer/ports"
)

// next moves the task on after its attempt was resolved.
func (c *change) next(a job.Attempt, r *result) error {
	t := &c.parcel.Tasks[a.Task]
	switch r.fate {
	case fateAnswered:
		return c.judged(t, a, r)
	case fateRejected:
		c.shard.Window.Add(true)
		if err := c.fail(t, job.CodeProviderRejected); err != nil {
			return err
		}
		return c.failureRate()
	case fateNotBegun:
		if r.wait > 0 {
			return c.wait(t, r.reason, c.now.Add(r.wait))
		}
		return c.wait(t, job.ReasonRetry, c.now)
	case fateRefused:
		if r.kind == fault.Unauthorized || r.kind == fault.SpendCap {
			c.tell(ports.Event{Name: ports.EventProviderStopped, Ordinal: c.ordinal(a.Task), Attempt: a.Number, Fault: string(r.kind), Detail: r.detail})
			if err := c.pause(job.PauseProvider, r.detail); err != nil {
				return err
			}
		}
		return c.again(t, r, retry.Refused, r.reason, job.CodeProviderUnavailable)
	}
	return c.again(t, r, retry.Unknown, job.ReasonRetry, job.CodeAttemptsExhausted)
}

func (c *change) judged(t *job.Task, a job.Attempt, r *result) error {
	verdict := r.stored.Verdict
	switch verdict.Outcome {
	case job.Accepted:
		c.shard.Window.Add(false)
		if err := t.Complete(a.Number); err != nil {
			return err
		}
		// With this one enough may have been judged to see that most of the others failed.
		return c.failureRate()
	case job.Again:
		t.LastJudged = a.Number
		if err := c.again(t, r, retry.Judged, job.ReasonRetry, verdict.Code); err != nil {
			return err
		}
		if t.State != job.TaskFailed {
			return nil
		}
	default:
		t.LastJudged = a.Number
		if err := c.fail(t, verdict.Code); err != nil {
			return err
		}
	}
	c.shard.Window.Add(true)
	return c.failureRate()
}

// failureRate pauses the job when more than half of what was judged lately failed for good. What was judged before the
// last wish reached the shard says nothing about the time after it.
func (c *change) failureRate() error {
	if !c.shard.Window.Failing() {
		return nil
	}
	header, err := c.job()
	if err != nil || c.shard.Wish < header.Wish {
		return err
	}
	return c.pause(job.PauseFailureRate, "more than half of the last tasks failed for good: look at their codes, then resume or cancel")
}

// again counts a failed attempt and lets the task wait for the next one, or fails it when its limits are used up.
func (c *change) again(t *job.Task, r *result, cause retry.Cause, reason job.Reason, code job.Code) error {
	if since := c.now.Add(-r.down); cause == retry.Refused && (t.RefusedSince.IsZero() || since.Before(t.RefusedSince)) {
		// While the provider refuses everything, most tasks are not even tried.
		t.RefusedSince = since
	}
	used := retry.Count{Judged: t.Judged, Unknown: t.Unknown, Refusals: t.Refusals, RefusedSince: t.RefusedSince}
	d := c.e.options.Retry.Next(retryLimits(c.f.limits), used, cause, c.now, r.wait, r.jitter)
	t.Judged, t.Unknown, t.Refusals, t.RefusedSince = d.Count.Judged, d.Count.Unknown, d.Count.Refusals, d.Count.RefusedSince
	if cause == retry.Refused && c.now.Sub(t.RefusedSince) >= c.f.bearable(c.now) {
		d.Retry = false
	}
	if !d.Retry {
		return c.fail(t, code)
	}
	if c.f.deadline.After(c.now) {
		d.At = earlier(d.At, c.f.deadline)
	}
	return c.wait(t, reason, d.At)
}

// fail ends the task with a code. One that a cancel met while it was made again keeps what it had.
func (c *change) fail(t *job.Task, code job.Code) error {
	if c.shard.Gate == job.GateCancelled && t.Accepted > 0 {
		return t.Cancel()
	}
	return t.Fail(code)
}

// wait lets the task wait, or cancels it when the shard has taken a cancel.
func (c *change) wait(t *job.Task, reason job.Reason, until time.Time) error {
	if c.shard.Gate == job.GateCancelled {
		return t.Cancel()
	}
	return t.Wait(reason, until)
}
