package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
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
	// reason and wait say why and how long the provider refused, or the call was held back; kind is the fault.
	reason job.Reason
	wait   time.Duration
	// down is how long the provider has refused all calls, this one included.
	down   time.Duration
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
			w.e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Ordinal: c.ordinal, Attempt: c.attempt, Fault: string(fault.Internal), Detail: fault.OneLine(fault.New(fault.Internal, "call panicked: %v", p), 300)})
			if r.fate == fateNotBegun {
				r.fate = fateUnknown
			}
		}
		r.jitter = w.e.IDs.Jitter()
	}()
	begun, may := w.mayBegin(ctx, c, &r)
	if !may {
		w.unwarm(ctx, c)
		return r
	}
	reply, err := w.call(ctx, c, begun)
	took := w.e.Clock.Now().Sub(begun)
	amount := cost.Pico(0)
	if err != nil {
		r = failed(c, err)
		r.down = w.saw(ctx, c, reply, err)
	} else {
		// Nothing comes before a paid answer is stored.
		r = w.judge(ctx, c, reply, begun.Add(took), took)
		amount, _ = w.e.priced(c.terms, r.stored)
		w.saw(ctx, c, reply, nil)
	}
	w.e.observe(ctx, ports.Event{
		Name: ports.EventCall, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Model: c.request.Model, Parcel: w.number,
		Ordinal: c.ordinal, Attempt: c.attempt, Duration: took, Amount: amount, ProviderRequest: cut(reply.RequestID, cost.MaxID),
		Fault: string(r.kind), Detail: r.detail,
	})
	return r
}

// call makes the call with its own deadline.
func (w *parcelWork) call(ctx context.Context, c call, begun time.Time) (ports.Reply, error) {
	ctx, cancel := w.e.Clock.WithDeadline(ctx, begun.Add(w.e.options.CallTimeout))
	defer cancel()
	return w.e.Model.Call(ctx, c.request)
}

// mayBegin waits for the call's start and reports whether it still fits under the lease and the deadline, the provider is
// to be called, and the shard was read open lately. It says when it looked: that is when the call begins.
func (w *parcelWork) mayBegin(ctx context.Context, c call, r *result) (time.Time, bool) {
	if !w.awaitStart(ctx, c) {
		return c.start, false
	}
	if held, until := w.mayCall(ctx, c); held != "" {
		// Not for all of the time: somebody may mend it, and what comes too early is held back before it is leased.
		r.reason, r.wait = reasonOf(held), min(until.Sub(w.e.Clock.Now()), heldBack)
		if r.wait <= 0 {
			// Open beyond its time: whoever asks next is the probe, and this call is not.
			r.wait = heldBack
		}
		return until, false
	}
	readAt, now := c.readAt, w.e.Clock.Now()
	if now.Sub(readAt) > w.e.options.Fresh && !w.past(ctx, c, now) {
		readAt = now
		shard, err := w.e.shard(ctx, w.f, w.shard)
		if err != nil {
			return now, false
		}
		if shard.Gate != job.GateOpen {
			w.closed.Store(true)
		}
		now = w.e.Clock.Now()
	}
	return now, !w.closed.Load() && !now.Before(readAt) && now.Sub(readAt) <= w.e.options.Fresh && !w.past(ctx, c, now)
}

// past reports whether a call that is begun now might not end under its lease, or before its context.
func (w *parcelWork) past(ctx context.Context, c call, now time.Time) bool {
	return now.Add(w.e.options.CallTimeout+w.e.options.Margin).After(c.leaseEnd) || ctx.Err() != nil || w.e.late(ctx, now)
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
	err := w.e.persist(ctx, c.leaseEnd.Add(-w.e.options.Margin), func() error { return w.keep(ctx, c, &r) })
	// The attempt's number was given to this call alone: an answer that is there already is this one.
	if err != nil && !errors.Is(err, fault.Conflict) {
		r.fate, r.kind, r.detail = fateAbandoned, fault.KindOf(err), fault.OneLine(err, 300)
	}
	return r
}

// keep stores the answer. After the lease's end somebody may have presumed the attempt: then its adjust is written along,
// so that what is stored is settled whatever becomes of this worker.
func (w *parcelWork) keep(ctx context.Context, c call, r *result) error {
	answer := ports.Record{Key: answerKey(w.f.id, w.shard, c.ordinal, c.attempt), Kind: kindAnswer, Body: r.stored.Pack()}
	err := w.e.Store.Update(ctx, nil, func(tx ports.Tx) error {
		// Looked at as late as can be: a store that was slow may have let the lease end.
		if w.e.Clock.Now().After(c.leaseEnd) {
			return errNothing
		}
		tx.Create(answer)
		return nil
	})
	if !errors.Is(err, errNothing) {
		return err
	}
	err = w.e.update(ctx, w.f, w.shard, w.number, nil, func(change *change) error {
		change.tx.Create(answer)
		return change.late(r)
	})
	if !errors.Is(err, fault.Conflict) {
		return err
	}
	// It is stored already, by a create whose outcome was not learnt.
	return w.e.update(ctx, w.f, w.shard, w.number, nil, func(change *change) error { return change.late(r) })
}

// What is kept of an answer, and of the words that a kind says about it: each is stored with every task, 25 to a record.
const (
	maxAnswer = ports.MaxBody - 16<<10
	maxWord   = 64
	maxFlags  = 100
)

// accept asks the plan for a verdict. A panic of the plan, and an outcome that does not exist, fail the task; a result
// too large to be stored does too.
func accept(plan job.Plan, c call, answer job.Answer) (v job.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = job.Verdict{Outcome: job.Failed, Code: job.CodeInternal, Detail: cut(fault.New(fault.Internal, "accept panicked: %v", p).Error(), 500)}
		}
	}()
	v = plan.Accept(c.ordinal, c.try, answer)
	v.Detail, v.Code = cut(v.Detail, 500), job.Code(cut(string(v.Code), maxWord))
	v.Flags = slices.Clone(v.Flags[:min(len(v.Flags), maxFlags)])
	for i := range v.Flags {
		v.Flags[i] = cut(v.Flags[i], maxWord)
	}
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
