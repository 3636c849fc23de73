package engine

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fate is what became of an attempt, as far as its money goes.
type fate uint8

const (
	// fateAnswered: an answer arrived and is stored.
	fateAnswered fate = iota
	// fateRefused: the provider refused to start; nothing was billed.
	fateRefused
	// fateRejected: the provider refuses this request for good; nothing was billed.
	fateRejected
	// fateNotBegun: the call was not made.
	fateNotBegun
	// fateUnknown: it may have been billed.
	fateUnknown
	// fateAbandoned: an answer arrived and could not be stored; whoever takes the parcel over resolves it.
	fateAbandoned
)

// result is what one call came to.
type result struct {
	flight
	fate   fate
	stored *job.Stored
	// reason and wait say why and how long the provider refused; kind is the fault.
	reason job.Reason
	wait   time.Duration
	kind   fault.Kind
	detail string
	jitter float64
}

// free reports whether it is certain that nothing was billed.
func (r *result) free() bool {
	switch r.fate {
	case fateRefused, fateRejected, fateNotBegun:
		return true
	case fateAnswered:
		return r.stored.Unbilled
	}
	return false
}

// make makes the call, judges the answer and stores it. It never panics: a bug in model or kind becomes a result.
func (w *parcelWork) make(ctx context.Context, c call) (r result) {
	r = result{flight: c.flight, fate: fateNotBegun}
	defer func() {
		if p := recover(); p != nil {
			w.e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: w.f.tenant, Job: string(w.f.id), Ordinal: c.ordinal, Attempt: c.attempt, Fault: string(fault.Internal), Detail: fault.OneLine(fault.New(fault.Internal, "call panicked: %v", p), 300)})
			if r.fate == fateNotBegun {
				r.fate = fateUnknown
			}
		}
		r.jitter = w.e.IDs.Jitter()
	}()
	if !w.mayBegin(ctx, c) {
		return r
	}
	begun := w.e.Clock.Now()
	callCtx, cancel := w.e.Clock.WithDeadline(ctx, begun.Add(w.e.options.CallTimeout))
	reply, err := w.e.Model.Call(callCtx, c.request)
	cancel()
	took := w.e.Clock.Now().Sub(begun)
	if err != nil {
		r = failed(c, err)
	} else {
		r = w.judge(ctx, c, reply, begun.Add(took), took)
	}
	w.e.observe(ctx, ports.Event{
		Name: ports.EventCall, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number,
		Ordinal: c.ordinal, Attempt: c.attempt, Duration: took, Fault: string(r.kind), Detail: r.detail,
	})
	return r
}

// mayBegin reports whether the call still fits under the lease and the deadline, and the shard was read open lately.
func (w *parcelWork) mayBegin(ctx context.Context, c call) bool {
	now := w.e.Clock.Now()
	ends := now.Add(w.e.options.CallTimeout + w.e.options.Margin)
	if ends.After(c.leaseEnd) || ctx.Err() != nil || now.Before(c.readAt) {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && ends.After(deadline) {
		return false
	}
	if now.Sub(c.readAt) <= w.e.options.Fresh {
		return true
	}
	shard, err := w.e.shard(ctx, w.f, w.shard)
	return err == nil && shard.Gate == job.GateOpen && w.e.Clock.Now().Sub(now) <= w.e.options.Fresh
}

// failed says what a call without an answer came to.
func failed(c call, err error) result {
	r := result{flight: c.flight, kind: fault.KindOf(err), wait: fault.RetryAfter(err), detail: fault.OneLine(err, 300)}
	switch {
	case fault.Unknown(err):
		r.fate = fateUnknown
	case errors.Is(err, fault.Throttled):
		r.fate, r.reason = fateRefused, job.ReasonQuota
	case errors.Is(err, fault.Overloaded):
		r.fate, r.reason = fateRefused, job.ReasonBreaker
	case errors.Is(err, fault.Unavailable), errors.Is(err, fault.Unauthorized), errors.Is(err, fault.SpendCap):
		r.fate, r.reason = fateRefused, job.ReasonRetry
	case errors.Is(err, fault.Rejected), errors.Is(err, fault.Invalid):
		r.fate = fateRejected
	default:
		r.fate = fateUnknown
	}
	return r
}

// judge asks the plan for its verdict and stores the answer before anything is settled by it.
func (w *parcelWork) judge(ctx context.Context, c call, reply ports.Reply, at time.Time, took time.Duration) result {
	stored := &job.Stored{
		Ordinal: c.ordinal, Attempt: c.attempt, Stop: reply.Stop, Usage: reply.Usage,
		UsageOK: reply.UsageOK && reply.Usage.Check() == nil, Unbilled: reply.Unbilled,
		Model: cut(reply.Model, 128), MessageID: cut(reply.MessageID, 128), RequestID: cut(reply.RequestID, 128), At: at, Took: took,
		Verdict: accept(w.plan, c, reply.Answer),
	}
	if stored.Verdict.Outcome != job.Accepted {
		stored.Verdict.Output = []byte(cut(reply.Text, maxAnswer))
	}
	stored.Content()
	r := result{flight: c.flight, stored: stored, detail: string(stored.Verdict.Code)}
	key := answerKey(w.f.id, w.shard, c.ordinal, c.attempt)
	err := w.e.persist(ctx, c.leaseEnd.Add(-w.e.options.Margin), func() error {
		return w.e.Store.Update(ctx, nil, func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: key, Kind: kindAnswer, Body: stored.Pack()})
			return nil
		})
	})
	// The attempt's number was given to this call alone: an answer that is there already is this one.
	if err != nil && !errors.Is(err, fault.Conflict) {
		r.fate, r.kind, r.detail = fateAbandoned, fault.KindOf(err), fault.OneLine(err, 300)
	}
	return r
}

// maxAnswer bounds what is kept of an answer.
const maxAnswer = ports.MaxBody - 8<<10

// accept asks the plan for a verdict. A panic of the plan, and an outcome that does not exist, fail the task; a result
// too large to be stored does too.
func accept(plan job.Plan, c call, answer job.Answer) (v job.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = job.Verdict{Outcome: job.Failed, Code: job.CodeInternal, Detail: cut(fault.New(fault.Internal, "accept panicked: %v", p).Error(), 500)}
		}
	}()
	v = plan.Accept(c.ordinal, c.try, answer)
	v.Detail = cut(v.Detail, 500)
	switch {
	case v.Outcome == job.Accepted && len(v.Output) > maxAnswer:
		return job.Verdict{Outcome: job.Failed, Code: job.CodeOutputInvalid, Detail: "the result is larger than can be stored"}
	case v.Outcome == job.Accepted:
		v.Code = ""
	case v.Outcome != job.Again && v.Outcome != job.Failed:
		return job.Verdict{Outcome: job.Failed, Code: job.CodeInternal, Detail: "the kind judged with an outcome that does not exist"}
	case v.Code == "":
		v.Code = job.CodeOutputInvalid
	}
	return v
}

// cut shortens a text to at most n bytes, at a character's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
