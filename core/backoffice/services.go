package backoffice

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// ServiceRow is something that a business offers.
type ServiceRow struct {
	Row[catalog.Service]
	// Position is its place in the order, from 1.
	Position int
}

// ServicePatch is a change to a service. A new name keeps the slug unless one is sent.
type ServicePatch struct {
	Name, NameES, Slug Patch[string]
	// IsPrimary true moves the mark here; the primary service cannot put it off.
	IsPrimary Patch[bool]
}

func serviceShelf() shelf[catalog.Service] {
	return shelf[catalog.Service]{
		document: docServices, path: "/services", what: "service", kind: "service", most: catalog.MaxServices, needs: scoreDocuments(), scored: true,
		id:    func(s *catalog.Service) *string { return &s.ID },
		of:    func(c *catalog.Catalog) *[]catalog.Service { return &c.Services },
		filed: func(f *folder) rows[catalog.Service] { return f.services },
		after: func(f *folder, _, is rows[catalog.Service]) { f.services = is },
		mark:  remarkServices,
		shown: func(list rows[catalog.Service]) []string {
			positions := make([]string, len(list))
			for i := range list {
				positions[i] = strconv.Itoa(i)
			}
			return positions
		},
	}
}

func serviceRow(list rows[catalog.Service], at int) ServiceRow { return ServiceRow{list[at], at + 1} }

// Services lists them by position. It is fault.NotFound when there is no such business.
func (o *Office) Services(ctx context.Context, business string, limit int, cursor string) ([]ServiceRow, string, error) {
	s := serviceShelf()
	list, err := s.read(ctx, o, business)
	if err != nil {
		return nil, "", err
	}
	from := serviceAfter(list, cursor)
	to := min(len(list), from+pageSize(limit))
	given := make([]ServiceRow, 0, to-from)
	for at := from; at < to; at++ {
		given = append(given, serviceRow(list, at))
	}
	if to == len(list) {
		return given, "", nil
	}
	return given, fmt.Sprintf("%d/%s", to, list[to-1].Value.ID), nil
}

// serviceAfter is where a list goes on after the cursor's service, or where it stood when it is there no more.
func serviceAfter(list rows[catalog.Service], cursor string) int {
	place, id, _ := strings.Cut(cursor, "/")
	if at := serviceShelf().find(list, id); at >= 0 {
		return at + 1
	}
	at, _ := strconv.Atoi(place) // a cursor that is none starts anew
	return min(max(at-1, 0), len(list))
}

// Service reads one. Errors: NotFound.
func (o *Office) Service(ctx context.Context, business, id string) (ServiceRow, error) {
	list, at, err := serviceShelf().one(ctx, o, business, id)
	if err != nil {
		return ServiceRow{}, err
	}
	return serviceRow(list, at), nil
}

// CreateService adds one at the end; the first is primary. Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateService(ctx context.Context, by Caller, business string, s catalog.Service) (ServiceRow, error) {
	s.ID = o.IDs.NewID()
	return o.changeService(ctx, by, "service.create", business, s.ID, func(d *desk[catalog.Service]) error {
		if s.IsPrimary {
			unmarkServices(d.is)
		}
		d.add(s)
		return nil
	})
}

func (o *Office) changeService(ctx context.Context, by Caller, action, business, id string, decide func(d *desk[catalog.Service]) error) (ServiceRow, error) {
	s := serviceShelf()
	list, err := s.change(ctx, o, by, action, business, id, decide)
	if err != nil {
		return ServiceRow{}, err
	}
	return serviceRow(list, s.find(list, id)), nil
}

// remarkServices leaves the mark to a new service that has it.
func remarkServices(list rows[catalog.Service], n int) {
	if slices.ContainsFunc(list[n:], func(r Row[catalog.Service]) bool { return r.Value.IsPrimary }) {
		unmarkServices(list[:n])
	}
}

// unmarkServices takes the mark of the primary service away.
func unmarkServices(list rows[catalog.Service]) {
	for i := range list {
		list[i].Value.IsPrimary = false
	}
}

// PatchService changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchService(ctx context.Context, by Caller, business, id string, seen int64, p ServicePatch) (ServiceRow, error) {
	return o.changeService(ctx, by, "service.update", business, id, func(d *desk[catalog.Service]) error {
		s, err := d.row(id, seen)
		if err != nil {
			return err
		}
		p.Name.to(&s.Name)
		p.NameES.to(&s.NameES)
		p.Slug.to(&s.Slug)
		primary := s.IsPrimary
		p.IsPrimary.to(&primary)
		if s.IsPrimary && !primary {
			return catalog.Problems{{Path: "/is_primary", Code: catalog.CodeNotAllowed, Message: "one service is always primary; make another one primary instead"}}
		}
		if primary {
			unmarkServices(d.is)
		}
		s.IsPrimary = primary
		return nil
	})
}

// DeleteService removes one; the first of the others becomes primary if it was. Errors: NotFound, Stale.
func (o *Office) DeleteService(ctx context.Context, by Caller, business, id string, seen int64) error {
	_, err := serviceShelf().change(ctx, o, by, "service.delete", business, id, func(d *desk[catalog.Service]) error {
		_, err := d.row(id, seen)
		d.remove(id)
		return err
	})
	return err
}

// OrderServices puts the services in the order of the ids, which must be all of them. Errors: NotFound, catalog.Problems (an id
// is unknown or there twice), Conflict (one is not named).
func (o *Office) OrderServices(ctx context.Context, by Caller, business string, ids []string) ([]ServiceRow, error) {
	list, err := serviceShelf().change(ctx, o, by, "service.order", business, "", func(d *desk[catalog.Service]) error {
		var problems catalog.Problems
		ordered := make(rows[catalog.Service], 0, len(ids))
		for i, id := range ids {
			at := d.find(d.is, id)
			path := "/ids/" + strconv.Itoa(i)
			switch {
			case at < 0:
				problems = append(problems, catalog.Problem{Path: path, Code: catalog.CodeUnknown, Message: "the business has no such service; remove it"})
			case d.find(ordered, id) >= 0:
				problems = append(problems, catalog.Problem{Path: path, Code: catalog.CodeDuplicate, Message: "this id is there twice; remove one"})
			default:
				ordered = append(ordered, d.is[at])
			}
		}
		if err := problems.Err(); err != nil {
			return err
		}
		if len(ordered) != len(d.is) {
			return fault.New(fault.Conflict, "the order does not name every service: read the list again and name all of them")
		}
		d.note.changed(named("ids", idsOf(d.was)), named("ids", idsOf(ordered)))
		d.is = ordered
		return nil
	})
	if err != nil {
		return nil, err
	}
	given := make([]ServiceRow, len(list))
	for at := range list {
		given[at] = serviceRow(list, at)
	}
	return given, nil
}

func idsOf(list rows[catalog.Service]) []string {
	return slices.Collect(func(yield func(string) bool) {
		for _, r := range list {
			if !yield(r.Value.ID) {
				return
			}
		}
	})
}
