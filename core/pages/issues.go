package pages

import (
	"slices"
	"strings"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// issues is a set of remarks on a row.
type issues struct{ unusual, duplicate, forbidden bool }

// list names the remarks on a row and a column, and on their path.
func (i issues) list(column issues, long bool) (found []string) {
	if i.unusual {
		found = append(found, IssueUnusualCharacters)
	}
	if i.duplicate {
		found = append(found, IssueNearDuplicate)
	}
	if long {
		found = append(found, IssueLongPath)
	}
	if i.forbidden || column.forbidden {
		found = append(found, IssueForbiddenTerm)
	}
	return found
}

// remark looks at the phrases of all rows and the cities of all columns.
func remark(rows []row, columns []column, forbidden []term) {
	for i := range columns {
		columns[i].issues.forbidden = forbids(forbidden, columns[i].city)
	}
	type phrase struct {
		language catalog.Language
		words    string
	}
	seen := map[phrase][]int{}
	for i := range rows {
		rows[i].issues.forbidden = forbids(forbidden, rows[i].text)
		rows[i].issues.unusual = strings.ContainsFunc(rows[i].text, unusual)
		words := strings.FieldsFunc(catalog.Fold(rows[i].text), notWord)
		slices.Sort(words)
		key := phrase{rows[i].language, strings.Join(words, " ")}
		seen[key] = append(seen[key], i)
	}
	for _, same := range seen {
		for _, i := range same {
			rows[i].issues.duplicate = len(same) > 1
		}
	}
}

func unusual(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(` -'"`, r)
}

// notWord is true for what separates words.
func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

// forbids reports whether a text has a forbidden term.
func forbids(forbidden []term, text string) bool {
	folded := catalog.Fold(text)
	return slices.ContainsFunc(forbidden, func(t term) bool { return occurrences(folded, t.folded) > 0 })
}
