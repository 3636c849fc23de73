package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

const (
	minWords = 100
	maxWords = 3_000
	maxModel = 100
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

// checkName refuses a name that no page may have: every page would be rejected.
func (p *Plan) checkName() error {
	if name := p.input.Catalog.Business.Name; forbids(p.forbidden, name) {
		return invalid("business.name %q has a term of questionnaire.brand.forbidden_terms in it; no page could name the business, remove the term",
			short(name, maxValue))
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

func languageList(languages []catalog.Language) string {
	names := make([]string, 0, len(languages))
	for _, l := range languages {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}
