package pages

import (
	"slices"
	"strings"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// issues is a set of remarks on a row.
type issues struct{ unusual, duplicate bool }

// with lists the remarks, that on the path among them.
func (i issues) with(long bool) (found []string) {
	if i.unusual {
		found = append(found, IssueUnusualCharacters)
	}
	if i.duplicate {
		found = append(found, IssueNearDuplicate)
	}
	if long {
		found = append(found, IssueLongPath)
	}
	return found
}

// remark looks at the phrases of all rows.
func remark(rows []row) {
	type phrase struct {
		language catalog.Language
		words    string
	}
	seen := map[phrase][]int{}
	for i := range rows {
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
