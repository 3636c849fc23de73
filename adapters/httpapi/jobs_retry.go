package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// mostOrdinals is how many pages one retry may name.
const mostOrdinals = engine.MaxOrdinals

// Scope says which pages are made again.
type Scope struct {
	Scope    string     `json:"scope,omitempty" enum:"failed" doc:"all pages that failed; or name some in ordinals"`
	Ordinals []int      `json:"ordinals,omitempty" minItems:"1" maxItems:"1000" minimum:"0"`
	Codes    []job.Code `json:"error_codes,omitempty" minItems:"1" maxItems:"50" doc:"only those that failed with one of these"`
	Budget   amount     `json:"budget_usd,omitzero" doc:"a new, higher budget of the job"`
}

func (s Scope) scope() (engine.RetryScope, error) {
	if (s.Scope == "") == (len(s.Ordinals) == 0) {
		return engine.RetryScope{}, invalid("/scope", `say either "scope": "failed" or which ordinals`)
	}
	return engine.RetryScope{Ordinals: s.Ordinals, Codes: s.Codes}, nil
}

type retryIn struct {
	InJob
	Body Scope
}

// retryBody answers a retry.
type retryBody struct {
	Location string `header:"Location"`
	Body     struct {
		Job      jobOut    `json:"job"`
		Pages    int       `json:"pages" doc:"how many are made again"`
		Forecast retryCost `json:"forecast"`
	}
}

type quotedOut struct {
	Expected usd `json:"expected"`
	Worst    usd `json:"worst"`
}

// retryCost is what pages cost when they are made again.
type retryCost struct {
	Cost    quotedOut `json:"cost_usd"`
	Missing usd       `json:"budget_missing_usd" doc:"by how much the job's budget would have to be raised for the worst case"`
}

func shownQuote(q engine.RetryQuote) (out retryCost) {
	out.Cost.Expected, out.Cost.Worst, out.Missing = usd(q.Expected), usd(q.Worst), usd(q.Missing)
	return out
}

type quoteBody struct {
	Body struct {
		Pages    int       `json:"pages" doc:"how many would be made again"`
		Forecast retryCost `json:"forecast"`
	}
}

// nothing answers a retry that has nothing to do.
func nothing(err error) error {
	if errors.Is(err, fault.Incomplete) {
		return problem(http.StatusUnprocessableEntity, CodeNoPages, "no page of the job failed that way: there is nothing to make again")
	}
	return err
}

// defineRetry are the rows that make pages again.
func defineRetry(a *API) {
	add(a, route{
		method: http.MethodPost, path: onePath + "/retry", id: "job-retry", summary: "Make failed pages again", tag: "job", role: backoffice.Operator,
		status: http.StatusAccepted, errors: []int{http.StatusPaymentRequired}, keyed: true,
	}, a.retry)
	add(a, route{
		method: http.MethodPost, path: onePath + "/retry/quote", id: "job-retry-quote", summary: "What a retry would make again, and what it would cost", tag: "job",
		role: backoffice.Operator, errors: []int{http.StatusUnprocessableEntity},
	}, a.quote)
}

func (a *API) quote(ctx context.Context, _ *call, in *retryIn) (*quoteBody, error) {
	scope, err := in.Body.scope()
	if err != nil {
		return nil, err
	}
	q, err := a.jobs.Quote(ctx, in.Business, in.Job, scope)
	if err != nil {
		return nil, nothing(err)
	}
	var out quoteBody
	out.Body.Pages, out.Body.Forecast = q.Tasks, shownQuote(q)
	return &out, nil
}

func (a *API) retry(ctx context.Context, c *call, in *retryIn) (*retryBody, error) {
	scope, err := in.Body.scope()
	if err != nil {
		return nil, err
	}
	// What cannot be said beforehand the retry itself refuses, unless the same one was done before.
	q, _ := a.jobs.Quote(ctx, in.Business, in.Job, scope)
	w, err := a.jobs.Retry(ctx, c.Caller, in.Business, in.Job, scope, cost.Pico(in.Body.Budget), c.key)
	if err != nil {
		return nil, nothing(err)
	}
	return a.again(ctx, w, q), nil
}

// again answers what a retry has begun.
func (a *API) again(ctx context.Context, w backoffice.Wished, q engine.RetryQuote) *retryBody {
	out := retryBody{Location: jobPath(w.Job)}
	out.Body.Job, out.Body.Pages, out.Body.Forecast = a.shown(ctx, w.Progress), q.Tasks, shownQuote(q)
	if q.Tasks == 0 {
		out.Body.Pages = w.Counts.Open()
	}
	return &out
}
