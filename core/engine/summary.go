package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// skew is more than any two clocks differ: an entry may bear a time that is as much before that of its job.
	skew = time.Minute
	// late is the most that an entry may bear a later time than the last change of its job: who writes takes the time before,
	// by a clock of its own, and no process tries for longer.
	late = 15 * time.Minute
)

// Span is the time from From, the first instant, to To, the first one after. Zero values mean no such bound.
type Span struct{ From, To time.Time }

// Summary is a job in short.
type Summary struct {
	ID            job.ID
	Tenant, Model string
	Lane          cost.Lane
	Labels        map[string]string
	Round         int
	CreatedAt     time.Time
	// EndedAt is when the ended job last wrote to its ledger, which after its end only bills that come late do. It is zero
	// for a job that goes on.
	EndedAt time.Time
	// Settled, Presumed and Completed, the tasks that completed, are known of a job that has ended; they are 0 before.
	Settled, Presumed cost.Pico
	Completed         int
	// Grants say which month gave what, oldest first.
	Grants []job.Grant
}

// Within reports whether all entries of the job's ledger are known to be of the span.
func (s *Summary) Within(span Span) bool {
	if s.EndedAt.IsZero() || !span.From.IsZero() && s.CreatedAt.Add(-skew).Before(span.From) {
		return false
	}
	return span.To.IsZero() || s.EndedAt.Add(late).Before(span.To)
}

// touches reports whether an entry of the job's ledger may be of the span.
func (s *Summary) touches(span Span) bool {
	if !span.To.IsZero() && !s.CreatedAt.Add(-skew).Before(span.To) {
		return false
	}
	return s.EndedAt.IsZero() || !s.EndedAt.Add(late).Before(span.From)
}

// Summaries reads which of a tenant's jobs may have ledger entries of a span, oldest first. It costs a page of the tenant's
// index for each ports.MaxList jobs that were submitted before the span's end, and the header of each job that goes on.
// Errors: Invalid (the tenant), those of do, and the store's.
func (e *Engine) Summaries(ctx context.Context, tenant string, span Span, do func(Summary) error) error {
	return e.summaries(ctx, tenant, span, func(s Summary, _ *job.Job) error { return do(s) })
}

// summaries gives do the header too where it was read.
func (e *Engine) summaries(ctx context.Context, tenant string, span Span, do func(Summary, *job.Job) error) error {
	if !validID(tenant) {
		return fault.New(fault.Invalid, "jobs: tenant %.80q must be 1 to 64 letters, digits, - and _", tenant)
	}
	r := ports.Prefix(tenantPart(tenant), "job/")
	if !span.To.IsZero() {
		r.To = "job/" + firstID(span.To.Add(skew))
	}
	return e.each(ctx, r, func(record ports.Record) error {
		s, j, err := e.summary(ctx, tenant, record)
		if err != nil || !s.touches(span) {
			return err
		}
		return do(s, j)
	})
}

// summary reads the job of a row of the index: from the row when that says how the job has ended, else from the header.
func (e *Engine) summary(ctx context.Context, tenant string, record ports.Record) (Summary, *job.Job, error) {
	id := job.ID(record.Key.Sort[len("job/"):])
	if said := readRow(record.Body).Sums; said != nil {
		return said.summary(id, tenant), nil, nil
	}
	j, err := e.Job(ctx, id)
	if err != nil {
		return Summary{}, nil, err
	}
	return SummaryOf(j), j, nil
}

// SummaryOf is the summary of a header.
func SummaryOf(j *job.Job) Summary { return endingOf(j).summary(j.ID, j.Tenant) }

func (s *ending) summary(id job.ID, tenant string) Summary {
	return Summary{
		ID: id, Tenant: tenant, Model: s.Model, Lane: s.Lane, Labels: s.Labels, Round: s.Round, CreatedAt: s.CreatedAt, EndedAt: s.EndedAt,
		Settled: s.Settled, Presumed: s.Presumed, Completed: s.Completed, Grants: s.Grants,
	}
}
