package engine

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// ahead is how far ahead of a lease a call may start at most. Further ahead what the provider allows may have changed.
const ahead = 30 * time.Second

// heldBack is after how long a call that was held back at the last moment is looked at again.
const heldBack = 10 * time.Second

// allowance is what the provider's record has granted to a parcel's work.
type allowance struct {
	// starts are when calls may start, need is what each is booked with. unlimited: nothing is known of the provider, and
	// calls start when they are ready.
	starts    []time.Time
	need      quota.Need
	unlimited bool
	// retries is how many of the calls may repeat an attempt whose outcome is unknown; retryAt when one more could.
	retries int
	retryAt time.Time
	// probe and warms say what the one call is for; prefix is the stable part of the prompts.
	probe, warms bool
	prefix       string
	// asker is the name under which it was asked for, asked how often this work has asked.
	asker string
	asked int
	// again is when to ask again when nothing was granted, because of held: a little later than it could be, and not for
	// all at one time. Otherwise whoever asked last, with a call that failed, would always be the next to probe.
	again time.Time
	held  quota.Reason
}

// calls is how many calls the allowance has.
func (a *allowance) calls(slots int) int {
	if a.unlimited {
		return slots
	}
	return min(slots, len(a.starts))
}

// ask asks the provider's record for up to n calls, unless enough are left from before.
func (w *parcelWork) ask(ctx context.Context, n, retries int, prefix string) error {
	now := w.e.Clock.Now()
	w.allow.drop(now.Add(-w.e.options.Fresh))
	if n < 1 || len(w.allow.starts) >= n {
		return nil
	}
	p := w.e.pacer(w.f.model)
	known, written, err := w.e.lookAtProvider(ctx, p)
	if err != nil && fault.KindOf(err) != fault.Newer {
		return err
	}
	if err != nil || !written && prefix == "" {
		w.allow = allowance{unlimited: true, retries: retries, asked: w.allow.asked}
		return nil
	}
	left, asked := w.allow.starts, w.allow.asked+1
	request := quota.Ask{
		// Each ask under a name of its own: under one a probe, or what has the prefix stored, is granted again.
		Owner: w.owner.String() + "/" + strconv.Itoa(asked), Calls: n - len(left), Retries: retries, Within: w.within(ctx, now),
		Likely: w.guess(known), Prefix: prefix,
	}
	var g quota.Grant
	err = w.e.updateProvider(ctx, p, func(known quota.Provider, now time.Time) (quota.Provider, bool) {
		var after quota.Provider
		after, g = known.Ask(now, request)
		return after, len(g.Starts) > 0
	})
	if err != nil {
		return err
	}
	if g.Probe || g.Warms {
		p.tell(quota.Report{Unused: left})
		left = nil
	}
	if g.Warms {
		p.warm(prefix, now)
	}
	w.allow = allowance{
		starts: append(left, g.Starts...), need: g.Need, retries: g.Retries, retryAt: g.RetryAt,
		probe: g.Probe, warms: g.Warms, prefix: prefix, asker: request.Owner, asked: asked, held: g.Reason,
	}
	if g.Reason != "" {
		w.allow.again = g.Again.Add(w.e.apart(2 * time.Second))
	}
	return nil
}

// within is how far ahead a call may start: it has to end under a lease that is taken now, and before the context does.
func (w *parcelWork) within(ctx context.Context, now time.Time) time.Duration {
	o := w.e.options
	within := min(ahead, o.Lease-o.CallTimeout-2*o.Margin)
	if last := w.e.lastBegin(ctx); !last.IsZero() {
		within = min(within, last.Sub(now))
	}
	return max(within, 0)
}

// guess is what a call is likely to take, while the record has not learned it.
func (w *parcelWork) guess(known quota.Provider) quota.Need {
	if known.Likely.Requests > 0 {
		return quota.Need{}
	}
	guess := quota.Need{Requests: 1, Input: 2000, Output: 1000}
	if estimator, can := w.plan.(job.Estimator); can {
		est, n := estimator.Estimate(), int64(w.plan.Size())
		guess.Input, guess.Output = est.InputExpected/n, est.OutputExpected/n
	}
	return guess
}

// drop forgets starts that have passed.
func (a *allowance) drop(before time.Time) {
	for len(a.starts) > 0 && a.starts[0].Before(before) {
		a.starts = a.starts[1:]
	}
}

// stamp gives the attempts that were just opened the times that bound their calls, and their starts.
func (w *parcelWork) stamp(readAt time.Time) {
	for i := range w.begin {
		c := &w.begin[i]
		c.readAt, c.leaseEnd = readAt, readAt.Add(w.e.options.Lease)
		c.need, c.probe, c.warms, c.prefix, c.asker = w.allow.need, w.allow.probe, w.allow.warms, w.allow.prefix, w.allow.asker
		if len(w.allow.starts) > 0 {
			c.start = w.allow.starts[0]
			w.allow.starts = w.allow.starts[1:]
		}
	}
	// What was granted of retries was for these.
	w.allow.retries = 0
}

// askMore asks for what the next settle may start.
func (w *parcelWork) askMore(ctx context.Context) error {
	wanted := min(w.wanted(), w.spare)
	if w.left > 0 || w.e.late(ctx, w.e.Clock.Now()) {
		wanted = 0
	}
	return w.ask(ctx, wanted, min(w.retrying, wanted), w.allow.prefix)
}

// rouse lets the next call to a model through as a probe: somebody who should know says that it will be answered.
func (e *Engine) rouse(ctx context.Context, model string) {
	p := e.pacer(model)
	if _, written, err := e.lookAtProvider(ctx, p); err == nil && !written {
		return
	}
	err := e.updateProvider(ctx, p, func(known quota.Provider, now time.Time) (quota.Provider, bool) {
		if known.Down.IsZero() && known.Breaker.State != quota.Open {
			return known, false
		}
		known.Down, known.Breaker = time.Time{}, known.Breaker.Retry(now)
		return known, true
	})
	if err != nil {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Model: model, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
}

// returnStarts gives what was not used back to the others, and tells what a parcel's calls took: this process may not ask
// again for long.
func (w *parcelWork) returnStarts(ctx context.Context) {
	p := w.e.pacer(w.f.model)
	now := w.e.Clock.Now()
	// Its start may have passed meanwhile.
	unused := len(w.allow.starts) > 0
	w.allow.drop(now)
	report := quota.Report{Unused: w.allow.starts}
	if w.allow.warms && unused {
		report.Prefix, report.Owner = w.allow.prefix, w.allow.asker
	}
	if w.allow.warms {
		defer p.warmed(w.allow.prefix)
	}
	w.allow.starts = nil
	p.tell(report)
	if !report.Empty() || p.hasMuchToTell() {
		w.e.flushProvider(ctx, p)
	}
}

// awaitStart sleeps until the call may start. It looks up once a second, so that a worker that is to end, or has read its
// shard closed, does not wait for nothing.
func (w *parcelWork) awaitStart(ctx context.Context, c call) bool {
	for {
		now := w.e.Clock.Now()
		// A start that is further ahead than any that is granted: the clock was set back.
		if !c.start.After(now) || c.start.Sub(now) > ahead+w.e.options.Margin {
			return true
		}
		if w.e.drain.Load() || w.closed.Load() || w.e.Clock.Sleep(ctx, earlier(c.start, now.Add(time.Second))) != nil {
			return false
		}
	}
}

// mayCall asks the record, as it was read lately, whether the call may be made after all.
func (w *parcelWork) mayCall(ctx context.Context, c call) (quota.Reason, time.Time) {
	known, _, err := w.e.lookAtProvider(ctx, w.e.pacer(c.request.Model))
	if err != nil && fault.KindOf(err) != fault.Newer {
		return quota.HeldByBreaker, w.e.Clock.Now().Add(time.Second)
	}
	prober := ""
	if c.probe {
		prober = c.asker
	}
	return known.MayCall(w.e.Clock.Now(), prober)
}

// saw notes how a call went for the provider's record, and tells it at once what all others should know. It returns how
// long the provider has refused all calls.
func (w *parcelWork) saw(ctx context.Context, c call, reply ports.Reply, err error) time.Duration {
	if errors.Is(err, context.Canceled) {
		return 0
	}
	p := w.e.pacer(c.request.Model)
	r := quota.Report{Limits: limitsOf(reply.Limits)}
	now := w.e.Clock.Now()
	urgent := c.probe || c.warms || p.news(r.Limits)
	switch kind := fault.KindOf(err); kind {
	case "":
		r.Calls, r.OKAt, r.Booked = 1, now, c.need
		r.Input, r.Output = c.need.Input, c.need.Output
		if reply.UsageOK {
			r.Input, r.Output = reply.Usage.Prompt()-reply.Usage.CacheRead, reply.Usage.Output
		}
		r.Prefix, r.PrefixAt = c.prefix, c.start
	case fault.Throttled:
		r.Throttled, r.RetryAfter, urgent = 1, fault.RetryAfter(err), true
	case fault.Overloaded, fault.Unavailable:
		r.Failures, r.FailingSince, r.Kind, r.RetryAfter = 1, now, string(kind), fault.RetryAfter(err)
		r.Tripped, urgent = reply.Tripped, urgent || p.closedNow()
	case fault.Unauthorized, fault.SpendCap:
		r.Kind, urgent = string(kind), true
	}
	if c.warms && err != nil {
		r.Prefix, r.Owner, r.PrefixAt = c.prefix, c.asker, time.Time{}
	}
	r.Probed, r.ProbeOK = c.probe, r.Failures == 0 && r.Kind == ""
	p.tell(r)
	if urgent {
		w.e.flushProvider(ctx, p)
	}
	if c.warms {
		p.warmed(c.prefix)
	}
	return w.f.refusedFor(p.last(), now)
}

// reasonOf is the waiting reason of a task whose call was held back.
func reasonOf(held quota.Reason) job.Reason {
	if held == quota.HeldByBreaker {
		return job.ReasonBreaker
	}
	return job.ReasonQuota
}
