package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// Sample is a page to try a template on.
type Sample struct {
	Keyword     string            `json:"keyword_id,omitempty" maxLength:"64"`
	Service     string            `json:"service_id,omitempty" maxLength:"64"`
	ServiceArea string            `json:"service_area_id,omitempty" maxLength:"64"`
	Location    string            `json:"location_id,omitempty" maxLength:"64"`
	Overrides   map[string]string `json:"overrides,omitempty" maxProperties:"100" doc:"values to try, by variable"`
}

type renderIn struct {
	InBusiness
	Body struct {
		Template   string `json:"template,omitempty" maxLength:"20000" doc:"a text to try"`
		TemplateID string `json:"template_id,omitempty" maxLength:"64" doc:"a version; with neither, the one that a job would use"`
		PageType   string `json:"page_type" enum:"keyword-service-area,keyword-location,service-service-area,service-location,blog-service-area,blog-location,service-area,location-keyword"`
		Language   string `json:"language,omitempty" enum:"en,es" default:"en"`
		Sample     Sample `json:"sample,omitzero" doc:"the page; by default the first that a job would make, and where there is none what it would give is missing"`
	}
}

type variableOut struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Source   string `json:"source" doc:"where it is filled in"`
	Required bool   `json:"required"`
	Missing  bool   `json:"missing"`
}

type renderOut struct {
	Body struct {
		Rendered  string        `json:"rendered"`
		Variables []variableOut `json:"variables" nullable:"false"`
		Warnings  []string      `json:"warnings" nullable:"false"`
	}
}

// defineRender is the row that fills a template in.
func defineRender(a *API) {
	add(a, route{
		method: http.MethodPost, path: "/api/businesses/{business_id}/prompts/render", id: "prompt-render", summary: "Fill a template in for one page",
		tag: "prompt_template", role: backoffice.Operator, errors: []int{http.StatusUnprocessableEntity},
	}, a.render)
}

func (a *API) render(ctx context.Context, _ *call, in *renderIn) (*renderOut, error) {
	b, s := in.Body, in.Body.Sample
	r, err := a.jobs.RenderPrompt(ctx, in.Business, backoffice.RenderRequest{
		Template: b.Template, TemplateID: b.TemplateID, PageType: b.PageType, Language: b.Language,
		Sample: backoffice.RenderSample{KeywordID: s.Keyword, ServiceID: s.Service, ServiceAreaID: s.ServiceArea, LocationID: s.Location, Overrides: s.Overrides},
	})
	if err != nil {
		return nil, err
	}
	var out renderOut
	out.Body.Rendered, out.Body.Warnings = r.Rendered, listed(r.Warnings)
	out.Body.Variables = make([]variableOut, len(r.Variables))
	for i, v := range r.Variables {
		out.Body.Variables[i] = variableOut(v)
	}
	return &out, nil
}
