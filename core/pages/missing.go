package pages

import (
	"fmt"
	"slices"
)

// Missing is a variable without a value on some pages.
type Missing struct {
	// Name is the variable's.
	Name string
	// Required: the job cannot be made. Otherwise the prompt says "(not provided)".
	Required bool
	// Pages is how many pages have no value for it.
	Pages int
	// Where says where a person fills it in.
	Where string
}

// Missing lists the variables of the templates that some pages have no value for, required ones first.
func (p *Plan) Missing() []Missing { return slices.Clone(p.absent) }

// complete refuses a job that lacks a required variable, naming each.
func (p *Plan) complete() error {
	var details []Detail
	for _, m := range p.absent {
		if m.Required {
			details = append(details, Detail{
				Subject: m.Name, Pages: m.Pages, Message: fmt.Sprintf("missing on %d pages; fill in %s", m.Pages, m.Where),
			})
		}
	}
	if len(details) == 0 {
		return nil
	}
	return refuse(CodeInsufficientData, "required variables have no value", details...)
}

// findMissing counts by rows and columns: a variable depends on one of them only.
func (p *Plan) findMissing() []Missing {
	var found []Missing
	index := map[string]int{}
	for _, language := range p.input.Languages {
		for _, n := range p.sheets[language].used {
			pages := p.without(p.sheets[language], n)
			if pages == 0 {
				continue
			}
			i, known := index[n.name]
			if !known {
				i = len(found)
				index[n.name] = i
				found = append(found, Missing{Name: n.name, Where: n.where})
			}
			found[i].Pages += pages
			found[i].Required = found[i].Required || n.required
		}
	}
	slices.SortStableFunc(found, func(a, b Missing) int { return rank(a) - rank(b) })
	return found
}

func rank(m Missing) int {
	if m.Required {
		return 0
	}
	return 1
}

// without counts the pages of a language that have no value for a variable.
func (p *Plan) without(s *sheet, n need) int {
	rows, lacking := 0, 0
	for i := range p.rows {
		r := &p.rows[i]
		if r.language != s.language {
			continue
		}
		rows++
		if n.scope == perRow && r.values[n.slot] == "" {
			lacking++
		}
	}
	switch n.scope {
	case perRow:
		return lacking * len(p.columns)
	case perColumn:
		return rows * p.columnsWithout(n.slot)
	}
	if n.present {
		return 0
	}
	return rows * len(p.columns)
}

func (p *Plan) columnsWithout(slot int) (n int) {
	for i := range p.columns {
		if p.columns[i].values[slot] == "" {
			n++
		}
	}
	return n
}
