package engine

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// MaxCodes is how many codes one RetryScope may name.
const MaxCodes = 50

// RetryScope says which tasks of an ended job are made again. Its zero value means every failed one.
type RetryScope struct {
	// Ordinals are at most MaxOrdinals tasks; named ones may be completed too. None means every task that failed.
	Ordinals []int
	// Codes narrow that to the tasks that failed with one of these; none means whatever the cause.
	Codes []job.Code
}

// walk is the way through the job that the scope asks for.
func (s RetryScope) walk() *job.Walk {
	w := &job.Walk{Ordinals: slices.Compact(slices.Sorted(slices.Values(s.Ordinals))), Codes: slices.Compact(slices.Sorted(slices.Values(s.Codes)))}
	if len(w.Codes) == 0 {
		w.Codes = nil
	}
	return w
}

// check bounds what is written into the job's header.
func (s RetryScope) check() error {
	if len(s.Codes) > MaxCodes {
		return fault.New(fault.Invalid, "retry: %d codes are named, at most %d can be", len(s.Codes), MaxCodes)
	}
	for _, code := range s.Codes {
		if len(code) == 0 || len(code) > 100 {
			return fault.New(fault.Invalid, "retry: a code must be 1 to 100 bytes")
		}
	}
	return nil
}

// scoped finds the tasks of a job that a walk wants, in order of shards, and shows them. Do may end it with an error. Of a
// shard in which no task failed nothing is read, unless tasks are named.
func (e *Engine) scoped(ctx context.Context, f *facts, w *job.Walk, do func(ordinal int, t *job.Task) error) error {
	visit := func(p *job.Parcel) error {
		for i := range p.Tasks {
			if !w.Wants(p.First+i, &p.Tasks[i]) {
				continue
			}
			if err := do(p.First+i, &p.Tasks[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(w.Ordinals) > 0 {
		return e.named(ctx, f, w.Ordinals, visit)
	}
	for n := range f.layout.Shards {
		s, err := e.shard(ctx, f, n)
		if err != nil {
			return err
		}
		if s.Counts[job.TaskFailed] == 0 {
			continue
		}
		if err := e.eachParcel(ctx, f, n, visit); err != nil {
			return err
		}
	}
	return nil
}

// named reads the parcels of the named tasks.
func (e *Engine) named(ctx context.Context, f *facts, ordinals []int, visit func(*job.Parcel) error) error {
	last := -1
	for _, ordinal := range ordinals {
		number := f.layout.ParcelOf(ordinal)
		if number == last {
			continue
		}
		last = number
		p, err := e.parcel(ctx, f, number)
		if err != nil {
			return err
		}
		if err := visit(&p); err != nil {
			return err
		}
	}
	return nil
}
