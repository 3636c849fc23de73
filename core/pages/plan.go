package pages

import (
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Plan is an opened job of pages. It is immutable and safe for concurrent use. Opening it costs by the rows and
// columns, not by the pages.
type Plan struct {
	input      Input
	hash       [32]byte
	rows       []row
	columns    []column
	store      *catalog.Location
	sheets     map[catalog.Language]*sheet
	forbidden  []term
	exclusions []Exclusion
	absent     []Missing
	// sample is a plan of one page, to look at.
	sample bool
}

var _ job.Plan = (*Plan)(nil)

// Open reads a job's input. An input that breaks a rule is fault.Invalid, one with too little in it fault.Incomplete,
// one in which two pages have the same path fault.Conflict; each says what to do.
func Open(input []byte) (*Plan, error) {
	p, err := open(input)
	if err == nil {
		err = p.complete()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// open is Open for a preview: a required variable may be missing.
func open(input []byte) (*Plan, error) { return openAs(input, false) }

func openAs(input []byte, sample bool) (*Plan, error) {
	in, err := decodeInput(input)
	if err != nil {
		return nil, err
	}
	p := &Plan{input: in, forbidden: terms(in.Catalog.Questionnaire.Brand.ForbiddenTerms), sample: sample}
	for _, step := range []func() error{
		p.input.check, p.checkName, p.layout, p.checkPaths, func() error { return p.fill(tagOf(input)) }, p.checkSizes,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.absent = p.findMissing()
	p.hash = p.makeHash(input)
	return p, nil
}

// layout finds rows and columns.
func (p *Plan) layout() error {
	out := exclusions{}
	p.rows, p.columns = makeRows(&p.input, out), makeColumns(&p.input, out)
	p.exclusions = out.list()
	if p.sample {
		p.sampled()
	}
	switch {
	case len(p.rows) == 0:
		return p.nothing(p.rowName()+" in "+languageList(p.input.Languages), CauseLanguageDisabled, CauseMissingTranslation)
	case len(p.columns) == 0:
		return p.nothing(p.columnName(), CauseUpcoming, CauseArchived, CauseNoStorefront)
	case len(p.rows) > MaxPages/len(p.columns):
		return refuse(CodePageLimit, fmt.Sprintf("%d pages (%d %s x %d %s); a job has at most %d, select fewer rows or columns",
			len(p.rows)*len(p.columns), len(p.rows), p.rowName(), len(p.columns), p.columnName(), MaxPages))
	}
	remark(p.rows, p.columns, p.forbidden)
	return nil
}

// nothing refuses a job without pages and says why there are none, as far as the causes explain it.
func (p *Plan) nothing(empty string, causes ...Cause) error {
	message := fmt.Sprintf("no pages: there are no %s, which %s needs", empty, p.input.PageType)
	var details []Detail
	for _, e := range p.exclusions {
		if slices.Contains(causes, e.Cause) {
			details = append(details, Detail{Subject: fmt.Sprintf("%d excluded as %s", e.Count, e.Cause), Message: e.Cause.advice()})
		}
	}
	if len(details) == 0 {
		message += "; add some"
	}
	return refuse(CodeNoPages, message, details...)
}

func (p *Plan) rowName() string {
	if p.input.PageType.Services() {
		return "services"
	}
	return "keywords"
}

func (p *Plan) columnName() string {
	if p.input.PageType.Locations() {
		return "locations"
	}
	return "service_areas"
}

// fill gives rows, columns and sheets their values.
func (p *Plan) fill(tag string) error {
	v := p.view()
	for i := range p.rows {
		v.row = &p.rows[i]
		v.row.values = fill(perRow, v)
	}
	for i := range p.columns {
		v.col = &p.columns[i]
		v.col.values = fill(perColumn, v)
	}
	p.sheets = make(map[catalog.Language]*sheet, len(p.input.Languages))
	rules := systemRules(p.input.Catalog.Business.IndustryType)
	for _, t := range p.input.Templates {
		s, err := newSheet(v, t, rules, tag, p.shared(t.Language))
		if err != nil {
			return err
		}
		p.sheets[t.Language] = s
	}
	return nil
}

// view is what the values of all rows, columns and languages have in common.
func (p *Plan) view() view {
	v := view{in: &p.input, twins: map[string]string{}}
	c := &p.input.Catalog
	for i := range c.Services {
		if c.Services[i].IsPrimary {
			v.main = &c.Services[i]
		}
	}
	for i := range c.Locations {
		if c.Locations[i].IsPrimary && !c.Locations[i].Archived() {
			v.store = &c.Locations[i]
		}
	}
	for _, k := range c.Keywords {
		if k.Language == catalog.Spanish {
			v.twins[k.Slug] = k.Keyword
		}
	}
	p.store = v.store
	return v
}

// Size is the number of pages.
func (p *Plan) Size() int { return len(p.rows) * len(p.columns) }

// PageType is the type of every page.
func (p *Plan) PageType() catalog.PageType { return p.input.PageType }

// Languages is the languages of the job; one of them may have no page.
func (p *Plan) Languages() []catalog.Language { return slices.Clone(p.input.Languages) }

// Selection is what was asked for of rows and columns, each list in order; its zero value means all.
func (p *Plan) Selection() Selection {
	s := p.input.Selection
	return Selection{slices.Clone(s.KeywordIDs), slices.Clone(s.ServiceIDs), slices.Clone(s.ServiceAreaIDs), slices.Clone(s.LocationIDs)}
}

// IncludesUpcoming reports whether stores that have not opened yet have pages.
func (p *Plan) IncludesUpcoming() bool { return p.input.IncludeUpcoming }

// Model is the model that the pages are asked of.
func (p *Plan) Model() string { return p.input.Model }

// Business is the business that the pages are for.
func (p *Plan) Business() catalog.Business { return p.input.Catalog.Business }

// Questionnaire is what the business says of itself. It is the plan's own: nobody may change it.
func (p *Plan) Questionnaire() catalog.Questionnaire { return p.input.Catalog.Questionnaire }

// Templates lists the prompt texts in use, one for each language.
func (p *Plan) Templates() []Template { return slices.Clone(p.input.Templates) }

// Exclusions counts the rows and columns of the catalog that give no pages, by cause.
func (p *Plan) Exclusions() []Exclusion { return slices.Clone(p.exclusions) }

// Count is the number of pages in a language.
func (p *Plan) Count(language catalog.Language) int {
	n := 0
	for i := range p.rows {
		if p.rows[i].language == language {
			n++
		}
	}
	return n * len(p.columns)
}

// Columns is the number of pages that one keyword or service has: pages are numbered row by row.
func (p *Plan) Columns() int { return len(p.columns) }
