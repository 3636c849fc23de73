package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// AreaRow is a city that a business serves without a store there.
type AreaRow = Row[catalog.ServiceArea]

// AreaPatch is a change to a service area. A new city or state keeps the slug unless one is sent.
type AreaPatch struct {
	City, State, Country, County, Slug, LocationID Patch[string]
	Priority                                       Patch[int]
}

// AreaFilter selects service areas; zero values select all. Query is part of city or county, ignoring case and accents.
type AreaFilter struct{ State, Query string }

// ServiceAreas lists them by priority, highest first, then slug. It is fault.NotFound when there is no such business.
func (o *Office) ServiceAreas(ctx context.Context, business string, f AreaFilter, limit int, cursor string) ([]AreaRow, string, error) {
	return nil, "", errNotYet()
}

// ServiceArea reads one. Errors: NotFound.
func (o *Office) ServiceArea(ctx context.Context, business, id string) (AreaRow, error) {
	return AreaRow{}, errNotYet()
}

// CreateServiceArea adds one. Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateServiceArea(ctx context.Context, by Caller, business string, a catalog.ServiceArea) (AreaRow, error) {
	return AreaRow{}, errNotYet()
}

// PatchServiceArea changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchServiceArea(ctx context.Context, by Caller, business, id string, seen int64, p AreaPatch) (AreaRow, error) {
	return AreaRow{}, errNotYet()
}

// DeleteServiceArea removes one that stands at the revision. Errors: NotFound, Stale.
func (o *Office) DeleteServiceArea(ctx context.Context, by Caller, business, id string, seen int64) error {
	return errNotYet()
}
