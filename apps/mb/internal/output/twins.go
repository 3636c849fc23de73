package output

import (
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// twins finds a page's translation. Pages are rows times columns: the translation is in the row of the same slug and
// another language, in the same column.
type twins struct {
	columns int
	rows    map[rowKey]int
}

type rowKey struct {
	language catalog.Language
	slug     string
}

func keyOf(p pages.Page) rowKey {
	if p.PageType.Services() {
		return rowKey{p.Language, p.ServiceSlug}
	}
	return rowKey{p.Language, p.KeywordSlug}
}

func newTwins(plan *pages.Plan) twins {
	t := twins{columns: 1, rows: map[rowKey]int{}}
	first := keyOf(plan.Page(0))
	for t.columns < plan.Size() && keyOf(plan.Page(t.columns)) == first {
		t.columns++
	}
	for row := range plan.Size() / t.columns {
		t.rows[keyOf(plan.Page(row*t.columns))] = row
	}
	return t
}

// of is the number of the page's translation.
func (t twins) of(p pages.Page) (ordinal int, ok bool) {
	key := keyOf(p)
	for _, language := range catalog.Languages() {
		if language == key.language {
			continue
		}
		if row, found := t.rows[rowKey{language, key.slug}]; found {
			return row*t.columns + p.Ordinal%t.columns, true
		}
	}
	return 0, false
}
