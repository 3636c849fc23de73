package engine

import (
	"math"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// open starts tasks that can run now: next attempt number, a hold, state running. What does not fit the budget waits
// for it, and money that is too little for anything goes back to the job.
func (c *change) open(w *parcelWork, slots int) error {
	if err := c.pickUp(w); err != nil {
		return err
	}
	if w.lane == cost.Batch {
		slots = 0 // what is due is collected; a worker is there for what an ended lease has left
	}
	c.opening, c.retries = true, 0
	c.entries = slices.Grow(c.entries, min(slots, len(c.parcel.Tasks)))
	short := false
	if !w.e.drain.Load() && c.shard.Gate == job.GateOpen {
		first := c.first(w)
		for n := range c.parcel.Tasks {
			if len(w.begin) >= slots {
				break
			}
			i := (first + n) % len(c.parcel.Tasks)
			if !w.e.due(&c.parcel.Tasks[i], c.now) {
				continue
			}
			fits, err := c.start(w, i)
			if err != nil {
				return err
			}
			short = short || !fits
		}
	}
	if short {
		return c.giveBack()
	}
	return nil
}

// first is the task that starts before the others: of a probe, which is likely to break off, the one with the fewest unknown
// outcomes to its name. A task that made all probes of an outage would fail of it.
func (c *change) first(w *parcelWork) (first int) {
	if !w.allow.probe {
		return 0
	}
	least := math.MaxInt
	for i := range c.parcel.Tasks {
		if t := &c.parcel.Tasks[i]; t.Unknown < least && w.e.due(t, c.now) {
			first, least = i, t.Unknown
		}
	}
	return first
}

// pickUp finds the attempts that an earlier, unacknowledged run of the same Update has opened. They are begun too, or
// voided when this run has read the shard closed.
func (c *change) pickUp(w *parcelWork) error {
	for i := 0; i < len(c.parcel.Open); {
		a := c.parcel.Open[i]
		f := flight{a.Task, a.Number}
		switch {
		case w.flying[f]:
			i++
		case c.shard.Gate == job.GateOpen:
			request, _, err := w.request(c.parcel, a.Task)
			if err != nil {
				return err
			}
			w.begin = append(w.begin, call{flight: f, ordinal: c.ordinal(a.Task), try: w.try(c.parcel, a.Task), request: request, terms: a.Terms})
			i++
		default:
			c.parcel.TakeOpen(a.Task, a.Number)
			if err := c.close(a, &result{flight: f, fate: fateNotBegun}); err != nil {
				return err
			}
		}
	}
	return nil
}

// start opens one attempt at the task, unless its hold does not fit.
func (c *change) start(w *parcelWork, i int) (fits bool, err error) {
	t := &c.parcel.Tasks[i]
	request, known, err := w.request(c.parcel, i)
	if err != nil {
		return true, c.refuse(i, job.CodeInternal, err)
	}
	if !known {
		// Somebody else judged this task since we looked: the next message knows the verdict.
		return true, t.Wait(job.ReasonRetry, c.now)
	}
	if t.Retries() && !w.allow.unlimited {
		if c.retries++; c.retries > w.allow.retries {
			// The budget of retries is used up: this one waits, and takes nobody's start.
			return true, t.Wait(job.ReasonRetry, later(w.allow.retryAt, c.now.Add(time.Second)))
		}
	}
	if request.Model != c.f.model {
		return true, c.refuse(i, job.CodeInternal, fault.New(fault.Internal, "engine: task %d asks for model %.80q, its job is of %s: a job has one model", c.ordinal(i), request.Model, c.f.model))
	}
	hold, err := c.e.bound(w.lane, request)
	if err != nil {
		return true, c.refuse(i, job.CodeProviderRejected, err)
	}
	if fits, err = c.afford(hold); err != nil || !fits {
		if err == nil {
			err = t.Wait(job.ReasonBudget, time.Time{})
		}
		return false, err
	}
	if c.shard.Account, err = c.shard.Account.Hold(hold); err != nil {
		return false, err
	}
	number, err := t.Start()
	if err != nil {
		return false, err
	}
	terms := cost.Terms{Model: request.Model, Lane: w.lane, PriceVersion: c.e.options.Prices[0].Version()}
	c.parcel.Begin(job.Attempt{Task: i, Number: number, Hold: hold, Terms: terms})
	c.entries = append(c.entries, cost.Entry{Kind: cost.EntryHold, Ordinal: c.ordinal(i), Attempt: number, Amount: hold, Terms: terms})
	w.begin = append(w.begin, call{flight: flight{i, number}, ordinal: c.ordinal(i), try: w.try(c.parcel, i), request: request, terms: terms})
	return true, nil
}

// refuse fails a task of which no request can be made or priced.
func (c *change) refuse(i int, code job.Code, cause error) error {
	t := &c.parcel.Tasks[i]
	c.tell(ports.Event{Name: ports.EventFault, Ordinal: c.ordinal(i), Fault: string(fault.KindOf(cause)), Detail: fault.OneLine(cause, 300)})
	if err := t.Fail(code); err != nil {
		return err
	}
	c.shard.Window.Add(true)
	return c.failureRate()
}

// afford makes sure that the shard has the money for a hold, drawing from the job what is missing.
func (c *change) afford(hold cost.Pico) (bool, error) {
	if c.shard.Account.Overrun > 0 {
		return false, nil
	}
	if missing := hold - c.shard.Account.Free(); missing > 0 {
		if err := c.fund(missing); err != nil {
			return false, err
		}
	}
	if c.shard.Account.Free() >= hold {
		return true, nil
	}
	if c.shard.Short == 0 || hold < c.shard.Short {
		c.shard.Short = hold
	}
	return false, nil
}

func (w *parcelWork) try(p *job.Parcel, i int) job.Try {
	t := &p.Tasks[i]
	return job.Try{Attempt: t.Judged + 1, Last: w.verdicts[flight{i, t.LastJudged}]}
}

// request is the next call of a task; false when the verdict that it depends on has not been read. A panic of the plan is
// an error.
func (w *parcelWork) request(p *job.Parcel, i int) (r job.Request, known bool, err error) {
	t := &p.Tasks[i]
	if _, known := w.verdicts[flight{i, t.LastJudged}]; t.LastJudged > 0 && !known {
		return job.Request{}, false, nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Internal, "engine: the plan panicked on the request of task %d: %v", p.First+i, v)
		}
	}()
	r = w.plan.Request(p.First+i, w.try(p, i))
	r.Cache = cacheFor(w.e.options.Prices[0], r.Model, int64(w.f.layout.Tasks), prefixBytes(r))
	return r, true, nil
}

// bound is the hold of a request.
func (e *Engine) bound(lane cost.Lane, r job.Request) (cost.Pico, error) {
	return e.options.Prices[0].Bound(r.Model, lane, r.Cache, inputBound(r), int64(r.MaxTokens))
}
