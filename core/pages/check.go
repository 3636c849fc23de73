package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

const (
	minWords     = 100
	maxWords     = 3_000
	maxSelection = 1_000
	maxModel     = 100
)

// check looks at everything that is not a row or a column.
func (in *Input) check() error {
	for _, step := range []func() error{
		in.checkChoice, in.checkLanguages, in.checkTemplates, in.checkSelection, in.checkRows, in.checkPlaces,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return refuse(CodeInvalid, fmt.Sprintf(format, args...))
}

func (in *Input) checkChoice() error {
	if canonical, ok := catalog.ParsePageType(string(in.PageType)); !ok || canonical != in.PageType {
		return invalid("%q is no page type; use one of %v", in.PageType, catalog.PageTypes())
	}
	if in.Model == "" || len(in.Model) > maxModel || strings.ContainsFunc(in.Model, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return invalid("%q is no model id; name one such as claude-haiku-5-5", short(in.Model, maxModel))
	}
	established := in.Catalog.Questionnaire.Identity.YearEstablished
	switch {
	case in.Year < 1 || in.Year > 9999:
		return invalid("the year of the job is %d; give the current one", in.Year)
	case established != nil && *established > in.Year:
		return invalid("questionnaire.identity.year_established is %d, after this year; correct it", *established)
	case !catalog.ValidID(in.Catalog.Business.ID):
		return invalid("business.id is missing or invalid; normalise the catalog")
	}
	return nil
}

func (in *Input) checkLanguages() error {
	if len(in.Languages) == 0 {
		return invalid("no language is left: the business has enabled %s; ask for one of them or enable more",
			languageList(in.Catalog.Business.EnabledLanguages))
	}
	known := catalog.Languages()
	for i, language := range in.Languages {
		switch {
		case !slices.Contains(known, language):
			return invalid("%q is no language that pages are written in; use en or es", language)
		case !in.Catalog.Business.Speaks(language):
			return invalid("the business has not enabled %s; enable it or leave it out", language)
		case i > 0 && in.Languages[i-1] >= language:
			return invalid("languages are out of order; build the input again")
		}
	}
	return nil
}

func (in *Input) checkTemplates() error {
	if len(in.Templates) != len(in.Languages) {
		return invalid("there are %d prompt templates for %d languages; build the input again", len(in.Templates), len(in.Languages))
	}
	for i, t := range in.Templates {
		sum := sha256.Sum256([]byte(t.Text))
		switch {
		case t.Language != in.Languages[i]:
			return invalid("prompt template %s is for %s, not %s; build the input again", t.ID, t.Language, in.Languages[i])
		case t.Words < minWords || t.Words > maxWords:
			return invalid("prompt template %s asks for %d words; use %d to %d", t.ID, t.Words, minWords, maxWords)
		case t.SHA256 != hex.EncodeToString(sum[:]):
			return invalid("prompt template %s is not the text that its hash says; build the input again", t.ID)
		}
		for _, name := range t.Required {
			if !catalog.KnownVariable(name) {
				return invalid("prompt template %s requires the unknown variable %q; remove it", t.ID, name)
			}
		}
	}
	return nil
}

// checkRows makes sure of what paths and values rely on.
func (in *Input) checkRows() error {
	for _, k := range in.Catalog.Keywords {
		if k.Keyword == "" || !plainSlug(k.Slug) || !catalog.ValidID(k.ID) || !slices.Contains(catalog.Languages(), k.Language) {
			return invalid("keyword %q has no text, slug, id or language; normalise the catalog", short(k.Keyword, maxModel))
		}
	}
	for _, s := range in.Catalog.Services {
		if s.Name == "" || !plainSlug(s.Slug) || !catalog.ValidID(s.ID) {
			return invalid("service %q has no name, slug or id; normalise the catalog", short(s.Name, maxModel))
		}
	}
	return nil
}

func (in *Input) checkPlaces() error {
	for _, a := range in.Catalog.ServiceAreas {
		if a.City == "" || a.State == "" || !plainSlug(a.Slug) || !catalog.ValidID(a.ID) {
			return invalid("service area %q has no city, state, slug or id; normalise the catalog", short(a.City, maxModel))
		}
	}
	for _, l := range in.Catalog.Locations {
		if l.City == "" || l.State == "" || !plainSlug(l.Slug) || !catalog.ValidID(l.ID) {
			return invalid("location %q has no city, state, slug or id; normalise the catalog", short(l.Name, maxModel))
		}
	}
	return nil
}

func plainSlug(s string) bool { return s != "" && catalog.ToSlug(s) == s }

// checkSizes refuses values and prompts that are too long. It looks at each row and column once.
func (p *Plan) checkSizes() error {
	for _, language := range p.input.Languages {
		values := p.sheets[language].values
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if utf8.RuneCountInString(values[name]) > maxValue {
				return tooLong(name, values[name])
			}
		}
	}
	for i := range p.rows {
		if err := valuesFit(perRow, p.rows[i].values); err != nil {
			return err
		}
	}
	for i := range p.columns {
		if err := valuesFit(perColumn, p.columns[i].values); err != nil {
			return err
		}
	}
	for _, language := range p.input.Languages {
		if size := p.longestPrompt(p.sheets[language]); size > maxPrompt {
			return invalid("the longest prompt in %s has %d bytes; a prompt has at most %d, shorten the template or the values",
				language, size, maxPrompt)
		}
	}
	return nil
}

func valuesFit(s scope, values []string) error {
	for i, value := range values {
		if len(value) > maxValue && utf8.RuneCountInString(value) > maxValue {
			return tooLong(nameOf(s, i), value)
		}
	}
	return nil
}

func tooLong(name, value string) error {
	return invalid("the value of %s has %d characters; a prompt takes at most %d, shorten it", name, utf8.RuneCountInString(value), maxValue)
}

// longestPrompt is the size of the prompt of the longest row and column, with room for a correction.
func (p *Plan) longestPrompt(s *sheet) int {
	row, column := -1, 0
	for i := range p.rows {
		if p.rows[i].language == s.language {
			row = max(row, s.sizes(perRow, &p.rows[i], nil))
		}
	}
	if row < 0 {
		return 0
	}
	for i := range p.columns {
		column = max(column, s.sizes(perColumn, nil, &p.columns[i]))
	}
	return s.sizes(perSheet, nil, nil) + row + column + maxCorrection
}

// checkSelection refuses ids that the catalog does not have and lists that the page type has no use for.
func (in *Input) checkSelection() error {
	ids := func(n int, id func(int) string) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = id(i)
		}
		return list
	}
	c, services, locations := &in.Catalog, in.PageType.Services(), in.PageType.Locations()
	for _, s := range []struct {
		name   string
		chosen []string
		used   bool
		known  []string
	}{
		{"keyword_ids", in.Selection.KeywordIDs, !services, ids(len(c.Keywords), func(i int) string { return c.Keywords[i].ID })},
		{"service_ids", in.Selection.ServiceIDs, services, ids(len(c.Services), func(i int) string { return c.Services[i].ID })},
		{"service_area_ids", in.Selection.ServiceAreaIDs, !locations, ids(len(c.ServiceAreas), func(i int) string { return c.ServiceAreas[i].ID })},
		{"location_ids", in.Selection.LocationIDs, locations, ids(len(c.Locations), func(i int) string { return c.Locations[i].ID })},
	} {
		if err := checkIDs(s.name, in.PageType, s.chosen, s.known, s.used); err != nil {
			return err
		}
	}
	return nil
}

func checkIDs(name string, pageType catalog.PageType, chosen, known []string, used bool) error {
	switch {
	case len(chosen) == 0:
		return nil
	case !used:
		return invalid("%s has no meaning for %s; leave it out", name, pageType)
	case len(chosen) > maxSelection:
		return invalid("%s names %d ids; name at most %d", name, len(chosen), maxSelection)
	}
	exists := pick(known)
	for _, id := range chosen {
		if !exists[id] {
			return invalid("%s names %q, which the catalog does not have; correct or remove it", name, short(id, maxModel))
		}
	}
	return nil
}

func languageList(languages []catalog.Language) string {
	names := make([]string, 0, len(languages))
	for _, l := range languages {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}
