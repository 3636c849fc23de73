package pages

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Options chooses the pages of a job.
type Options struct {
	// PageType is a page type or an alias of one; required.
	PageType string
	// Languages is what is asked for; nil means all that the business has enabled. What is not enabled is left out.
	Languages []catalog.Language
	// IncludeUpcoming adds pages for stores that have not opened yet.
	IncludeUpcoming bool
	// Selection narrows rows and columns; its zero value means all.
	Selection Selection
	// Model is the provider's model id; empty means the page type's DefaultModel.
	Model string
	// Year is the current calendar year; required.
	Year int
	// Versions is the numbers of the business's prompt templates by their ids, where a store gives them. Those without one
	// are numbered by the catalog's order.
	Versions map[string]int
}

// Build makes the input of a job after every check: the catalog's own rules (catalog.Problems), the score's gate, the
// choice, paths, sizes and required variables. What it refuses beyond the catalog's rules is a *Refusal. The same
// catalog and options give the same bytes.
func Build(c catalog.Catalog, o Options) ([]byte, error) {
	in, score, err := prepare(c, o)
	if err != nil {
		return nil, err
	}
	if score.Score < catalog.Gate {
		return nil, gated(score)
	}
	input := in.encode()
	if _, err := Open(input); err != nil {
		return nil, err
	}
	return input, nil
}

// Preview opens the plan that Build would make a job of, for looking at. Neither the score's gate nor a missing
// required variable stops it; Plan.Missing tells of the latter.
func Preview(c catalog.Catalog, o Options) (*Plan, error) {
	in, _, err := prepare(c, o)
	if err != nil {
		return nil, err
	}
	return open(in.encode())
}

// prepare normalises and scores the catalog and fixes everything that the job must not see change.
func prepare(c catalog.Catalog, o Options) (Input, catalog.Score, error) {
	pageType, ok := catalog.ParsePageType(o.PageType)
	if !ok {
		return Input{}, catalog.Score{}, invalid("%q is no page type; use one of %v", short(o.PageType, maxModel), catalog.PageTypes())
	}
	for _, language := range o.Languages {
		if !slices.Contains(catalog.Languages(), language) {
			return Input{}, catalog.Score{}, invalid("%q is no language that pages are written in; use en or es", short(string(language), maxModel))
		}
	}
	c, problems := c.Normalise()
	languages := jobLanguages(c.Business, o.Languages)
	in := Input{
		Catalog: snapshot(c, pageType), PageType: pageType, Languages: languages,
		IncludeUpcoming: o.IncludeUpcoming && pageType.Locations(), Selection: o.Selection.sorted(),
		Templates: chooseTemplates(c, pageType, languages, o.Versions), Model: cmp.Or(o.Model, DefaultModel(pageType)), Year: o.Year,
	}
	if len(problems) > 0 {
		return in, catalog.Score{}, duplicateOr(in, problems)
	}
	return in, catalog.Completeness(c), nil
}

// duplicateOr prefers to say that two pages would have one path, when that is what is wrong with the catalog.
func duplicateOr(in Input, problems catalog.Problems) error {
	p := Plan{input: in}
	p.rows, p.columns = makeRows(&p.input, exclusions{}), makeColumns(&p.input, exclusions{})
	if equal := p.equalPaths(); len(equal) > 0 {
		return refuse(CodeConflict, "two pages would have the same path", equal...)
	}
	return problems
}

// jobLanguages is what is asked for and enabled, English first.
func jobLanguages(b catalog.Business, asked []catalog.Language) []catalog.Language {
	return slices.DeleteFunc(catalog.Languages(), func(l catalog.Language) bool {
		return !b.Speaks(l) || asked != nil && !slices.Contains(asked, l)
	})
}

// snapshot leaves out what no page of the type needs.
func snapshot(c catalog.Catalog, t catalog.PageType) catalog.Catalog {
	c.SocialLinks, c.PromptTemplates = nil, nil
	if t.Services() {
		c.Keywords = nil
	}
	if t.Locations() {
		c.ServiceAreas = nil
		return c
	}
	linked := map[string]bool{}
	for _, a := range c.ServiceAreas {
		linked[a.LocationID] = true
	}
	c.Locations = slices.DeleteFunc(slices.Clone(c.Locations), func(l catalog.Location) bool {
		return !l.IsPrimary && !linked[l.ID]
	})
	return c
}

// sorted is the selection with each id once, in order, so that equal choices give equal inputs.
func (s Selection) sorted() Selection {
	for _, list := range []*[]string{&s.KeywordIDs, &s.ServiceIDs, &s.ServiceAreaIDs, &s.LocationIDs} {
		*list = slices.Compact(slices.Sorted(slices.Values(*list)))
	}
	return s
}

// gated says what would raise the score.
func gated(score catalog.Score) error {
	var details []Detail
	for _, item := range score.Missing() {
		details = append(details, Detail{
			Subject: item.Key, Points: item.Points, Message: fmt.Sprintf("%g points", float64(item.Points)/2),
		})
	}
	said := fmt.Sprintf("the profile scores %d of 100; a job needs %d, fill in some of these", score.Score, catalog.Gate)
	return &Refusal{Code: CodeInsufficientData, Message: said, Details: details, Score: score.Score, Gate: catalog.Gate}
}
