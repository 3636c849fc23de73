package backoffice

import (
	"context"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Retry makes failed pages of an ended job again, within its cap or a new one when limit is not 0. The key makes a repeated
// retry the same. Errors: NotFound, Invalid (an ordinal, or a limit above MaxBudget), Incomplete (nothing to retry), Conflict (the job has not ended, a
// named page has not failed, too many jobs are under way), Budget, Unavailable (spending is off).
func (j *Jobs) Retry(ctx context.Context, by Caller, business string, id job.ID, scope engine.RetryScope, limit cost.Pico, key string) (Wished, error) {
	header, err := j.Find(ctx, business, id)
	if err != nil {
		return Wished{}, err
	}
	if header.State.Ended() {
		if err := j.allFailed(ctx, header, scope.Ordinals); err != nil {
			return Wished{}, err
		}
	}
	return j.again(ctx, by, Action{"job.retry", jobTarget(business, id)}, header, scope, limit, key)
}

// Regenerate makes one completed or failed page again; what was accepted before stays readable. Errors: as Retry's; Conflict
// also while the page's job has not ended.
func (j *Jobs) Regenerate(ctx context.Context, by Caller, business string, id job.ID, ordinal int, limit cost.Pico, key string) (Wished, error) {
	header, err := j.Find(ctx, business, id)
	if err != nil {
		return Wished{}, err
	}
	if ordinal < 0 || ordinal >= header.Layout.Tasks {
		return Wished{}, noPage()
	}
	target := Target{Type: "page", ID: PageID(id, ordinal), Business: business}
	w, err := j.again(ctx, by, Action{"page.regenerate", target}, header, engine.RetryScope{Ordinals: []int{ordinal}}, limit, key)
	if errors.Is(err, fault.Conflict) {
		err = j.notAgain(ctx, id, ordinal, err)
	}
	return w, err
}

// notAgain says in the words of pages why one cannot be made again as it stands; what is not about its state it leaves.
func (j *Jobs) notAgain(ctx context.Context, id job.ID, ordinal int, why error) error {
	state := job.TaskCompleted
	if err := j.Engine.Tasks(ctx, id, ordinal, func(t engine.TaskView) bool { state = t.State; return false }); err != nil {
		return why
	}
	switch state {
	case job.TaskQueued, job.TaskRunning, job.TaskWaiting:
		return fault.New(fault.Conflict, "the page is %s: it can be made again once that has ended", state)
	case job.TaskCancelled:
		return fault.New(fault.Conflict, "the page was cancelled: a new job with its keyword or service and its place makes it")
	}
	return why
}

func noPage() error { return fault.New(fault.NotFound, "there is no such page") }

// again begins the next round of a job, which is under way then.
func (j *Jobs) again(ctx context.Context, by Caller, action Action, header *job.Job, scope engine.RetryScope, limit cost.Pico, key string) (Wished, error) {
	if err := sane(limit); err != nil {
		return Wished{}, err
	}
	if err := j.EnsureMonth(ctx, header.Tenant); err != nil {
		return Wished{}, err
	}
	over, err := j.ended(ctx, header.Tenant)
	if err != nil {
		return Wished{}, err
	}
	more := func(tx ports.Tx, one *job.Job) error {
		if err := j.enter(tx, one, over); err != nil {
			return err
		}
		return budgetsOpen(tx, one.Tenant)
	}
	return j.wished(ctx, by, action, header.Tenant, header.ID, more, func(ctx context.Context) (*job.Job, error) {
		receipt, err := j.Engine.RetryScoped(ctx, header.ID, scope, limit, key)
		return receipt.Job, err
	})
}

// allFailed is a Conflict when one of the pages has not failed. It reads one record for each 25 neighbours that are named.
func (j *Jobs) allFailed(ctx context.Context, header *job.Job, ordinals []int) error {
	rest := slices.Sorted(slices.Values(ordinals))
	if len(rest) > engine.MaxOrdinals {
		return fault.New(fault.Invalid, "retry: %d pages are named, at most %d can be", len(rest), engine.MaxOrdinals)
	}
	for len(rest) > 0 {
		parcel, failed := header.Layout.ParcelOf(max(rest[0], 0)), true
		err := j.Engine.Tasks(ctx, header.ID, rest[0], func(t engine.TaskView) bool {
			for len(rest) > 0 && rest[0] == t.Ordinal {
				failed, rest = failed && t.State == job.TaskFailed, rest[1:]
			}
			return failed && len(rest) > 0 && header.Layout.ParcelOf(t.Ordinal+1) == parcel
		})
		if err != nil {
			return err
		}
		if !failed {
			return fault.New(fault.Conflict, "a page that is named has not failed: regenerate it, or leave it out")
		}
	}
	return nil
}

// SetSpending switches the spending of all jobs off or on. Errors: catalog.Problems (there is no reason that can be read).
func (j *Jobs) SetSpending(ctx context.Context, by Caller, on bool, why string) (engine.Switch, error) {
	if why = reason(why); why == "" {
		return engine.Switch{}, catalog.Problems{{Path: "/reason", Message: "say why, for those who find it switched"}}
	}
	line := j.line(by, Action{"spending.set", Target{Type: "spending", ID: string(ScopeGlobal)}}, AuditOK)
	var n note
	told := engine.WithOrigin(ctx, engine.Origin{
		Actor: by.Principal, RequestID: by.RequestID,
		Switched: func(was engine.Switch) { n.changed(switchNote{was.On, was.Reason}, switchNote{on, why}) },
		Along: func(tx ports.Tx, _ *job.Job) error {
			line.write(tx, n)
			return nil
		},
	})
	if err := j.Engine.SetSpending(told, on, why); err != nil {
		return engine.Switch{}, err
	}
	return j.Engine.Spending(ctx)
}

// switchNote is the switch for the trail.
type switchNote struct {
	Enabled bool   `json:"enabled"`
	Reason  string `json:"reason"`
}

// Spending reads the switch.
func (j *Jobs) Spending(ctx context.Context) (engine.Switch, error) { return j.Engine.Spending(ctx) }
