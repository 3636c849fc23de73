package backoffice

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// ahead are the current month, and shortly before it ends the next.
func (j *Jobs) ahead() []string {
	now := j.now()
	return slices.Compact([]string{now.Format(monthLayout), now.Add(turnOfMonth).Format(monthLayout)})
}

// budgetsOpen is fault.Budget when the business's budget or the global one was switched off.
func budgetsOpen(tx ports.Tx, business string) error {
	for _, of := range []string{business, ""} {
		s, found, err := get[standing](tx, budgetKey(of))
		if err != nil {
			return err
		}
		if found && !s.Enabled {
			return fault.New(fault.Budget, "the %s budget is switched off: enable it first", budgetName(of))
		}
	}
	return nil
}

func budgetName(business string) BudgetScope {
	if business == "" {
		return ScopeGlobal
	}
	return ScopeBusiness
}

// EnsureMonth gives the current month the standing limits of the business and of all, where it has none yet, so that no
// budget lapses when a month ends. Shortly before that it does the same for the next one. It is fault.Budget when more than
// the limit was drawn in the month before it had one.
func (j *Jobs) EnsureMonth(ctx context.Context, business string) error {
	for _, month := range j.ahead() {
		// The global one first: a business's month draws from it.
		for _, of := range []string{"", business} {
			if err := j.ensure(ctx, of, month); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensure gives a month the limit that stands when it does, unless it has one.
func (j *Jobs) ensure(ctx context.Context, business, month string) error {
	s, err := j.standing(ctx, business)
	if err != nil || s.Limit == 0 {
		return err
	}
	limit, err := j.Engine.Limit(ctx, business, month)
	if err != nil && !is(err, fault.NotFound) || limit > 0 {
		return err
	}
	superseded := false
	told := engine.WithOrigin(ctx, engine.Origin{Along: func(tx ports.Tx, _ *job.Job) error {
		is, _, err := get[standing](tx, budgetKey(business))
		if superseded = err == nil && is.Limit != s.Limit; superseded {
			err = fault.New(fault.Conflict, "the budget was set meanwhile")
		}
		return err
	}})
	err = j.Engine.SetLimit(told, business, month, s.Limit)
	switch {
	case superseded:
		return j.ensure(ctx, business, month)
	case is(err, fault.Conflict):
		return fault.New(fault.Budget, "the %s budget for %s is used up: raise it", budgetName(business), month)
	}
	return err
}
