package engine

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxLooked is how many of a tenant's jobs one JobsFrom looks at.
const MaxLooked = 200

// JobsFrom lists a tenant's jobs, the newest first: those that were submitted before the one named, or from the newest on
// when none is, and that keep wants, or all when it is nil. It gives at most limit of them, 1 to MaxLooked, and looks at no
// more than MaxLooked, so a page may be short or even empty with more to come. Next is what to name for the next page,
// empty at the end. Errors: Invalid, and the store's.
func (e *Engine) JobsFrom(ctx context.Context, tenant string, before job.ID, limit int, keep func(*job.Job) bool) (jobs []*job.Job, next job.ID, err error) {
	switch {
	case !validID(tenant):
		return nil, "", fault.New(fault.Invalid, "jobs: tenant %.80q must be 1 to 64 letters, digits, - and _", tenant)
	case before != "" && !validID(string(before)):
		return nil, "", fault.New(fault.Invalid, "jobs: there can be no job before that one")
	case limit < 1 || limit > MaxLooked:
		return nil, "", fault.New(fault.Invalid, "jobs: limit is %d, it must be 1 to %d", limit, MaxLooked)
	}
	r := ports.Prefix(tenantPart(tenant), "job/")
	if before != "" {
		r.To = indexKey(tenant, before).Sort
	}
	r.Descending, r.Limit = true, min(limit+1, MaxLooked)
	looked := 0
	err = e.each(ctx, r, func(record ports.Record) error {
		if len(jobs) == limit || looked == MaxLooked {
			return errNothing // there is one more
		}
		looked++
		next = job.ID(record.Key.Sort[len("job/"):])
		j, err := e.Job(ctx, next)
		if err == nil && (keep == nil || keep(j)) {
			jobs = append(jobs, j)
		}
		return err
	})
	if err == nil {
		return jobs, "", nil
	}
	if err = quiet(err); err != nil {
		return nil, "", err
	}
	return jobs, next, nil
}
