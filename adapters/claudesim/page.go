package claudesim

import (
	"net/url"
	"slices"
	"strconv"
)

// listBody is one page of a list as the API shows it.
type listBody[T any] struct {
	Data    []T     `json:"data"`
	HasMore bool    `json:"has_more"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
}

// page is a part of a list; ids are those of its items.
type page[T any] struct {
	items []T
	ids   []string
	more  bool
}

// cutPage cuts the page that a query asks for out of a list: limit items (20, at most 1,000) after, or before,
// an id. An id that is not in the list is no bound.
func cutPage[T any](all []T, query url.Values, id func(T) string) (page[T], *apiError) {
	const usual, most = 20, 1000
	limit := usual
	if given := query.Get("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > most {
			return page[T]{}, invalid("limit: Input should be an integer from 1 to %d", most)
		}
		limit = n
	}
	at := func(wanted string) int {
		return slices.IndexFunc(all, func(item T) bool { return id(item) == wanted })
	}
	var cut page[T]
	switch after, before := query.Get("after_id"), query.Get("before_id"); {
	case after != "" && before != "":
		return page[T]{}, invalid("Only one of after_id and before_id may be given")
	case before != "":
		rest := all[:max(at(before), 0)]
		cut.more = len(rest) > limit
		cut.items = rest[len(rest)-min(limit, len(rest)):]
	default:
		rest := all[at(after)+1:]
		cut.more = len(rest) > limit
		cut.items = rest[:min(limit, len(rest))]
	}
	for _, item := range cut.items {
		cut.ids = append(cut.ids, id(item))
	}
	return cut, nil
}

// listOf shows the items of a page.
func listOf[T, B any](p page[T], show func(T) B) listBody[B] {
	list := listBody[B]{Data: make([]B, len(p.items)), HasMore: p.more}
	for i, item := range p.items {
		list.Data[i] = show(item)
	}
	if len(p.ids) > 0 {
		list.FirstID, list.LastID = &p.ids[0], &p.ids[len(p.ids)-1]
	}
	return list
}
