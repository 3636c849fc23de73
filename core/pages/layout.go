package pages

import (
	"maps"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// taskHeading begins the part of the task that stands before every prompt.
const taskHeading = "\nThe task\n\n"

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

// compile turns the template into pieces.
func (s *sheet) compile(syntax catalog.Template) {
	for _, part := range syntax.Parts() {
		v := lookup(part.Variable)
		value, fixed := s.values[part.Variable]
		switch {
		case part.Variable == "":
			s.text(part.Text)
		case v == nil || fixed:
			s.text(orNotProvided(value))
		default:
			s.pieces = append(s.pieces, piece{scope: v.scope, slot: slot(v.name)})
		}
	}
}

// layOut puts what is the same for every page before the prompts: a provider keeps only what stands first. What stands
// last in a template is what makes it cheap.
func (s *sheet) layOut(rules, tag string) {
	lead := s.lead()
	s.system = rules + "\n\n" + opening(tag) + s.sharedFacts() + closing(tag)
	if lead != "" {
		s.system += taskHeading + lead + "\n"
	}
	if len(s.pieces) == 1 && s.pieces[0].text == "" {
		s.text("Write the page that these facts are about.")
	}
	s.text("\n\n" + opening(tag))
	s.pageFacts()
	s.text(closing(tag))
	s.pieces[0].text = strings.TrimLeft(s.pieces[0].text, "\n")
}

// lead takes from the template its whole paragraphs before the first that differs from page to page. The rest stays as
// it is, so that no sentence is torn apart.
func (s *sheet) lead() string {
	if len(s.pieces) == 0 || s.pieces[0].scope != perSheet {
		return ""
	}
	text := s.pieces[0].text
	end := len(text)
	if len(s.pieces) > 1 {
		end = strings.LastIndex(text, "\n\n") + 1
	}
	s.pieces[0].text = text[end:]
	return strings.Trim(text[:end], "\n")
}

// opening and closing are the lines around a block of facts, which no value can imitate.
func opening(tag string) string { return "--- facts " + tag + " ---\n" }

func closing(tag string) string { return "--- end of facts " + tag + " ---\n" }

// sharedFacts is everything known that all pages have in common.
func (s *sheet) sharedFacts() string {
	var b strings.Builder
	line := func(name string) {
		if value := s.values[name]; value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	for i := range table {
		if !table[i].alias {
			line(table[i].name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if strings.HasPrefix(name, catalog.IndustryDataPrefix) {
			line(name)
		}
	}
	return b.String()
}

// pageFacts adds everything known of a page alone.
func (s *sheet) pageFacts() {
	for i := range table {
		v := &table[i]
		if _, fixed := s.values[v.name]; !fixed && !v.alias {
			s.pieces = append(s.pieces, piece{text: v.name, scope: v.scope, slot: slot(v.name), line: true})
		}
	}
}

// shared finds the values that all pages of a language have in common, though they come from its rows and columns.
func (p *Plan) shared(language catalog.Language) map[string]string {
	var rows, columns [][]string
	for i := range p.rows {
		if p.rows[i].language == language {
			rows = append(rows, p.rows[i].values)
		}
	}
	for i := range p.columns {
		columns = append(columns, p.columns[i].values)
	}
	found := map[string]string{}
	for i := range table {
		v, lists := &table[i], rows
		if v.scope == perColumn {
			lists = columns
		}
		if v.scope == perSheet || v.page {
			continue
		}
		if value, same := common(lists, slot(v.name)); same {
			found[v.name] = value
		}
	}
	return found
}

// common is the value that every list has at the place.
func common(lists [][]string, at int) (value string, same bool) {
	for i, values := range lists {
		if i > 0 && values[at] != value {
			return "", false
		}
		value = values[at]
	}
	return value, len(lists) > 0
}
