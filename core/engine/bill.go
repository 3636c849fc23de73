package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// line is a line of a bill that has been checked.
type line struct {
	Billed
	// index is its place in the bill.
	index int
	// f is nil when the store does not have the job; shard and parcel are where its task lies otherwise.
	f             *facts
	shard, parcel int
	// price is what it costs by the table of terms.
	price cost.Pico
	terms cost.Terms
}

// readBill checks all lines and puts them in the order in which they are booked: by shard and parcel, the oldest first.
func (e *Engine) readBill(ctx context.Context, bill []Billed) ([]line, error) {
	if len(bill) > MaxBill {
		return nil, fault.New(fault.Invalid, "reconcile: a bill of %d lines is longer than %d: cut it", len(bill), MaxBill)
	}
	lines := make([]line, len(bill))
	seen := make(map[string]int, len(bill))
	for i := range bill {
		l, err := e.readLine(i, bill[i])
		if err != nil {
			return nil, fault.New(fault.Invalid, "reconcile: line %d: %w", i, err)
		}
		if twin, twice := seen[l.MessageID]; twice && !l.same(&lines[twin]) {
			return nil, fault.New(fault.Invalid, "reconcile: line %d: names the same message as line %d and differs from it", i, twin)
		}
		seen[l.MessageID], lines[i] = i, l
	}
	if err := e.place(ctx, lines); err != nil {
		return nil, err
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.shard, b.shard), cmp.Compare(a.parcel, b.parcel), a.At.Compare(b.At), cmp.Compare(a.index, b.index))
	})
	return lines, nil
}

// same reports whether two lines bill the same.
func (l *line) same(other *line) bool {
	return l.Job == other.Job && l.Ordinal == other.Ordinal && l.Model == other.Model && l.Lane == other.Lane && l.Usage == other.Usage
}

// readLine checks what can be checked without the store.
func (e *Engine) readLine(i int, b Billed) (line, error) {
	l := line{Billed: b, index: i}
	switch {
	case b.MessageID == "" || len(b.MessageID) > cost.MaxID:
		return l, fault.New(fault.Invalid, "message id %.80q must be 1 to %d bytes", b.MessageID, cost.MaxID)
	case len(b.RequestID) > 200:
		return l, fault.New(fault.Invalid, "request id must be at most 200 bytes")
	case !validID(string(b.Job)):
		return l, fault.New(fault.Invalid, "job %.80q is no job's id", b.Job)
	case b.Tenant != "" && !validID(b.Tenant):
		return l, fault.New(fault.Invalid, "tenant %.80q must be 1 to 64 letters, digits, - and _", b.Tenant)
	case b.Ordinal < 0 || b.Ordinal >= MaxTasks:
		return l, fault.New(fault.Invalid, "task %d does not exist", b.Ordinal)
	case b.At.Year() < 2000 || b.At.After(e.Clock.Now().Add(24*time.Hour)):
		return l, fault.New(fault.Invalid, "nothing can have been answered at %s", b.At.UTC().Format(time.RFC3339))
	}
	if err := b.Usage.Check(); err != nil {
		return l, err
	}
	return l, e.appraise(&l)
}

// appraise prices the line by the first table that has its model.
func (e *Engine) appraise(l *line) error {
	var first error
	for _, table := range e.options.Prices {
		price, err := table.Cost(l.Model, l.Lane, l.Usage)
		if err == nil {
			l.price, l.terms = price, cost.Terms{Model: l.Model, Lane: l.Lane, PriceVersion: table.Version()}
			return nil
		}
		first = cmp.Or(first, err)
	}
	return first
}

// place finds the task of each line.
func (e *Engine) place(ctx context.Context, lines []line) error {
	jobs := map[job.ID]*facts{}
	for i := range lines {
		l := &lines[i]
		f, read := jobs[l.Job]
		if !read {
			var err error
			if f, err = e.factsFor(ctx, l.Job); err != nil && !absent(err) {
				return err
			}
			jobs[l.Job] = f
		}
		if err := l.in(f); err != nil {
			return fault.New(fault.Invalid, "reconcile: line %d: %w", i, err)
		}
	}
	return nil
}

// in puts the line into its job; f is nil when the store does not have it.
func (l *line) in(f *facts) error {
	switch {
	case f == nil && l.Tenant == "":
		return fault.New(fault.Invalid, "the store does not have job %s: name the tenant who pays", l.Job)
	case f == nil:
		return nil
	case l.Tenant != "" && l.Tenant != f.tenant:
		return fault.New(fault.Invalid, "job %s is tenant %s's, not %s's", l.Job, f.tenant, l.Tenant)
	case l.Ordinal >= f.layout.Tasks:
		return fault.New(fault.Invalid, "job %s has no task %d: its tasks are 0 to %d", l.Job, l.Ordinal, f.layout.Tasks-1)
	}
	l.f, l.parcel = f, f.layout.ParcelOf(l.Ordinal)
	l.shard = f.layout.ShardOf(l.parcel)
	return nil
}
