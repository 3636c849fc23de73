package backoffice

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// previewLooks is how many pages one look at a filtered preview goes through.
const previewLooks = 10_000

// PreviewFilter selects pages of a preview. Query, when given, is part of phrase, city or path, ignoring case and accents.
type PreviewFilter struct {
	Query    string
	Language catalog.Language
	Limit    int
	Cursor   string
}

// Preview is the pages that an order would make.
type Preview struct {
	// Pages may be short, even empty, with more to come; only an empty Next ends them.
	Pages   []pages.Page
	Next    string
	Summary PreviewSummary
	// PlanHash may be sent back with the order.
	PlanHash     string
	Completeness catalog.Score
	Business     catalog.Business
	PageType     catalog.PageType
}

// PreviewSummary is the whole of a preview in numbers.
type PreviewSummary struct {
	TotalPages                                                          int
	UniqueKeywords, UniqueServices, UniqueServiceAreas, UniqueLocations int
	ByLanguage                                                          map[catalog.Language]int
	Excluded                                                            []pages.Exclusion
	// Duplicates are paths that two pages would have: then there are no pages, and no job can be made.
	Duplicates []string
	Missing    []pages.Missing
}

// Preview lists the pages that the order would make, by the same rules as Generate. Neither the gate nor a missing variable
// stops it. Errors: pages.Refusal, catalog.Problems, NotFound.
func (j *Jobs) Preview(ctx context.Context, business string, o Order, f PreviewFilter) (Preview, error) {
	from, err := ordinalOf(f.Cursor)
	if err != nil {
		return Preview{}, err
	}
	c, versions, err := j.assemble(ctx, business)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Completeness: catalog.Completeness(c), Business: c.Business, Pages: []pages.Page{}}
	p.PageType, _ = catalog.ParsePageType(o.PageType)
	plan, err := pages.Preview(c, j.pagesOptions(o, versions))
	if p.Summary.Duplicates = duplicates(err); len(p.Summary.Duplicates) > 0 {
		return p, nil
	}
	if err != nil {
		return Preview{}, err
	}
	p.PlanHash, p.Summary = plan.HashText(), summarise(plan)
	p.Pages, p.Next = f.cut(plan, from)
	return p, nil
}

func ordinalOf(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "this is no cursor of an earlier page")
	}
	return n, nil
}

// duplicates are the paths that a refusal names.
func duplicates(err error) (paths []string) {
	var refusal *pages.Refusal
	if errors.As(err, &refusal) && refusal.Code == pages.CodeConflict {
		for _, d := range refusal.Details {
			paths = append(paths, d.Subject)
		}
	}
	return paths
}

// summarise counts by rows and columns, not by pages.
func summarise(plan *pages.Plan) PreviewSummary {
	s := PreviewSummary{TotalPages: plan.Size(), ByLanguage: map[catalog.Language]int{}, Excluded: plan.Exclusions(), Missing: plan.Missing()}
	for _, language := range plan.Languages() {
		s.ByLanguage[language] = plan.Count(language)
	}
	rows, columns := map[string]bool{}, plan.Columns()
	for at := 0; at < plan.Size(); at += columns {
		p := plan.Page(at)
		rows[p.KeywordID+p.ServiceID] = true
	}
	into, over := &s.UniqueKeywords, &s.UniqueServiceAreas
	if plan.PageType().Services() {
		into = &s.UniqueServices
	}
	if plan.PageType().Locations() {
		over = &s.UniqueLocations
	}
	*into, *over = len(rows), columns
	return s
}

// cut takes the wanted pages from the ordinal on.
func (f PreviewFilter) cut(plan *pages.Plan, from int) ([]pages.Page, string) {
	list, limit := []pages.Page{}, pageSize(f.Limit)
	for at := from; at < plan.Size(); at++ {
		if len(list) == limit || at-from == previewLooks {
			return list, strconv.Itoa(at)
		}
		if p := plan.Page(at); (f.Language == "" || p.Language == f.Language) && pageHas(p, f.Query) {
			list = append(list, p)
		}
	}
	return list, ""
}

// pageHas reports whether the query is in the page's phrase, city or path.
func pageHas(p pages.Page, query string) bool {
	return query == "" || slices.ContainsFunc([]string{p.KeywordText, p.ServiceName, p.City, p.URLPath}, func(text string) bool { return contains(text, query) })
}
