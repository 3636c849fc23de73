package backoffice_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// numbered are rows that are told apart by their numbers.
func numbered[T any](from, n int, of func(i int) T) (rows []backoffice.BulkInput[T]) {
	for i := range n {
		rows = append(rows, backoffice.BulkInput[T]{Value: of(from + i)})
	}
	return rows
}

func phrase(i int) catalog.Keyword {
	return catalog.Keyword{Keyword: fmt.Sprintf("plumber number %d", i)}
}

// paired has a Spanish twin.
func paired(i int) catalog.Keyword {
	return catalog.Keyword{Keyword: fmt.Sprintf("plumber number %d", i), KeywordES: fmt.Sprintf("plomero número %d", i)}
}

func branch(i int) catalog.Location {
	return catalog.Location{Name: fmt.Sprintf("Store %d", i), City: fmt.Sprintf("Springfield %s", letters(i)), State: "ME", StreetAddress: fmt.Sprintf("%d Main St", i)}
}

// letters is a number as a city may have it.
func letters(i int) string {
	text := ""
	for ; i > 0 || text == ""; i /= 26 {
		text += string(rune('a' + i%26))
	}
	return text
}

// full is a business with 2,000 keywords and 2,000 locations.
func full(tb testing.TB) shop {
	tb.Helper()
	s := open(tb)
	for from := 0; from < 2000; from += 500 {
		_, err := s.BulkKeywords(s.ctx, boss(), s.id, numbered(from, 500, phrase), backoffice.BulkOptions{})
		require.NoError(tb, err)
		_, err = s.BulkLocations(s.ctx, boss(), s.id, numbered(from, 500, branch), backoffice.BulkOptions{})
		require.NoError(tb, err)
	}
	return s
}

// BenchmarkBulk is what an import of 500 rows costs that the list of 2,000 has no room for.
func BenchmarkBulk(b *testing.B) {
	s := full(b)
	for name, run := range map[string]func() (backoffice.BulkResult, error){
		"Keywords": func() (backoffice.BulkResult, error) {
			return s.BulkKeywords(s.ctx, boss(), s.id, numbered(2000, 500, phrase), backoffice.BulkOptions{})
		},
		"KeywordPairs": func() (backoffice.BulkResult, error) {
			return s.BulkKeywords(s.ctx, boss(), s.id, numbered(2000, 500, paired), backoffice.BulkOptions{})
		},
		"KeywordTwins": func() (backoffice.BulkResult, error) {
			return s.BulkKeywords(s.ctx, boss(), s.id, numbered(1500, 500, paired), backoffice.BulkOptions{})
		},
		"Locations": func() (backoffice.BulkResult, error) {
			return s.BulkLocations(s.ctx, boss(), s.id, numbered(2000, 500, branch), backoffice.BulkOptions{AutoCreateAreas: true})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := run()
				require.NoError(b, err)
				require.Equal(b, 500, r.Summary.Failed)
			}
		})
	}
}
