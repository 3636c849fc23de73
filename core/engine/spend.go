package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Spend sums what a tenant's jobs have spent, and hold, of the money that a month such as "2026-11", in UTC, has granted
// them. A job with grants of several months has spent the oldest first, what is settled before what is presumed and what
// is held. What no month has granted counts to the job's last one.
//
// It reads the month's account and, where there is one, what Summaries does, and of the jobs that are alive the headers of the
// shards that are. While work goes on the sums are those of about now. Errors: Invalid, and the store's.
func (e *Engine) Spend(ctx context.Context, tenant, name string) (held, settled, presumed cost.Pico, err error) {
	begin, err := time.Parse("2006-01", name)
	if err != nil || !validID(tenant) {
		return 0, 0, 0, fault.New(fault.Invalid, "spend: give a tenant of 1 to 64 letters, digits, - and _ and a month like 2026-11")
	}
	// The first job that a month gives money to writes its account.
	if _, err := e.Store.Get(ctx, monthKey(tenant, name)); err != nil {
		if absent(err) {
			err = nil
		}
		return 0, 0, 0, err
	}
	err = e.summaries(ctx, tenant, Span{begin, begin.AddDate(0, 1, 0)}, func(s Summary, j *job.Job) error {
		parts := partsOf(s.Grants, name)
		if len(parts) == 0 {
			return nil
		}
		a := cost.Account{Settled: s.Settled, Presumed: s.Presumed}
		if j != nil {
			if a, err = e.spentBy(ctx, j); err != nil {
				return err
			}
		}
		for _, p := range parts {
			settled += p.of(0, a.Settled)
			presumed += p.of(a.Settled, a.Presumed)
			held += p.of(a.Settled+a.Presumed, a.Held)
		}
		return nil
	})
	if err != nil {
		return 0, 0, 0, err
	}
	return held, settled, presumed, nil
}

// firstID is the smallest UUID of version 7 of a time: it begins with the milliseconds since 1970.
func firstID(at time.Time) string {
	ms := at.UnixMilli()
	return fmt.Sprintf("%08x-%04x", ms>>16, ms&0xffff)
}

// part is money of a job, from one amount to another of all that it was granted.
type part struct{ from, to cost.Pico }

// partsOf are what a month has granted; what belongs to the job's last grant goes to the end of all money.
func partsOf(grants []job.Grant, name string) (parts []part) {
	at := cost.Pico(0)
	for i, g := range grants {
		p := part{at, at + g.Drawn - g.Returned}
		if at = p.to; i == len(grants)-1 {
			p.to = mostPico
		}
		if g.Month == name {
			parts = append(parts, p)
		}
	}
	return parts
}

// of is how much of n, which lies behind the amount at, is in the part.
func (p part) of(at, n cost.Pico) cost.Pico {
	return max(0, min(p.to, at+n)-max(p.from, at))
}

// spentBy sums a job's money, from what the shards came to, and of those that have not ended from their headers.
func (e *Engine) spentBy(ctx context.Context, j *job.Job) (a cost.Account, err error) {
	for n, end := range j.Ends {
		var of cost.Account
		if end != nil {
			of = end.Account
		} else {
			s, err := e.shard(ctx, factsOf(j), n)
			if err != nil {
				return a, err
			}
			of = s.Account
		}
		a.Held, a.Settled, a.Presumed = a.Held+of.Held, a.Settled+of.Settled, a.Presumed+of.Presumed
	}
	return a, nil
}
