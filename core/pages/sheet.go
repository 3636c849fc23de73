package pages

import (
	"maps"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// notProvided stands in a prompt for an optional variable without a value.
const notProvided = "(not provided)"

// piece is a part of a prompt: fixed text, or the value of a row's or column's variable.
type piece struct {
	text  string
	scope scope
	slot  int
	// line makes the value a line "text: value" of the facts, left out when there is none.
	line bool
}

// sheet is all that the prompts of one language share.
type sheet struct {
	language catalog.Language
	template Template
	pieces   []piece
	// used lists the template's variables and those always required.
	used []need
	// tokens is max_tokens of a first attempt.
	tokens int
	// values is what the language alone decides, by variable.
	values map[string]string
}

// need is a variable that the template uses or that every page must have.
type need struct {
	name     string
	where    string
	required bool
	scope    scope
	slot     int
	// present is whether a variable of the sheet has a value.
	present bool
}

// newSheet compiles a template for one language: what depends on neither row nor column becomes fixed text.
func newSheet(v view, t Template, tag string) (*sheet, error) {
	syntax, err := catalog.ParseTemplate(t.Text)
	if err != nil {
		return nil, refuse(CodeInvalid, "prompt template "+t.ID+": "+err.Error())
	}
	v.sheet, v.words = t.Language, t.Words
	s := &sheet{language: t.Language, template: t, tokens: maxTokens(t.Words, t.Language), values: sheetValues(v)}
	for _, name := range syntax.Variables() {
		if !catalog.KnownVariable(name) {
			return nil, refuse(CodeInvalid, "prompt template "+t.ID+": {{"+name+"}} is no known variable; remove it")
		}
	}
	s.compile(syntax)
	s.facts(tag)
	s.needs(syntax.Variables())
	return s, nil
}

// sheetValues is every value that the language alone decides, by name.
func sheetValues(v view) map[string]string {
	values := map[string]string{}
	for i := range table {
		if table[i].scope == perSheet {
			values[table[i].name] = clean(table[i].value(v))
		}
	}
	for key, value := range v.in.Catalog.Questionnaire.IndustryData {
		values[catalog.IndustryDataPrefix+key] = clean(value)
	}
	return values
}

// text adds fixed text, joined to fixed text before it.
func (s *sheet) text(text string) {
	switch n := len(s.pieces); {
	case text == "":
	case n > 0 && s.pieces[n-1].scope == perSheet:
		s.pieces[n-1].text += text
	default:
		s.pieces = append(s.pieces, piece{text: text})
	}
}

func (s *sheet) compile(syntax catalog.Template) {
	var fixed strings.Builder
	for _, part := range syntax.Parts() {
		v := lookup(part.Variable)
		switch {
		case part.Variable == "":
			fixed.WriteString(part.Text)
		case v == nil || v.scope == perSheet:
			fixed.WriteString(orNotProvided(s.values[part.Variable]))
		default:
			s.text(fixed.String())
			fixed.Reset()
			s.pieces = append(s.pieces, piece{scope: v.scope, slot: slot(v.name)})
		}
	}
	s.text(fixed.String())
}

// facts adds the block of everything known, between two lines that no value can imitate.
func (s *sheet) facts(tag string) {
	s.text("\n\n--- facts " + tag + " ---\n")
	for i := range table {
		v := &table[i]
		switch {
		case v.alias:
		case v.scope != perSheet:
			s.pieces = append(s.pieces, piece{text: v.name, scope: v.scope, slot: slot(v.name), line: true})
		case s.values[v.name] != "":
			s.text(v.name + ": " + s.values[v.name] + "\n")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if strings.HasPrefix(name, catalog.IndustryDataPrefix) {
			s.text(name + ": " + s.values[name] + "\n")
		}
	}
	s.text("--- end of facts " + tag + " ---\n")
}

// needs notes the variables that must or should have a value.
func (s *sheet) needs(used []string) {
	names := slices.Concat(alwaysRequired[:], used, s.template.Required)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		n := need{name: name, required: slices.Contains(alwaysRequired[:], name) || slices.Contains(s.template.Required, name)}
		if v := lookup(name); v != nil {
			n.where, n.scope = v.where, v.scope
			n.slot = slot(name)
		} else {
			n.where = "questionnaire." + name
		}
		n.present = s.values[name] != ""
		s.used = append(s.used, n)
	}
}

// missing lists the optional variables that a page of the row and column has no value for.
func (s *sheet) missing(r *row, c *column) (names []string) {
	for _, n := range s.used {
		if !n.has(r, c) {
			names = append(names, n.name)
		}
	}
	return names
}

func (n need) has(r *row, c *column) bool {
	switch n.scope {
	case perRow:
		return r.values[n.slot] != ""
	case perColumn:
		return c.values[n.slot] != ""
	}
	return n.present
}

func orNotProvided(value string) string {
	if value == "" {
		return notProvided
	}
	return value
}
