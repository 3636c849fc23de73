package pages

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Rendered is a template filled in for one page, as a person is to see it.
type Rendered struct {
	// Text is the template with every variable replaced. The prompt of a job says the same in another order: what its pages
	// have in common comes first.
	Text string
	// Values are the variables of the template and those that every page must have.
	Values []Value
}

// Value is what a variable stands for on one page.
type Value struct {
	Name, Value string
	// Where says where a person fills it in.
	Where    string
	Required bool
}

// Render fills the template of the page's language in for the page with the number, which is 0 to Size-1. Overrides are values to
// take in place of the page's own. With them it may be longer than a prompt may be, which is a *Refusal.
func (p *Plan) Render(ordinal int, overrides map[string]string) (Rendered, error) {
	r, c := p.at(ordinal)
	s := p.sheets[r.language]
	var out Rendered
	values := map[string]string{}
	for _, n := range s.used {
		v := Value{Name: n.name, Value: s.value(n, r, c), Where: n.where, Required: n.required}
		if own, given := overrides[n.name]; given {
			v.Value = clean(own)
		}
		values[n.name] = v.Value
		out.Values = append(out.Values, v)
	}
	var err error
	out.Text, err = s.filled(values)
	return out, err
}

// filled is the template with the values in it. Its size is known before it is written: many placeholders of long values multiply.
func (s *sheet) filled(values map[string]string) (string, error) {
	syntax, err := catalog.ParseTemplate(s.template.Text)
	if err != nil {
		return "", nil //nolint:nilerr // no plan was opened with it
	}
	size := 0
	for _, part := range syntax.Parts() {
		size += len(inPlace(part, values))
	}
	if size += len(s.system) + maxCorrection; size > MaxPrompt {
		return "", invalid("the prompt has %d bytes with what stands before it; it has at most %d, shorten the template or the values", size, MaxPrompt)
	}
	var b strings.Builder
	for _, part := range syntax.Parts() {
		b.WriteString(inPlace(part, values))
	}
	return b.String(), nil
}

// inPlace is the text that a part of a template stands for.
func inPlace(part catalog.TemplatePart, values map[string]string) string {
	if part.Variable == "" {
		return part.Text
	}
	return orNotProvided(values[part.Variable])
}

// value is what a variable stands for on a page of the row and column.
func (s *sheet) value(n need, r *row, c *column) string {
	switch n.scope {
	case perRow:
		return r.values[n.slot]
	case perColumn:
		return c.values[n.slot]
	}
	return s.values[n.name]
}
