package httpapi

import (
	"context"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// listOf answers a page of a list.
func listOf[R, O any](ctx context.Context, c *call, p Paging, read func(cursor string) ([]R, string, error), show func(R) O) ([]O, *string, error) {
	from, err := c.open(ctx, p.Cursor)
	if err != nil {
		return nil, nil, err
	}
	list, inner, err := read(from)
	if err != nil {
		return nil, nil, err
	}
	next, err := c.next(ctx, inner)
	return shownAll(list, show), next, err
}

// cut is a page of a list that is read as a whole: what follows the entry that the cursor names, or the beginning when that is there no
// more.
func cut[R any](list []R, limit int, cursor string, key func(R) string) ([]R, string) {
	start := 1 + slices.IndexFunc(list, func(r R) bool { return key(r) == cursor })
	list = list[start:]
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], key(list[limit-1])
}

func shownAll[R, O any](list []R, show func(R) O) []O {
	out := make([]O, len(list))
	for i, r := range list {
		out[i] = show(r)
	}
	return out
}

// under puts the paths of an error's problems below a member of the body.
func under(member string, err error) error {
	var problems catalog.Problems
	if !errors.As(err, &problems) {
		return err
	}
	lowered := make(catalog.Problems, len(problems))
	for i, p := range problems {
		p.Path = member + p.Path
		lowered[i] = p
	}
	return lowered
}
