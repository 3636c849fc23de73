package storetx

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/ports"
)

// A cursor is a sort key, after the sign of its direction.
const (
	ascending  = ">"
	descending = "<"
)

// Cursor is the one that goes on behind the sort key, in the range's direction.
func Cursor(r ports.Range, last string) string { return direction(r) + last }

func direction(r ports.Range) string {
	if r.Descending {
		return descending
	}
	return ascending
}

// Resolve checks a range in the name of a store and fills in its limit. It returns the sort key that the page begins behind, empty
// for the first page. Errors: Invalid (the partition, the limit, or a cursor of another range).
func Resolve(store string, r *ports.Range) (last string, err error) {
	rules := rules{store: store}
	if err := rules.name("partition", r.Partition); err != nil {
		return "", err
	}
	if r.Limit < 0 || r.Limit > ports.MaxList {
		return "", rules.broken("a list's limit is %d; it must be 1 to %d, or 0 for %d", r.Limit, ports.MaxList, ports.MaxList)
	}
	if r.Limit == 0 {
		r.Limit = ports.MaxList
	}
	if r.Cursor == "" {
		return "", nil
	}
	last, ok := strings.CutPrefix(r.Cursor, direction(*r))
	// A store that looks at more than it returns may have ended on the end of the range, which is not part of it.
	beyond := r.To != "" && last >= r.To && (last > r.To || !r.Descending)
	if !ok || last < r.From || beyond || rules.name("sort", last) != nil {
		return "", rules.broken("%q is no cursor of this range; pass the one that its last page returned", r.Cursor)
	}
	return last, nil
}

// Narrow cuts off a range what lies before and on the sort key, in its direction.
func Narrow(r *ports.Range, last string) {
	switch {
	case last == "":
	case r.Descending:
		r.To = last
	default:
		r.From = last + "\x00"
	}
}
