package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Spend sums what a tenant's jobs have spent, and hold, of the money that a month such as "2026-11", in UTC, has granted
// them. A job with grants of several months has spent the oldest first, what is settled before what is presumed and what
// is held. What no month has granted counts to the job's last one.
//
// It reads the header of every job that was submitted before the month's end, and of the jobs that are alive the headers
// of the shards that are. While work goes on the sums are those of about now. Errors: Invalid, and the store's.
func (e *Engine) Spend(ctx context.Context, tenant, name string) (held, settled, presumed cost.Pico, err error) {
	begin, err := time.Parse("2006-01", name)
	if err != nil || !validID(tenant) {
		return 0, 0, 0, fault.New(fault.Invalid, "spend: give a tenant of 1 to 64 letters, digits, - and _ and a month like 2026-11")
	}
	r := ports.Prefix(tenantPart(tenant), "job/")
	r.To = "job/" + firstID(begin.AddDate(0, 1, 0).Add(time.Minute))
	err = e.each(ctx, r, func(record ports.Record) error {
		j, err := e.Job(ctx, job.ID(record.Key.Sort[len("job/"):]))
		if err != nil {
			return err
		}
		parts := partsOf(j, name)
		if len(parts) == 0 {
			return nil
		}
		a, err := e.spentBy(ctx, j)
		if err != nil {
			return err
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
func partsOf(j *job.Job, name string) (parts []part) {
	at := cost.Pico(0)
	for i, g := range j.Grants {
		p := part{at, at + g.Drawn - g.Returned}
		if at = p.to; i == len(j.Grants)-1 {
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
