package backoffice

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const kindLive = "live"

// live is the record of a business's jobs that may be under way. A job gets into it with its submission and with each
// retry, and out of it when the next one sees that its round has ended. The number of jobs is bounded by it, and a
// business that is being deleted and one that begins a job meet in it.
type live struct {
	Jobs []liveJob `json:"jobs"`
}

// liveJob is a job in a round: one that has ended may be retried while somebody is about to forget it.
type liveJob struct {
	ID    job.ID `json:"id"`
	Round int    `json:"round"`
}

func liveKey(business string) ports.Key {
	return ports.Key{Partition: businessPart(business), Sort: "live"}
}

// ended looks which of the business's jobs have ended.
func (j *Jobs) ended(ctx context.Context, business string) (map[liveJob]bool, error) {
	r, err := j.Store.Get(ctx, liveKey(business))
	if is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := read[live](r)
	if err != nil {
		return nil, err
	}
	over := map[liveJob]bool{}
	for _, one := range l.Jobs {
		header, err := j.Engine.Job(ctx, one.ID)
		switch {
		case is(err, fault.NotFound):
			over[one] = true
		case err != nil:
			return nil, err
		default:
			over[one] = header.State.Ended() && header.Round >= one.Round
		}
	}
	return over, nil
}

// enter notes that the job is under way, unless too many of the business are, or it is being deleted.
func (j *Jobs) enter(tx ports.Tx, one *job.Job, over map[liveJob]bool) error {
	if _, err := readBusiness(tx, one.Tenant); err != nil {
		return err
	}
	l, _, err := get[live](tx, liveKey(one.Tenant))
	if err != nil {
		return err
	}
	l.Jobs = slices.DeleteFunc(l.Jobs, func(known liveJob) bool { return over[known] || known.ID == one.ID })
	if len(l.Jobs) >= j.options.MaxLive {
		return fault.New(fault.Conflict, "%d jobs of this business are under way: wait for one to end", len(l.Jobs))
	}
	l.Jobs = append(l.Jobs, liveJob{one.ID, one.Round})
	tx.Put(record(liveKey(one.Tenant), kindLive, l))
	return nil
}

// Live reports whether a job of the business is under way, and forgets those that have ended.
func (j *Jobs) Live(ctx context.Context, business string) (bool, error) {
	over, err := j.ended(ctx, business)
	if err != nil {
		return false, err
	}
	under := false
	err = j.Store.Update(ctx, []ports.Key{liveKey(business)}, func(tx ports.Tx) error {
		l, found, err := get[live](tx, liveKey(business))
		if err != nil || !found {
			under = false
			return err
		}
		known := len(l.Jobs)
		l.Jobs = slices.DeleteFunc(l.Jobs, func(one liveJob) bool { return over[one] })
		if under = len(l.Jobs) > 0; len(l.Jobs) < known {
			tx.Put(record(liveKey(business), kindLive, l))
		}
		return nil
	})
	if err != nil || under {
		return under, err
	}
	return j.foreign(ctx, business)
}

// foreignLooks is how many of the newest jobs are looked at for some that did not come through the office.
const foreignLooks = 20

// foreign reports whether one of the newest jobs is under way: other programs may have begun it over the same store.
func (j *Jobs) foreign(ctx context.Context, business string) (bool, error) {
	list, err := j.Engine.Jobs(ctx, business, foreignLooks)
	return slices.ContainsFunc(list, func(one *job.Job) bool { return !one.State.Ended() }), err
}
