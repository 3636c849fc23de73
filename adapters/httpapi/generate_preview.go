package httpapi

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

type previewIn struct {
	InBusiness
	Paging
	Query    string           `query:"q" maxLength:"100" doc:"part of phrase, city or path"`
	Language catalog.Language `query:"language" enum:"en,es"`
	Body     Choice
}

// plannedOut is a page before it is written.
type plannedOut struct {
	PageFacts
	MissingVariables []string `json:"missing_variables" nullable:"false"`
	Issues           []string `json:"issues" nullable:"false"`
}

func shownPlanned(p pages.Page) plannedOut {
	return plannedOut{PageFacts: factsOf(p), MissingVariables: listed(p.MissingVariables), Issues: listed(p.Issues)}
}

type missingOut struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Pages    int    `json:"pages"`
	Source   string `json:"source" doc:"where it is filled in"`
}

type summaryOut struct {
	TotalPages   int            `json:"total_pages"`
	Keywords     int            `json:"unique_keywords"`
	Services     int            `json:"unique_services"`
	ServiceAreas int            `json:"unique_service_areas"`
	Locations    int            `json:"unique_locations"`
	ByLanguage   map[string]int `json:"by_language"`
	Excluded     map[string]int `json:"excluded" doc:"rows and columns that give no pages, by cause"`
	Duplicates   []string       `json:"duplicates" nullable:"false" doc:"paths that two pages would have: no job can be made then"`
	Missing      []missingOut   `json:"missing_variables" nullable:"false"`
}

type gateOut struct {
	Score int           `json:"score"`
	Gate  int           `json:"gate"`
	Ready bool          `json:"ready"`
	Items []gateItemOut `json:"items" nullable:"false"`
}

type gateItemOut struct {
	Key    string  `json:"key"`
	Points float64 `json:"points"`
	Earned bool    `json:"earned"`
}

func shownGate(s catalog.Score) gateOut {
	out := gateOut{Score: s.Score, Gate: catalog.Gate, Ready: s.Score >= catalog.Gate, Items: []gateItemOut{}}
	for _, i := range s.Items {
		out.Items = append(out.Items, gateItemOut{i.Key, float64(i.Points) / 2, i.Earned})
	}
	return out
}

type businessName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type previewOut struct {
	Body struct {
		Pages        []plannedOut     `json:"pages" nullable:"false"`
		NextCursor   *string          `json:"next_cursor"`
		Summary      summaryOut       `json:"summary"`
		PlanHash     string           `json:"plan_hash" doc:"may be sent back with the order; empty where no job can be made"`
		Completeness gateOut          `json:"completeness"`
		PageType     catalog.PageType `json:"page_type"`
		Business     businessName     `json:"business"`
	}
}

func (a *API) preview(ctx context.Context, c *call, in *previewIn) (*previewOut, error) {
	c.asked = in.Body.hash()
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	f := backoffice.PreviewFilter{Query: in.Query, Language: in.Language, Limit: in.Limit, Cursor: from}
	p, err := a.jobs.Preview(ctx, in.Business, in.Body.order(), f)
	if err != nil {
		return nil, err
	}
	var out previewOut
	b := &out.Body
	b.Pages = make([]plannedOut, len(p.Pages))
	for i, one := range p.Pages {
		b.Pages[i] = shownPlanned(one)
	}
	b.Summary, b.PlanHash, b.Completeness, b.PageType = shownSummary(p.Summary), p.PlanHash, shownGate(p.Completeness), p.PageType
	b.Business.ID, b.Business.Name = in.Business, p.Business.Name
	b.NextCursor, err = c.next(ctx, p.Next)
	return &out, err
}

func shownSummary(s backoffice.PreviewSummary) summaryOut {
	out := summaryOut{
		TotalPages: s.TotalPages, Keywords: s.UniqueKeywords, Services: s.UniqueServices, ServiceAreas: s.UniqueServiceAreas, Locations: s.UniqueLocations,
		ByLanguage: map[string]int{}, Excluded: map[string]int{}, Duplicates: listed(s.Duplicates), Missing: []missingOut{},
	}
	for language, n := range s.ByLanguage {
		out.ByLanguage[string(language)] = n
	}
	for _, e := range s.Excluded {
		out.Excluded[string(e.Cause)] = e.Count
	}
	for _, m := range s.Missing {
		out.Missing = append(out.Missing, missingOut{m.Name, m.Required, m.Pages, m.Where})
	}
	return out
}
