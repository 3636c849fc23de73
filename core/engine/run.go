package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// run makes the calls of a leased parcel: this function alone owns the parcel and settles, one caller per task makes calls
// beside it. They share two boxes and nothing else.
func (w *parcelWork) run(ctx context.Context) error {
	w.calls, w.box = w.e.Group.NewBox(), w.e.Group.NewBox()
	w.e.works(w.box, true)
	defer w.e.works(w.box, false)
	lanes := w.f.layout.TasksOf(w.number)
	// Every lane has ended then: the slots of calls whose results nobody waited for are free again.
	defer func() { w.spare += w.inFlight() }()
	return w.e.Group.Run(ctx, lanes+1, func(ctx context.Context, i int) error {
		if i > 0 {
			return w.caller(ctx)
		}
		defer func() {
			for range lanes {
				w.calls.Put(nil)
			}
		}()
		return w.own(ctx)
	})
}

// caller makes one call after the other until it is told to end.
func (w *parcelWork) caller(ctx context.Context) error {
	for {
		value, ok := w.calls.Take(ctx, time.Time{})
		c, more := value.(call)
		if !ok || !more {
			return nil
		}
		w.box.Put(w.make(ctx, c))
	}
}

// own hands out calls and settles what comes back, until no attempt is open but those that are left to others.
func (w *parcelWork) own(ctx context.Context) error {
	w.handOut()
	for len(w.flying) > w.left {
		if err := w.collect(ctx); err != nil {
			return err
		}
		if !w.flush(ctx) {
			continue
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		w.handOut()
	}
	return nil
}

// handOut gives opened attempts to the lanes; each has a slot.
func (w *parcelWork) handOut() {
	for _, c := range w.begin {
		w.flying[c.flight] = true
		w.spare--
		w.calls.Put(c)
	}
	w.begin = nil
	w.releaseSlots(w.ready)
}

// inFlight is how many calls have not come back.
func (w *parcelWork) inFlight() int { return len(w.flying) - len(w.results) - w.left }

// collect waits for a result until it is time to flush, and takes all others that are there.
func (w *parcelWork) collect(ctx context.Context) error {
	value, ok := w.box.Take(ctx, w.flushAt(ctx))
	for ok {
		r, back := value.(result)
		if !back {
			return nil // the process is to end
		}
		if w.take(ctx, r); w.inFlight() == 0 {
			return nil
		}
		value, ok = w.box.Take(ctx, time.Unix(1, 0))
	}
	if err := ctx.Err(); err != nil && len(w.results) == 0 {
		return err
	}
	return nil
}

func (w *parcelWork) take(ctx context.Context, r result) {
	w.spare++
	if r.fate == fateAbandoned {
		w.left++
		w.e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Ordinal: w.number*w.f.layout.ParcelSize + r.task, Attempt: r.attempt, Fault: string(r.kind), Detail: r.detail})
	} else {
		if len(w.results) == 0 {
			w.oldest = w.e.Clock.Now()
		}
		w.results = append(w.results, r)
	}
	if r.stored != nil {
		w.verdicts[r.flight] = r.stored.Verdict
	}
	w.releaseSlots(w.wanted())
}

// wanted is how many tasks the next settle may start.
func (w *parcelWork) wanted() int {
	if w.left > 0 {
		return 0
	}
	return min(w.ready+w.hungry+w.dueAgain(), w.f.layout.TasksOf(w.number))
}

// dueAgain counts the results whose tasks may be tried again at once.
func (w *parcelWork) dueAgain() int {
	n := 0
	for _, r := range w.results {
		if r.fate == fateNotBegun || r.stored != nil && r.stored.Verdict.Outcome == job.Again {
			n++
		}
	}
	return n
}

// flushAt is when the results must be settled: never while there are none.
func (w *parcelWork) flushAt(ctx context.Context) time.Time {
	if len(w.results) == 0 {
		return time.Time{}
	}
	at := w.oldest.Add(w.e.options.FlushAfter)
	if deadline, ok := ctx.Deadline(); ok {
		at = earlier(at, deadline.Add(-w.e.options.FlushBefore))
	}
	return at
}

// flush reports whether it is time to settle.
func (w *parcelWork) flush(ctx context.Context) bool {
	if len(w.results) == 0 {
		return false
	}
	return len(w.results) >= w.e.options.FlushResults || w.inFlight() == 0 || ctx.Err() != nil || w.e.drain.Load() ||
		!w.e.Clock.Now().Before(w.flushAt(ctx))
}

// settle resolves the results in one Update, which may also open the next attempts.
func (w *parcelWork) settle(ctx context.Context) error {
	w.takeSlots(ctx, w.wanted())
	if err := w.askMore(ctx); err != nil {
		w.e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
	readAt := w.e.Clock.Now()
	until := readAt.Add(w.e.options.CallTimeout)
	err := w.e.persist(ctx, until, func() error {
		readAt = w.e.Clock.Now()
		return w.e.update(ctx, w.f, w.shard, w.number, nil, func(c *change) error {
			return w.resolve(c, w.fit(ctx, readAt))
		})
	})
	if ctx.Err() != nil && err != nil {
		return err
	}
	if err != nil {
		return fault.New(fault.KindOf(err), "engine: settle parcel %d of job %s: %w", w.number, w.f.id, err)
	}
	w.stamp(readAt)
	for _, r := range w.results {
		delete(w.flying, r.flight)
	}
	w.results = w.results[:0]
	w.carry(ctx)
	return nil
}

// fit is how many calls may be begun now: none when an answer was left to others, or when a call would not end before the
// context does. Held and voided again, attempts would only fill the ledger.
func (w *parcelWork) fit(ctx context.Context, now time.Time) int {
	if w.left > 0 || w.e.late(ctx, now) {
		return 0
	}
	return w.allow.calls(w.spare)
}

// lastBegin is when a call must have begun to end before the context does; zero for no such time.
func (e *Engine) lastBegin(ctx context.Context) time.Time {
	deadline, some := ctx.Deadline()
	if !some {
		return time.Time{}
	}
	return deadline.Add(-e.options.CallTimeout - e.options.Margin)
}

// late reports whether a call that is begun now may not end before the context does.
func (e *Engine) late(ctx context.Context, now time.Time) bool {
	deadline, some := ctx.Deadline()
	return some && now.Add(e.options.CallTimeout+e.options.Margin).After(deadline)
}
