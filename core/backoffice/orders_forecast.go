package backoffice

import (
	"cmp"
	"context"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// Verdict is whether a budget has what an order needs.
type Verdict string

// The verdicts.
const (
	VerdictOK    Verdict = "ok"
	VerdictShort Verdict = "short"
	// VerdictNone: there is no such budget.
	VerdictNone Verdict = "none"
)

// ScopeJob is the budget of the job itself, beside ScopeGlobal and ScopeBusiness.
const ScopeJob BudgetScope = "job"

// BudgetVerdict is what a budget says to an order.
type BudgetVerdict struct {
	Scope       BudgetScope
	Limit, Free cost.Pico
	Verdict     Verdict
}

// OrderForecast is what an order will use, and whether the budgets have it.
type OrderForecast struct {
	engine.Forecast
	// Budgets are the global one, the business's and the order's own.
	Budgets []BudgetVerdict
}

// Forecast says what the order will use before anything is spent, by the same rules as Generate. Errors: as Generate's, but
// for those of money and of jobs that run.
func (j *Jobs) Forecast(ctx context.Context, business string, o Order) (OrderForecast, error) {
	if err := o.check(); err != nil {
		return OrderForecast{}, err
	}
	input, plan, err := j.build(ctx, business, o)
	if err != nil {
		return OrderForecast{}, err
	}
	if err := o.fresh(plan); err != nil {
		return OrderForecast{}, err
	}
	return j.forecast(ctx, business, o, j.submission(business, o, input, plan))
}

func (j *Jobs) forecast(ctx context.Context, business string, o Order, s engine.Submission) (f OrderForecast, err error) {
	if f.Forecast, err = j.Engine.Forecast(ctx, s, j.pace()); err != nil {
		return f, err
	}
	global, err := j.limits(ctx, "")
	if err != nil {
		return f, err
	}
	own, err := j.limits(ctx, business)
	if err != nil {
		return f, err
	}
	need := cmp.Or(o.Budget, f.Cost.Worst)
	f.Budgets = []BudgetVerdict{global.says(need - own.kept), own.says(need), orderBudget(o.Budget, f.Cost.Worst)}
	if of := &f.Budgets[1]; of.Verdict == VerdictNone && j.Engine.RequiresBudget() {
		of.Verdict = VerdictShort
	}
	return f, nil
}

// orderBudget is the order's own limit: one below the worst case may end in a pause.
func orderBudget(limit, worst cost.Pico) BudgetVerdict {
	v := BudgetVerdict{Scope: ScopeJob, Limit: limit, Free: limit, Verdict: VerdictOK}
	switch {
	case limit == 0:
		v.Verdict = VerdictNone
	case limit < worst:
		v.Verdict = VerdictShort
	}
	return v
}

// says compares the budget with what is needed of it.
func (b Budget) says(need cost.Pico) BudgetVerdict {
	v := BudgetVerdict{Scope: b.Scope, Limit: b.Limit, Free: b.Free, Verdict: VerdictOK}
	switch {
	case b.closed():
		v.Verdict = VerdictShort
	case b.Limit == 0:
		v.Verdict = VerdictNone
	case need > b.Free:
		v.Verdict = VerdictShort
	}
	return v
}
