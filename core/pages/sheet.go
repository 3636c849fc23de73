package pages

import (
	"maps"
	"slices"
	"strconv"

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
	// name names the template and the language for what is learned of its requests: "keyword-service-area.en.0123456789ab.400".
	name string
	// system is the text before every prompt, byte for byte the same, which the provider may keep: the rules, the facts
	// that all pages share, and what of the template is the same for every page.
	system string
	// pieces make the prompt of a page.
	pieces []piece
	// used lists the template's variables and those always required.
	used []need
	// tokens is max_tokens of a first attempt.
	tokens int
	// values is what is the same on every page of the language, by variable.
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

// newSheet compiles a template for one language: what no page of it changes becomes fixed text. Shared is the values of
// rows and columns that all of its pages have in common.
func newSheet(v view, t Template, rules, tag string, shared map[string]string) (*sheet, error) {
	syntax, err := catalog.ParseTemplate(t.Text)
	if err != nil {
		return nil, refuse(CodeInvalid, "prompt template "+t.ID+": "+err.Error())
	}
	v.sheet, v.words = t.Language, t.Words
	s := &sheet{
		language: t.Language, template: t, tokens: maxTokens(t.Words, t.Language), values: sheetValues(v),
		name: string(v.in.PageType) + "." + string(t.Language) + "." + short(t.SHA256, 12) + "." + strconv.Itoa(t.Words),
	}
	maps.Copy(s.values, shared)
	for _, name := range syntax.Variables() {
		if !catalog.KnownVariable(name) {
			return nil, refuse(CodeInvalid, "prompt template "+t.ID+": {{"+name+"}} is no known variable; remove it")
		}
	}
	s.compile(syntax)
	s.layOut(rules, tag)
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
