package backoffice

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// AreaRow is a city that a business serves without a store there.
type AreaRow = Row[catalog.ServiceArea]

// AreaPatch is a change to a service area. A new city or state keeps the slug unless one is sent.
type AreaPatch struct {
	City, State, Country, County, Slug, LocationID Patch[string]
	Priority                                       Patch[int]
}

func (p AreaPatch) apply(a *catalog.ServiceArea) {
	p.City.to(&a.City)
	p.State.to(&a.State)
	p.Country.to(&a.Country)
	p.County.to(&a.County)
	p.Slug.to(&a.Slug)
	p.LocationID.to(&a.LocationID)
	p.Priority.optional(&a.Priority)
}

// AreaFilter selects service areas; zero values select all. Query is part of city or county, ignoring case and accents.
type AreaFilter struct{ State, Query string }

func (f AreaFilter) wants(a catalog.ServiceArea) bool {
	return (f.State == "" || catalog.Fold(f.State) == catalog.Fold(a.State)) && (contains(a.City, f.Query) || contains(a.County, f.Query))
}

func areaShelf() shelf[catalog.ServiceArea] {
	return shelf[catalog.ServiceArea]{
		document: docAreas, path: "/service_areas", what: "service area", kind: "service_area", most: catalog.MaxServiceAreas,
		needs: []string{docLocations},
		id:    func(a *catalog.ServiceArea) *string { return &a.ID },
		of:    func(c *catalog.Catalog) *[]catalog.ServiceArea { return &c.ServiceAreas },
	}
}

// areaKey sorts by priority, highest first, then by slug.
func areaKey(r AreaRow) string {
	return fmt.Sprintf("%02d\x00%s\x00%s", 99-r.Value.Rank(), r.Value.Slug, r.Value.ID)
}

// ServiceAreas lists them by priority, highest first, then slug. It is fault.NotFound when there is no such business.
func (o *Office) ServiceAreas(ctx context.Context, business string, f AreaFilter, limit int, cursor string) ([]AreaRow, string, error) {
	list, err := areaShelf().read(ctx, o, business)
	if err != nil {
		return nil, "", err
	}
	given := slices.DeleteFunc(list, func(r AreaRow) bool { return !f.wants(r.Value) })
	given, cursor = sortedPage(given, areaKey, limit, cursor)
	return given, cursor, nil
}

// sortedPage sorts the list by the key before it cuts.
func sortedPage[T any](list []T, key func(T) string, limit int, cursor string) ([]T, string) {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return page(list, key, limit, cursor)
}

// ServiceArea reads one. Errors: NotFound.
func (o *Office) ServiceArea(ctx context.Context, business, id string) (AreaRow, error) {
	list, at, err := areaShelf().one(ctx, o, business, id)
	if err != nil {
		return AreaRow{}, err
	}
	return list[at], nil
}

// CreateServiceArea adds one. Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateServiceArea(ctx context.Context, by Caller, business string, a catalog.ServiceArea) (AreaRow, error) {
	a.ID = o.IDs.NewID()
	return o.changeArea(ctx, by, "area.create", business, a.ID, func(d *desk[catalog.ServiceArea]) error {
		d.add(a)
		return nil
	})
}

func (o *Office) changeArea(ctx context.Context, by Caller, action, business, id string, decide func(d *desk[catalog.ServiceArea]) error) (AreaRow, error) {
	s := areaShelf()
	list, err := s.change(ctx, o, by, action, business, id, decide)
	if err != nil {
		return AreaRow{}, err
	}
	return list[s.find(list, id)], nil
}

// PatchServiceArea changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchServiceArea(ctx context.Context, by Caller, business, id string, seen int64, p AreaPatch) (AreaRow, error) {
	return o.changeArea(ctx, by, "area.update", business, id, func(d *desk[catalog.ServiceArea]) error {
		a, err := d.row(id, seen)
		if err == nil {
			p.apply(a)
		}
		return err
	})
}

// DeleteServiceArea removes one that stands at the revision. Errors: NotFound, Stale.
func (o *Office) DeleteServiceArea(ctx context.Context, by Caller, business, id string, seen int64) error {
	_, err := areaShelf().change(ctx, o, by, "area.delete", business, id, func(d *desk[catalog.ServiceArea]) error {
		_, err := d.row(id, seen)
		d.remove(id)
		return err
	})
	return err
}
