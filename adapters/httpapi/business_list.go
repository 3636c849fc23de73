package httpapi

import (
	"context"
	"errors"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
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
	var duplicate *backoffice.Duplicate
	switch {
	case errors.As(err, &problems):
		return lowered(member, problems)
	case errors.As(err, &duplicate):
		return &backoffice.Duplicate{Problems: lowered(member, duplicate.Problems), ID: duplicate.ID}
	}
	return err
}

func lowered(member string, problems catalog.Problems) catalog.Problems {
	list := make(catalog.Problems, len(problems))
	for i, p := range problems {
		p.Path = member + p.Path
		list[i] = p
	}
	return list
}
