package catalogfile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Check is Load for people who want to know all that is wrong with a file, with what can be wrong only in the given year:
// that a business was established after it. The error is as Load's.
func Check(path string, year int) (catalog.Catalog, error) {
	c, s, problems := load(path)
	if established := c.Questionnaire.Identity.YearEstablished; established != nil && *established > year {
		problems = append(problems, s.placed(catalog.Problem{
			Path: "/questionnaire/identity/year_established", Message: fmt.Sprintf("%d is after this year, %d; correct it", *established, year),
		}))
		slices.SortStableFunc(problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
	}
	if len(problems) > 0 {
		return catalog.Catalog{}, problems
	}
	return c, nil
}

// placed is place in a text that could be read once.
func (s source) placed(p catalog.Problem) Problem {
	if s.yaml {
		root, _ := parseYAML(s)
		return s.place(root, p)
	}
	root, _ := jsonNodes(s.data)
	return s.place(root, p)
}
