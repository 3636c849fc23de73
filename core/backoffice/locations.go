package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// LocationRow is a store of a business. Value.FullAddress composes its address.
type LocationRow = Row[catalog.Location]

// LocationPatch is a change to a location. A new city, state or name keeps the slug unless one is sent.
type LocationPatch struct {
	Name, City, State, Country, Slug, Status, LocationType, DisplayName Patch[string]
	StreetAddress, PostalCode, Phone, Email, GoogleMapsURL, OrderLink   Patch[string]
	StoreID, Note                                                       Patch[string]
	IsPrimary, IsHeadquarters                                           Patch[bool]
	Priority                                                            Patch[int]
	Latitude, Longitude                                                 Patch[float64]
}

// LocationFilter selects locations; empty strings select all. Archived selects those that have been given up instead of those
// that have not.
type LocationFilter struct {
	Status, State, Country string
	Archived               bool
}

// LocationStats counts a business's locations. Total is all of them; Active, Upcoming and Archived add up to it; ByState and ByCountry
// count those that are not archived.
type LocationStats struct {
	Total, Active, Upcoming, Archived int
	ByState, ByCountry                map[string]int
}

// Locations lists them, the primary one first, then by slug. It is fault.NotFound when there is no such business.
func (o *Office) Locations(ctx context.Context, business string, f LocationFilter, limit int, cursor string) ([]LocationRow, string, error) {
	return nil, "", errNotYet()
}

// LocationStats counts. It is fault.NotFound when there is no such business.
func (o *Office) LocationStats(ctx context.Context, business string) (LocationStats, error) {
	return LocationStats{}, errNotYet()
}

// Location reads one. Errors: NotFound.
func (o *Office) Location(ctx context.Context, business, id string) (LocationRow, error) {
	return LocationRow{}, errNotYet()
}

// CreateLocation adds one. Errors: NotFound, catalog.Problems, Duplicate (the slug that follows from it is taken: give one).
func (o *Office) CreateLocation(ctx context.Context, by Caller, business string, l catalog.Location) (LocationRow, error) {
	return LocationRow{}, errNotYet()
}

// PatchLocation changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchLocation(ctx context.Context, by Caller, business, id string, seen int64, p LocationPatch) (LocationRow, error) {
	return LocationRow{}, errNotYet()
}

// ArchiveLocation gives a location up: it gets no page any more, and the service areas that it served lose their link. Errors:
// NotFound, Stale, catalog.Problems (/archive_reason), Conflict (it is archived).
func (o *Office) ArchiveLocation(ctx context.Context, by Caller, business, id string, seen int64, reason string) (LocationRow, error) {
	return LocationRow{}, errNotYet()
}

// RestoreLocation takes one back from the archive. Errors: NotFound, Stale, Conflict (it is not archived).
func (o *Office) RestoreLocation(ctx context.Context, by Caller, business, id string, seen int64) (LocationRow, error) {
	return LocationRow{}, errNotYet()
}
