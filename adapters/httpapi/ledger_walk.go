package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// books is what a ledger is of: one job's, one business's, or all.
type books struct {
	business string
	job      job.ID
}

// place is where a walk through the books goes on: at a line of a job, or the next one if that is not there yet, or at the newest job where
// there is none.
type place struct {
	Business string          `json:"b"`
	Job      job.ID          `json:"j,omitempty"`
	At       engine.Position `json:"p"`
}

func readPlace(inner string) (p place, err error) {
	if inner == "" {
		return p, nil
	}
	if json.Unmarshal([]byte(inner), &p) != nil {
		return p, invalid("query.cursor", "this is no cursor of this list: begin without one")
	}
	return p, nil
}

func (p place) String() string {
	text, _ := json.Marshal(p) // texts and numbers always marshal
	return string(text)
}

const (
	// ledgerStep is how many lines are read at once.
	ledgerStep = 500
	// ledgerLooks is how many lines, and how many jobs, one page of a filtered list goes through.
	ledgerLooks, ledgerJobs = 5_000, 200
)

// errEnough ends a walk.
var errEnough = errors.New("enough")

// walk goes through the lines of the books from a place on: business by business, their jobs from the newest, each shard by shard. Job is
// asked whether a job is of interest; line gets each line and its place.
func (a *API) walk(ctx context.Context, of books, from place, wants func(*job.Job) bool, line func(at place, j *job.Job, l engine.Line) error) error {
	if of.job != "" {
		j, err := a.jobs.Find(ctx, of.business, of.job)
		if err != nil {
			return err
		}
		return a.walkJob(ctx, j, from.At, line)
	}
	tenants := []string{of.business}
	if of.business == "" {
		var err error
		if tenants, err = a.jobs.Engine.Tenants(ctx); err != nil {
			return err
		}
		slices.Sort(tenants)
	}
	for _, tenant := range tenants {
		if tenant < from.Business {
			continue
		}
		start := place{}
		if tenant == from.Business {
			start = from
		}
		if err := a.walkBusiness(ctx, tenant, start, wants, line); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) walkBusiness(ctx context.Context, tenant string, from place, wants func(*job.Job) bool, line func(place, *job.Job, engine.Line) error) error {
	if from.Job != "" {
		j, err := a.jobs.Find(ctx, tenant, from.Job)
		if err == nil && wants(j) {
			err = a.walkJob(ctx, j, from.At, line)
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	for before := from.Job; ; {
		list, next, err := a.jobs.Engine.JobsFrom(ctx, tenant, before, ledgerJobs, nil)
		if err != nil {
			return err
		}
		for _, j := range list {
			if !wants(j) {
				continue
			}
			if err := a.walkJob(ctx, j, engine.Position{}, line); err != nil {
				return err
			}
		}
		if before = next; next == "" {
			return nil
		}
	}
}

func (a *API) walkJob(ctx context.Context, j *job.Job, from engine.Position, line func(place, *job.Job, engine.Line) error) error {
	for {
		lines, next, err := a.jobs.Engine.LedgerFrom(ctx, j.ID, from, ledgerStep)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := line(place{j.Tenant, j.ID, engine.Position{Shard: l.Shard, Seq: l.Seq}}, j, l); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		from = *next
	}
}
