package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

// Those who wait for a prefix are spread over a moment for each parcel that is left of the job, and over so long at most.
const (
	prefixMoment = 250 * time.Millisecond
	prefixQueue  = 15 * time.Second
)

// holdBack has the parcel's message sent again for a time at which a start may be had, spread so that not all who wait
// come at once. While the shard is closed none is sent: whoever opens it sends for all.
func (w *parcelWork) holdBack(ctx context.Context) error {
	shard, err := w.e.shard(ctx, w.f, w.shard)
	if err != nil || shard.Gate != job.GateOpen {
		return err
	}
	now := w.e.Clock.Now()
	known, _, err := w.e.lookAtProvider(ctx, w.e.pacer(w.f.model))
	if err == nil && w.f.refusedFor(known, now) >= w.f.bearable(now) {
		return w.giveUp(ctx)
	}
	w.again, w.due = true, later(w.allow.again, now)
	if err == nil {
		left := int64(shard.Counts.Open()) * int64(w.f.layout.Shards)
		w.due = w.due.Add(w.e.apart(queue(w.allow.held, left, known, now)))
	}
	return nil
}

// queue is over how long all who wait are spread, when so many of the job's tasks are left. For their turn it is two thirds of what
// they take at the rate of a minute from now, as there may be a ramp: each comes about twice until it is its turn, and with all of
// that time some would come too late for starts that nobody has. For a prefix, which takes as long as one call, it is a moment for
// each parcel.
func queue(held quota.Reason, left int64, known quota.Provider, now time.Time) time.Duration {
	switch held {
	case quota.HeldByQuota:
		perMinute := max(known.PerMinute(now.Add(time.Minute)), 1)
		return min(time.Duration(2*left)*time.Minute/time.Duration(3*perMinute), MaxDelay-time.Minute)
	case quota.HeldByPrefix:
		return min(time.Duration(left/job.ParcelSize)*prefixMoment, prefixQueue)
	}
	return 0
}

// apart is a second and up to that much more.
func (e *Engine) apart(most time.Duration) time.Duration {
	return time.Second + time.Duration(e.IDs.Jitter()*float64(most))
}

// refusedFor is how long the provider has refused all calls, as far as the job has lived to see it.
func (f *facts) refusedFor(known quota.Provider, now time.Time) time.Duration {
	if known.Down.IsZero() {
		return 0
	}
	return now.Sub(later(known.Down, f.created))
}

// bearable is how long the provider may refuse before a task fails.
func (f *facts) bearable(now time.Time) time.Duration {
	if f.tooLate(now) {
		return min(patience, f.limits.GiveUpAfter)
	}
	return f.limits.GiveUpAfter
}

// giveUp fails what the provider has refused to begin for too long, before it could even be asked.
func (w *parcelWork) giveUp(ctx context.Context) error {
	err := w.e.update(ctx, w.f, w.shard, w.number, nil, func(c *change) error {
		p := c.parcel
		if p.Leased(c.now, w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) || len(p.Open) > 0 || c.shard.Gate != job.GateOpen {
			return errNothing
		}
		some := false
		for i := range p.Tasks {
			if t := &p.Tasks[i]; !t.State.Ended() && w.e.due(t, c.now) {
				some = true
				if err := t.Fail(job.CodeProviderUnavailable); err != nil {
					return err
				}
			}
		}
		if !some {
			return errNothing
		}
		return w.stop(c)
	})
	return quiet(err)
}
