package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Choice says which pages a job makes.
type Choice struct {
	PageType  string             `json:"page_type" enum:"keyword-service-area,keyword-location,service-service-area,service-location,blog-service-area,blog-location,service-area,location-keyword"`
	Languages []catalog.Language `json:"languages,omitempty" enum:"en,es" maxItems:"2" doc:"by default all that the business has enabled"`
	Upcoming  bool               `json:"include_upcoming,omitempty" default:"false" doc:"also pages for stores that have not opened"`
	Selection Selection          `json:"selection,omitzero" doc:"a part of the rows and columns, for a trial"`
}

// Selection narrows rows and columns by their ids; an empty list means all.
type Selection struct {
	Keywords     []string `json:"keyword_ids,omitempty" maxItems:"1000"`
	Services     []string `json:"service_ids,omitempty" maxItems:"1000"`
	ServiceAreas []string `json:"service_area_ids,omitempty" maxItems:"1000"`
	Locations    []string `json:"location_ids,omitempty" maxItems:"1000"`
}

func (c Choice) order() backoffice.Order {
	return backoffice.Order{
		PageType: c.PageType, Languages: c.Languages, IncludeUpcoming: c.Upcoming,
		Selection: pages.Selection{
			KeywordIDs: c.Selection.Keywords, ServiceIDs: c.Selection.Services, ServiceAreaIDs: c.Selection.ServiceAreas, LocationIDs: c.Selection.Locations,
		},
	}
}

// hash names the choice, however its body was written.
func (c Choice) hash() string {
	text, _ := json.Marshal(c) // texts, lists and a truth value always marshal
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Order is a choice, and how its pages are made.
type Order struct {
	Choice
	Budget   amount     `json:"budget_usd,omitzero" doc:"the most that the job may spend, at most caps.budget_usd of /api/meta; by default the forecast's worst case"`
	PlanHash string     `json:"plan_hash,omitempty" pattern:"^[0-9a-f]{64}$" doc:"that of the preview: with another one nothing is begun"`
	Lane     cost.Lane  `json:"lane,omitempty" enum:"realtime,batch,auto" default:"realtime"`
	Deadline *time.Time `json:"deadline,omitempty" doc:"when it should be done; auto needs it"`
}

func (o Order) order(now time.Time) backoffice.Order {
	made := o.Choice.order()
	made.Budget, made.PlanHash, made.Lane = cost.Pico(o.Budget), o.PlanHash, o.Lane
	if o.Deadline != nil { // the zero of times is one that has passed
		if made.Deadline = o.Deadline.Sub(now); made.Deadline == 0 {
			made.Deadline = -1
		}
	}
	return made
}

type orderIn struct {
	InBusiness
	Body Order
}

type generated struct {
	Location string `header:"Location"`
	Body     struct {
		Job        jobOut      `json:"job"`
		TotalPages int         `json:"total_pages" minimum:"1"`
		Forecast   forecastOut `json:"forecast"`
	}
}

type forecastBody struct {
	Body struct {
		Forecast forecastOut `json:"forecast"`
	}
}

// defineGenerate are the rows that lead to a job.
func defineGenerate(a *API) {
	const base = "/api/businesses/{business_id}/generate"
	add(a, route{
		method: http.MethodPost, path: base + "/preview", id: "generate-preview", summary: "The pages that a job would make", tag: "job", role: backoffice.Operator,
		errors: []int{http.StatusUnprocessableEntity},
	}, a.preview)
	add(a, route{
		method: http.MethodPost, path: base + "/forecast", id: "generate-forecast", summary: "What a job would cost and how long it would take", tag: "job",
		role: backoffice.Operator, errors: []int{http.StatusPaymentRequired, http.StatusUnprocessableEntity},
	}, a.forecast)
	add(a, route{
		method: http.MethodPost, path: base, id: "generate", summary: "Begin a job", tag: "job", role: backoffice.Operator, status: http.StatusAccepted,
		errors: []int{http.StatusPaymentRequired, http.StatusUnprocessableEntity}, action: "job.create", keyed: true,
	}, a.generate)
}

func (a *API) forecast(ctx context.Context, _ *call, in *orderIn) (*forecastBody, error) {
	f, err := a.jobs.Forecast(ctx, in.Business, in.Body.order(a.clock.Now()))
	if err != nil {
		return nil, err
	}
	var out forecastBody
	out.Body.Forecast = shownForecast(f)
	return &out, nil
}

func (a *API) generate(ctx context.Context, c *call, in *orderIn) (*generated, error) {
	g, err := a.jobs.Generate(ctx, c.Caller, in.Business, in.Body.order(a.clock.Now()), c.key, c.print)
	if err != nil {
		return nil, err
	}
	out := generated{Location: jobPath(g.Job)}
	out.Body.Job, out.Body.TotalPages, out.Body.Forecast = a.shown(ctx, g.Progress), g.Job.Layout.Tasks, shownForecast(g.Forecast)
	return &out, nil
}
