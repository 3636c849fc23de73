package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

type budgetOut struct {
	Scope    backoffice.BudgetScope `json:"scope" enum:"global,business"`
	Business string                 `json:"business_id,omitempty"`
	Month    string                 `json:"month" doc:"the month, in UTC, that the amounts are of"`
	Limit    *usd                   `json:"limit_usd" nullable:"true" doc:"null where none was set"`
	Warn     []int                  `json:"warn_percent" nullable:"false"`
	Enabled  bool                   `json:"enabled" doc:"false gives no new money: no job begins, no retry, no higher budget"`
	Granted  usd                    `json:"granted" doc:"given to businesses or, of a business, to its jobs, and neither spent nor held"`
	Held     usd                    `json:"held" doc:"put aside for calls under way"`
	Settled  usd                    `json:"settled" doc:"spent"`
	Presumed usd                    `json:"presumed" doc:"counted as spent, because what became of a call is not known"`
	Free     usd                    `json:"free" doc:"what can still be given: the limit less the four others; 0 where there is no limit"`
	Created  instant                `json:"created_at,omitzero"`
	Updated  instant                `json:"updated_at,omitzero"`
	Revision int64                  `json:"revision"`
}

func shownBudget(b backoffice.Budget) budgetOut {
	out := budgetOut{
		Scope: b.Scope, Business: b.Business, Month: b.Month, Warn: listed(b.WarnPercent), Enabled: b.Enabled, Granted: usd(b.Granted),
		Held: usd(b.Held), Settled: usd(b.Settled), Presumed: usd(b.Presumed), Free: usd(b.Free), Created: utc(b.CreatedAt), Updated: utc(b.UpdatedAt), Revision: b.Revision,
	}
	if limit := usd(b.Limit); limit > 0 {
		out.Limit = &limit
	}
	return out
}

type budgetBody struct {
	Body struct {
		Budget budgetOut `json:"budget"`
	}
}

func oneBudget(b backoffice.Budget, err error) (*budgetBody, error) {
	if err != nil {
		return nil, err
	}
	var out budgetBody
	out.Body.Budget = shownBudget(b)
	return &out, nil
}

type budgetList struct {
	Body struct {
		Budgets    []budgetOut `json:"budgets" nullable:"false"`
		NextCursor *string     `json:"next_cursor"`
	}
}

// BudgetOrder sets a budget for this month and those after it.
type BudgetOrder struct {
	Limit   amount `json:"limit_usd"`
	Warn    []int  `json:"warn_percent,omitempty" maxItems:"10" minimum:"1" maximum:"100" doc:"50, 80 and 95 where it is left out; each is above the one before"`
	Enabled bool   `json:"enabled"`
}

func (o BudgetOrder) order() backoffice.BudgetOrder {
	return backoffice.BudgetOrder{Limit: cost.Pico(o.Limit), WarnPercent: o.Warn, Enabled: o.Enabled}
}

// globalBudget is where the budget of all together is set.
const globalBudget = "/api/budgets/global"

// defineBudgets are the rows of what may be spent.
func defineBudgets(a *API) {
	const own = "/api/businesses/{business_id}/budget"
	add(a, route{method: http.MethodGet, path: "/api/budgets", id: "budget-list", summary: "All budgets of this month", tag: "budget", role: backoffice.Admin}, a.budgets)
	add(a, route{method: http.MethodPut, path: globalBudget, id: "budget-put-global", summary: "Set the budget of all together", tag: "budget", role: backoffice.Admin, action: "budget.put"},
		func(ctx context.Context, c *call, in *struct{ Body BudgetOrder }) (*budgetBody, error) {
			b, err := a.jobs.PutBudget(ctx, c.Caller, "", in.Body.order())
			return oneBudget(b, err)
		})
	add(a, route{method: http.MethodGet, path: own, id: "budget-get", summary: "A business's budget of this month", tag: "budget", role: backoffice.Viewer},
		func(ctx context.Context, _ *call, in *InBusiness) (*budgetBody, error) {
			if _, err := a.office.Business(ctx, in.Business); err != nil {
				return nil, err
			}
			b, err := a.jobs.Budget(ctx, in.Business)
			return oneBudget(b, err)
		})
	add(a, route{method: http.MethodPut, path: own, id: "budget-put", summary: "Set a business's budget", tag: "budget", role: backoffice.Admin},
		func(ctx context.Context, c *call, in *struct {
			InBusiness
			Body BudgetOrder
		},
		) (*budgetBody, error) {
			b, err := a.jobs.PutBudget(ctx, c.Caller, in.Business, in.Body.order())
			return oneBudget(b, err)
		})
}

func (a *API) budgets(ctx context.Context, c *call, in *Paging) (*budgetList, error) {
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.jobs.Budgets(ctx, c.Caller, in.Limit, from)
	if err != nil {
		return nil, err
	}
	var out budgetList
	out.Body.Budgets = make([]budgetOut, len(list))
	for i, b := range list {
		out.Body.Budgets[i] = shownBudget(b)
	}
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}
