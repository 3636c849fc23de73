package pages

import (
	"cmp"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// column is a service area or a location.
type column struct {
	id, slug, city, state, county string
	// status is a location's, "" for an area.
	status string
	// own is the location that the column is; near the one that serves the area. Each may be nil.
	own, near *catalog.Location
	values    []string
	issues    issues
}

// makeColumns lists the columns of the job in the order of its pages.
func makeColumns(in *Input, out exclusions) []column {
	if in.PageType.Locations() {
		return locationColumns(in, out)
	}
	return areaColumns(in)
}

// areaColumns are sorted by priority (10 first), slug and id.
func areaColumns(in *Input) []column {
	wanted := pick(in.Selection.ServiceAreaIDs)
	stores := make(map[string]*catalog.Location, len(in.Catalog.Locations))
	for i := range in.Catalog.Locations {
		stores[in.Catalog.Locations[i].ID] = &in.Catalog.Locations[i]
	}
	areas := slices.DeleteFunc(slices.Clone(in.Catalog.ServiceAreas), func(a catalog.ServiceArea) bool { return !wanted.has(a.ID) })
	slices.SortFunc(areas, func(a, b catalog.ServiceArea) int {
		return cmp.Or(cmp.Compare(b.Rank(), a.Rank()), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.ID, b.ID))
	})
	columns := make([]column, 0, len(areas))
	for _, a := range areas {
		columns = append(columns, column{
			id: a.ID, slug: a.Slug, city: a.City, state: a.State, county: a.County, near: live(stores[a.LocationID]),
		})
	}
	return columns
}

func live(l *catalog.Location) *catalog.Location {
	if l == nil || l.Archived() {
		return nil
	}
	return l
}

// locationColumns are sorted with the primary one first, then by slug and id.
func locationColumns(in *Input, out exclusions) []column {
	wanted := pick(in.Selection.LocationIDs)
	var open []*catalog.Location
	for i := range in.Catalog.Locations {
		l := &in.Catalog.Locations[i]
		switch {
		case !wanted.has(l.ID):
		case l.Archived():
			out[CauseArchived]++
		case l.LocationType != catalog.TypePhysical:
			out[CauseNoStorefront]++
		case l.Status != catalog.StatusActive && !in.IncludeUpcoming:
			out[CauseUpcoming]++
		default:
			open = append(open, l)
		}
	}
	slices.SortFunc(open, func(a, b *catalog.Location) int {
		return cmp.Or(cmp.Compare(first(b), first(a)), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.ID, b.ID))
	})
	columns := make([]column, 0, len(open))
	for _, l := range open {
		columns = append(columns, column{id: l.ID, slug: l.Slug, city: l.City, state: l.State, status: l.Status, own: l})
	}
	return columns
}

// first ranks the primary location before the others.
func first(l *catalog.Location) int {
	if l.IsPrimary {
		return 1
	}
	return 0
}
