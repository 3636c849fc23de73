package backoffice

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// LocationRow is a store of a business. Value.FullAddress composes its address.
type LocationRow = Row[catalog.Location]

// LocationFilter selects locations; empty strings select all. Country is read as in a location: USA is US.
// Archived selects those that have been given up instead of those
// that have not.
type LocationFilter struct {
	Status, State, Country string
	Archived               bool
}

func (f LocationFilter) wants(l catalog.Location) bool {
	return f.Archived == l.Archived() && (f.Status == "" || f.Status == l.Status) &&
		(f.State == "" || catalog.Fold(f.State) == catalog.Fold(l.State)) && (f.Country == "" || catalog.CountryCode(f.Country) == l.Country)
}

// LocationStats counts a business's locations. Total is all of them; Active, Upcoming and Archived add up to it; ByState and ByCountry
// count those that are not archived.
type LocationStats struct {
	Total, Active, Upcoming, Archived int
	ByState, ByCountry                map[string]int
}

func locationShelf() shelf[catalog.Location] {
	return shelf[catalog.Location]{
		document: docLocations, path: "/locations", what: "location", kind: "location", most: catalog.MaxLocations, needs: scoreDocuments(), scored: true,
		id:    func(l *catalog.Location) *string { return &l.ID },
		of:    func(c *catalog.Catalog) *[]catalog.Location { return &c.Locations },
		filed: func(f *folder) rows[catalog.Location] { return f.locations },
		after: settleLocations,
		mark:  remarkLocations,
	}
}

// settleLocations writes the city of the primary location into the business when another one became primary or it has moved.
func settleLocations(f *folder, was, is rows[catalog.Location]) {
	f.locations = is
	now := primaryOf(is)
	before := primaryOf(was)
	if now == nil || before != nil && before.ID == now.ID && before.City == now.City && before.State == now.State {
		return
	}
	f.business.PrimaryCity, f.business.PrimaryState = now.City, now.State
}

func primaryOf(list rows[catalog.Location]) *catalog.Location {
	for i := range list {
		if list[i].Value.IsPrimary {
			return &list[i].Value
		}
	}
	return nil
}

// locationKey sorts the primary one first, then by slug.
func locationKey(r LocationRow) string {
	first := "1"
	if r.Value.IsPrimary {
		first = "0"
	}
	return first + "\x00" + r.Value.Slug + "\x00" + r.Value.ID
}

// Locations lists them, the primary one first, then by slug. It is fault.NotFound when there is no such business.
func (o *Office) Locations(ctx context.Context, business string, f LocationFilter, limit int, cursor string) ([]LocationRow, string, error) {
	list, err := locationShelf().read(ctx, o, business)
	if err != nil {
		return nil, "", err
	}
	given := slices.DeleteFunc(list, func(r LocationRow) bool { return !f.wants(r.Value) })
	given, cursor = sortedPage(given, locationKey, limit, cursor)
	return given, cursor, nil
}

// LocationStats counts. It is fault.NotFound when there is no such business.
func (o *Office) LocationStats(ctx context.Context, business string) (LocationStats, error) {
	list, err := locationShelf().read(ctx, o, business)
	if err != nil {
		return LocationStats{}, err
	}
	s := LocationStats{Total: len(list), ByState: map[string]int{}, ByCountry: map[string]int{}}
	for _, r := range list {
		switch {
		case r.Value.Archived():
			s.Archived++
			continue
		case r.Value.Status == catalog.StatusUpcoming:
			s.Upcoming++
		default:
			s.Active++
		}
		s.ByState[r.Value.State]++
		s.ByCountry[r.Value.Country]++
	}
	return s, nil
}

// Location reads one. Errors: NotFound.
func (o *Office) Location(ctx context.Context, business, id string) (LocationRow, error) {
	list, at, err := locationShelf().one(ctx, o, business, id)
	if err != nil {
		return LocationRow{}, err
	}
	return list[at], nil
}

// renameLocations gives the locations whose display name follows from the business's its new one.
func renameLocations(tx ports.Tx, f *folder, name string, o *Office) error {
	d := &desk[catalog.Location]{shelf: locationShelf(), tx: tx, folder: f, now: o.now(), was: f.locations, is: slices.Clone(f.locations)}
	for i := range d.is {
		l := &d.is[i].Value
		if name != f.was.Name && l.DisplayName == catalog.DisplayName(f.was.Name, l.Name) {
			l.DisplayName = catalog.DisplayName(name, l.Name)
		}
	}
	d.scored = false
	f.locations = d.is
	return d.close(f.business.ID)
}
