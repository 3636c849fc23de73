package pages

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

const (
	// MaxPages is the most pages that one job may have.
	MaxPages = 100_000
	// MaxPath is the most bytes that the path of a page may have.
	MaxPath  = 255
	longPath = 100
	// mostListed is how many equal paths a refusal lists.
	mostListed = 20
)

// prefix is what leads the paths of a language.
func prefix(pageType catalog.PageType, language catalog.Language) string {
	path := "/"
	if language == catalog.Spanish {
		path = "/es/"
	}
	if pageType.Blog() {
		path += "blog/"
	}
	return path
}

func (p *Plan) path(r *row, c *column) string {
	return prefix(p.input.PageType, r.language) + r.slug + "/" + c.slug
}

// checkPaths finds equal and overlong paths. Paths are equal when language, row slug and column slug are, so that rows
// and columns can be looked at by themselves.
func (p *Plan) checkPaths() error {
	if equal := p.equalPaths(); len(equal) > 0 {
		return refuse(CodeConflict, "two pages would have the same path", equal...)
	}
	longest := 0
	for i := range p.columns {
		longest = max(longest, len(p.columns[i].slug))
	}
	for i := range p.rows {
		r := &p.rows[i]
		if size := len(prefix(p.input.PageType, r.language)) + len(r.slug) + 1 + longest; size > MaxPath {
			return refuse(CodeInvalid, fmt.Sprintf("a path has %d characters, at most %d are allowed; give %s or the longest place a shorter slug",
				size, MaxPath, r.slug))
		}
	}
	return nil
}

// equalPaths lists the first paths that occur twice.
func (p *Plan) equalPaths() (found []Detail) {
	type rowKey struct {
		language catalog.Language
		slug     string
	}
	add := func(r *row, c *column, first, second string) {
		if len(found) < mostListed {
			found = append(found, Detail{Subject: p.path(r, c), Message: fmt.Sprintf("of %s and of %s; change one slug", first, second)})
		}
	}
	rows := map[rowKey]*row{}
	for i := range p.rows {
		r := &p.rows[i]
		key := rowKey{r.language, r.slug}
		if first := rows[key]; first != nil {
			for j := range p.columns {
				add(r, &p.columns[j], first.id, r.id)
			}
			continue
		}
		rows[key] = r
	}
	columns := map[string]*column{}
	for i := range p.columns {
		c := &p.columns[i]
		if first := columns[c.slug]; first != nil {
			for j := range p.rows {
				add(&p.rows[j], c, first.id, c.id)
			}
			continue
		}
		columns[c.slug] = c
	}
	return found
}
