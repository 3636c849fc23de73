package backoffice

import (
	"cmp"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Row is an entry of a business's list with what the server keeps of it.
type Row[T any] struct {
	Value T `json:"value"`
	Meta
}

// rows is a list in its stored order.
type rows[T any] []Row[T]

// values are the entries alone, nil for none, as the rules of the catalog leave it.
func (r rows[T]) values() []T {
	if len(r) == 0 {
		return nil
	}
	list := make([]T, len(r))
	for i := range r {
		list[i] = r[i].Value
	}
	return list
}

// page cuts a list after the cursor, which is the sort key of the last entry given, to at most limit entries.
func page[T any](list []T, key func(T) string, limit int, cursor string) ([]T, string) {
	limit = pageSize(limit)
	if cursor != "" {
		start, found := slices.BinarySearchFunc(list, cursor, func(v T, c string) int { return cmp.Compare(key(v), c) })
		if found {
			start++
		}
		list = list[start:]
	}
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit:limit], key(list[limit-1])
}

// contains reports whether the text has the query in it, ignoring case and accents; an empty query is in every text.
func contains(text, query string) bool {
	return query == "" || strings.Contains(catalog.Fold(text), catalog.Fold(query))
}
