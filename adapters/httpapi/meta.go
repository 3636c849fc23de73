package httpapi

import (
	"context"
	"math"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

type industryOut struct {
	Value    string `json:"value"`
	Label    string `json:"label"`
	Category string `json:"category"`
	// Services and Service are what the industry calls them.
	Services string `json:"services_label"`
	Service  string `json:"service_label"`
}

type pageTypeOut struct {
	Value   catalog.PageType `json:"value"`
	Aliases []string         `json:"aliases" nullable:"false"`
	Rows    string           `json:"rows" enum:"keywords,services"`
	Columns string           `json:"columns" enum:"service-areas,locations"`
	Words   int              `json:"word_count_target"`
	Model   string           `json:"model" doc:"writes the pages where nothing else is set"`
}

type errorCodeOut struct {
	Code      job.Code `json:"code"`
	Retryable bool     `json:"retryable"`
	Hint      string   `json:"hint"`
}

type capsOut struct {
	PagesPerJob  int `json:"pages_per_job"`
	LiveJobs     int `json:"live_jobs_per_business" doc:"jobs of a business that may be under way at once"`
	BulkRows     int `json:"rows_per_bulk_call"`
	RetryPages   int `json:"pages_per_retry"`
	Services     int `json:"services"`
	Keywords     int `json:"keywords"`
	ServiceAreas int `json:"service_areas"`
	Locations    int `json:"locations"`
	Templates    int `json:"prompt_templates"`
	Path         int `json:"url_path_bytes" doc:"of a page's url_path"`
	Prompt       int `json:"rendered_prompt_bytes" doc:"of a prompt with what stands before it"`
	Body         int `json:"body_bytes"`
	Bulk         int `json:"bulk_body_bytes"`
	PerMinute    int `json:"requests_per_minute" doc:"of a principal; 0 means no limit"`
	Budget       usd `json:"budget_usd" doc:"of one job"`
}

type metaOut struct {
	Body struct {
		Industries   []industryOut    `json:"industry_types" nullable:"false"`
		PageTypes    []pageTypeOut    `json:"page_types" nullable:"false"`
		Languages    []string         `json:"languages" nullable:"false"`
		Platforms    []string         `json:"social_platforms" nullable:"false"`
		Variables    []string         `json:"variables" nullable:"false" doc:"names that a prompt template may use"`
		Prefix       string           `json:"variable_prefix" doc:"with a key of industry_data behind it, a name as well"`
		ErrorCodes   []errorCodeOut   `json:"page_error_codes" nullable:"false"`
		Models       []string         `json:"models" nullable:"false" doc:"models that have a price"`
		PriceVersion string           `json:"price_version"`
		Gate         int              `json:"gate" doc:"completeness below which no job begins"`
		Caps         capsOut          `json:"caps"`
		Retention    map[string]int64 `json:"retention_days" doc:"days for which each sort of record is kept, begun days counted; what is not named is kept as long as the store"`
	}
}

// defineMeta is what every form and list needs to know beforehand.
func defineMeta(a *API) {
	add(a, route{method: http.MethodGet, path: "/api/meta", id: "meta", summary: "Types, variables, caps, retention and prices", tag: "system", role: backoffice.Viewer}, a.meta)
}

func (a *API) meta(context.Context, *call, *none) (*metaOut, error) {
	var out metaOut
	b, prices := &out.Body, cost.Prices()
	for _, i := range catalog.Industries() {
		plural, singular := i.Offerings()
		b.Industries = append(b.Industries, industryOut{i.Type, i.Label, string(i.Category), plural, singular})
	}
	for _, t := range catalog.PageTypes() {
		b.PageTypes = append(b.PageTypes, shownPageType(t))
	}
	for _, l := range catalog.Languages() {
		b.Languages = append(b.Languages, string(l))
	}
	for _, code := range errorCodes() {
		b.ErrorCodes = append(b.ErrorCodes, errorCodeOut{code, code.Retryable(), hint(code)})
	}
	b.Platforms, b.Variables, b.Prefix = catalog.Platforms(), catalog.Variables(), catalog.IndustryDataPrefix
	b.Models, b.PriceVersion, b.Gate = prices.Models(), prices.Version(), catalog.Gate
	b.Caps, b.Retention = a.caps(), map[string]int64{}
	for name, kept := range a.options.Retention {
		b.Retention[name] = int64(math.Ceil(kept.Hours() / 24))
	}
	return &out, nil
}

func shownPageType(t catalog.PageType) pageTypeOut {
	out := pageTypeOut{Value: t, Aliases: []string{}, Rows: "keywords", Columns: "service-areas", Words: t.Words(), Model: pages.DefaultModel(t)}
	if t.Services() {
		out.Rows = "services"
	}
	if t.Locations() {
		out.Columns = "locations"
	}
	for _, alias := range []string{"service-area", "location-keyword"} {
		if of, _ := catalog.ParsePageType(alias); of == t {
			out.Aliases = append(out.Aliases, alias)
		}
	}
	return out
}

func (a *API) caps() capsOut {
	return capsOut{
		PagesPerJob: pages.MaxPages, LiveJobs: a.jobs.MaxLive(), BulkRows: backoffice.MaxBulkRows, RetryPages: mostOrdinals, Services: catalog.MaxServices,
		Keywords: catalog.MaxKeywords, ServiceAreas: catalog.MaxServiceAreas, Locations: catalog.MaxLocations, Templates: catalog.MaxTemplates, Path: pages.MaxPath,
		Prompt: pages.MaxPrompt, Body: mostBody, Bulk: mostBulk, PerMinute: max(0, orInt(a.options.PerMinute, 120)),
		Budget: usd(backoffice.MaxBudget),
	}
}

func errorCodes() []job.Code {
	return []job.Code{
		job.CodeProviderUnavailable, job.CodeProviderRejected, job.CodeRefused, job.CodeOutputTruncated, job.CodeOutputInvalid,
		job.CodeAttemptsExhausted, job.CodeDeadLetter, job.CodeInternal,
	}
}

// hint says what a person can do about pages that failed with the code.
func hint(code job.Code) string {
	switch code {
	case job.CodeProviderUnavailable:
		return "the provider refused to start for too long: retry later"
	case job.CodeProviderRejected:
		return "the provider refuses the key or the request: look at the key and the model before anything else"
	case job.CodeRefused:
		return "the model declined: change the wording of the prompt or of the keyword, then begin a new job"
	case job.CodeOutputTruncated:
		return "the answer was cut at its limit: retry, or lower the word count in a new job"
	case job.CodeOutputInvalid:
		return "the answers broke the rules for pages: retry, or change the prompt in a new job"
	case job.CodeAttemptsExhausted:
		return "no attempt is left and what became of them is not known or differs: retry"
	case job.CodeDeadLetter:
		return "the queue gave up on the page: retry"
	case job.CodeInternal:
		return "an error on our side stopped the page: retry after the next update"
	}
	return "look at the attempts of a page"
}
