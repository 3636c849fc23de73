package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// Span is a span of time.
type Span struct {
	From time.Time `query:"from" doc:"the first instant"`
	To   time.Time `query:"to" doc:"the first instant after"`
}

type groupOut struct {
	Key      string `json:"key"`
	Held     usd    `json:"held"`
	Settled  usd    `json:"settled"`
	Presumed usd    `json:"presumed" doc:"below zero where something that was presumed before became known in this time"`
	Pages    int    `json:"pages" doc:"answers that were accepted; a page that was made twice counts twice"`
}

type groupList struct {
	Body struct {
		Groups []groupOut `json:"groups" nullable:"false"`
	}
}

const businessCosts = "/api/businesses/{business_id}/costs"

// defineCosts are the rows that sum what was spent.
func defineCosts(a *API) {
	add(a, route{method: http.MethodGet, path: "/api/costs", id: "costs", summary: "What all businesses spend", tag: "cost", role: backoffice.Admin},
		func(ctx context.Context, _ *call, in *struct {
			Span
			GroupBy backoffice.GroupBy `query:"group_by" enum:"job,day,month,model,lane,page_type,business" default:"business"`
		},
		) (*groupList, error) {
			return a.costs(ctx, backoffice.CostQuery{From: in.From, To: in.To, GroupBy: in.GroupBy})
		})
	add(a, route{method: http.MethodGet, path: businessCosts, id: "business-costs", summary: "What a business spends", tag: "cost", role: backoffice.Viewer},
		func(ctx context.Context, _ *call, in *struct {
			InBusiness
			Span
			GroupBy backoffice.GroupBy `query:"group_by" enum:"job,day,month,model,lane,page_type,business" default:"month"`
		},
		) (*groupList, error) {
			return a.costs(ctx, backoffice.CostQuery{Business: in.Business, From: in.From, To: in.To, GroupBy: in.GroupBy})
		})
}

func (a *API) costs(ctx context.Context, q backoffice.CostQuery) (*groupList, error) {
	groups, err := a.jobs.Costs(ctx, q)
	if err != nil {
		return nil, err
	}
	var out groupList
	out.Body.Groups = make([]groupOut, len(groups))
	for i, g := range groups {
		out.Body.Groups[i] = groupOut{g.Key, usd(g.Held), usd(g.Settled), usd(g.Presumed), g.Pages}
	}
	return &out, nil
}
