package backoffice

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	kindBudget = "budget"
	// monthLayout names a month, in UTC.
	monthLayout = "2006-01"
	// turnOfMonth is how long before a month ends its successor is made ready.
	turnOfMonth = 10 * time.Minute
)

// BudgetScope is what a budget bounds.
type BudgetScope string

// The scopes of stored budgets.
const (
	ScopeGlobal   BudgetScope = "global"
	ScopeBusiness BudgetScope = "business"
)

// Budget is what may be spent in a month, in UTC, by a business or by all together. The limit stands for the following
// months too.
type Budget struct {
	Scope BudgetScope
	// Business is empty for the global one.
	Business string
	// Month is the one that the amounts are of, such as 2026-11.
	Month string
	// Limit is 0 where none was set.
	Limit cost.Pico
	// WarnPercent are the parts of the limit, in percent, at which somebody is to be told.
	WarnPercent []int
	// Enabled is false for a budget that gives no new money: no job begins, no retry, no higher cap. What jobs were given
	// before they may use; the limit stands. It never means that there is no limit.
	Enabled bool
	// Settled and Presumed are what was spent of the month, Held is what calls under way have put aside. Granted is what is given
	// out beside: of a business to its jobs, of all to the businesses. Free is what can still be given. Where there is a limit
	// it is the sum of the five, unless more was spent than anybody was given; else Free is 0.
	Granted, Held, Settled, Presumed, Free cost.Pico
	Meta

	// used is what was drawn from the month: Settled, Presumed, Held and Granted together.
	used cost.Pico

	// kept is what the business's month has of the global one and has not used.
	kept cost.Pico
}

// closed reports whether somebody has switched the budget off.
func (b Budget) closed() bool { return b.Revision > 0 && !b.Enabled }

// standing is the stored form of what stands from month to month.
type standing struct {
	Limit       cost.Pico `json:"limit_usd"`
	WarnPercent []int     `json:"warn_percent"`
	Enabled     bool      `json:"enabled"`
	Meta
}

// BudgetOrder sets a budget. WarnPercent is 50, 80, 95 where it is nil.
type BudgetOrder struct {
	Limit       cost.Pico
	WarnPercent []int
	Enabled     bool
}

// budgetKey is where a business's budget stands, and the global one when business is empty.
func budgetKey(business string) ports.Key {
	if business == "" {
		return ports.Key{Partition: "budgets", Sort: "global"}
	}
	return ports.Key{Partition: "budgets", Sort: "business/" + business}
}

func budgetTarget(business string) Target {
	if business == "" {
		return Target{Type: "budget", ID: string(ScopeGlobal)}
	}
	return Target{Type: "budget", ID: business, Business: business}
}

func defaultWarnings() []int { return []int{50, 80, 95} }

// check finds what is wrong with the order.
func (o BudgetOrder) check() error {
	var problems catalog.Problems
	if o.Limit <= 0 {
		problems = append(problems, catalog.Problem{Path: "/limit_usd", Message: "a limit is above zero"})
	}
	if len(o.WarnPercent) > 10 {
		problems = append(problems, catalog.Problem{Path: "/warn_percent", Message: "there are more than 10; leave some out"})
	}
	for i, percent := range o.WarnPercent {
		if percent < 1 || percent > 100 || i > 0 && percent <= o.WarnPercent[i-1] {
			problems = append(problems, catalog.Problem{Path: fmt.Sprintf("/warn_percent/%d", i), Message: "percents are 1 to 100, each above the one before"})
		}
	}
	return problems.Err()
}

// Budget reads a business's budget of this month, or the global one when business is empty. What is held and spent may be half
// a minute old: to know it takes a record for each job of the business.
func (j *Jobs) Budget(ctx context.Context, business string) (Budget, error) {
	b, err := j.limits(ctx, business)
	if err != nil {
		return Budget{}, err
	}
	return b, j.spent(ctx, &b)
}

// limits is the budget without what was spent.
func (j *Jobs) limits(ctx context.Context, business string) (Budget, error) {
	s, err := j.standing(ctx, business)
	if err != nil {
		return Budget{}, err
	}
	b := budgetOf(business, j.now().Format(monthLayout), s)
	limit, account, err := j.Engine.Month(ctx, business, b.Month)
	if err != nil && !is(err, fault.NotFound) {
		return Budget{}, err
	}
	b.fill(s.Limit, limit, account)
	return b, nil
}

// budgetOf is a budget without amounts.
func budgetOf(business, month string, s standing) Budget {
	return Budget{Scope: budgetName(business), Business: business, Month: month, WarnPercent: s.WarnPercent, Enabled: s.Enabled, Meta: s.Meta}
}

// fill takes the amounts from the month's account. A month that nothing was drawn from yet has the standing limit.
func (b *Budget) fill(standing, limit cost.Pico, account cost.Account) {
	if b.Limit = limit; limit == 0 {
		b.Limit = standing
	}
	b.used = account.Granted + account.Overrun - account.Free()
	if b.Scope == ScopeBusiness {
		b.kept = max(0, account.Free()-account.Overrun)
	}
	b.Free = max(0, b.Limit-b.used)
}

// standing reads what stands from month to month.
func (j *Jobs) standing(ctx context.Context, business string) (standing, error) {
	r, err := j.Store.Get(ctx, budgetKey(business))
	if is(err, fault.NotFound) {
		return standing{WarnPercent: defaultWarnings()}, nil
	}
	if err != nil {
		return standing{}, err
	}
	return read[standing](r)
}

// PutBudget sets the budget of a business, or the global one when business is empty, for this month and those after it. When it
// cannot be read what was spent, all that was drawn is told as granted: the budget is set.
// Errors: catalog.Problems, NotFound (no such business), Conflict (the limit is below what is committed this month).
func (j *Jobs) PutBudget(ctx context.Context, by Caller, business string, o BudgetOrder) (Budget, error) {
	if o.WarnPercent == nil {
		o.WarnPercent = defaultWarnings()
	}
	if err := o.check(); err != nil {
		return Budget{}, err
	}
	months, stands := j.ahead(), standing{}
	told := engine.WithOrigin(ctx, engine.Origin{Actor: by.Principal, RequestID: by.RequestID, Along: j.putStanding(by, business, o, &stands)})
	account, err := j.Engine.SetLimits(told, business, months, o.Limit)
	if err != nil {
		return Budget{}, err
	}
	b := budgetOf(business, months[0], stands)
	b.fill(o.Limit, o.Limit, account)
	if j.spent(ctx, &b) != nil {
		b.Granted = b.used
	}
	return b, nil
}

// putStanding writes what stands with the month's limit, and the line of the trail.
func (j *Jobs) putStanding(by Caller, business string, o BudgetOrder, is *standing) func(ports.Tx, *job.Job) error {
	line := j.line(by, Action{"budget.put", budgetTarget(business)}, AuditOK)
	return func(tx ports.Tx, _ *job.Job) error {
		if business != "" {
			if _, err := readBusiness(tx, business); err != nil {
				return err
			}
		}
		was, found, err := get[standing](tx, budgetKey(business))
		if err != nil {
			return err
		}
		*is = standing{Limit: o.Limit, WarnPercent: slices.Clone(o.WarnPercent), Enabled: o.Enabled, Meta: was.next(j.now())}
		var n note
		n.changed(nil, *is)
		if found {
			n.changed(was, *is)
		}
		line.write(tx, n)
		tx.Put(record(budgetKey(business), kindBudget, *is))
		return nil
	}
}

// allBusinesses is a cursor before the first business: no id begins with a dash.
const allBusinesses = "-"

// Budgets lists the global budget and those of the businesses that the caller sees, by their ids, limit together. A page may be short
// with more to come.
func (j *Jobs) Budgets(ctx context.Context, by Caller, limit int, cursor string) ([]Budget, string, error) {
	list, limit := []Budget{}, pageSize(limit)
	if cursor == "" {
		global, err := j.Budget(ctx, "")
		if err != nil {
			return nil, "", err
		}
		list, cursor = append(list, global), allBusinesses
		if limit--; limit == 0 {
			return list, cursor, nil
		}
	}
	businesses, next, err := j.Businesses(ctx, by, "", limit, cursor)
	if err != nil {
		return nil, "", err
	}
	own := make([]Budget, len(businesses))
	err = j.aside(ctx, len(own), func(ctx context.Context, i int) (err error) {
		own[i], err = j.Budget(ctx, businesses[i].ID)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	own = slices.DeleteFunc(own, func(b Budget) bool { return b.Limit == 0 })
	return append(list, own...), next, nil
}
