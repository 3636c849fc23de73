package backoffice

import (
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// town is a city that is to become a service area, and the rows of the stores that asked for it.
type town struct {
	area catalog.ServiceArea
	rows []*parcel[catalog.Location]
}

// note tells the rows that there is no area. Their stores are added.
func (t town) note(path, message string) {
	for _, p := range t.rows {
		p.row.Errors = catalog.Problems{{Path: path, Code: notApplied, Message: message}}
	}
}

// addAreas adds the city of each new active store as a service area that it serves, where the business has none. A city that cannot become
// one stops no store: its rows say why.
func addAreas(l *lot[catalog.Location], business string, ids []string) (int, error) {
	d, err := areaShelf().open(l.tx, business, l.now)
	if err != nil {
		return 0, err
	}
	d.folder.locations = l.is
	for _, t := range fitting(d, towns(l, d.was, ids)) {
		if len(d.is) == d.most {
			t.note("", "the store is added without a service area: the list of service areas is full")
			continue
		}
		d.add(t.area)
	}
	if len(d.is) == len(d.was) {
		return 0, nil
	}
	if err := d.normalise(); err != nil {
		return 0, err
	}
	return len(d.is) - len(d.was), d.close(business)
}

// towns are the cities of the new active stores that are no service area yet, each with the first store in it.
func towns(l *lot[catalog.Location], areas rows[catalog.ServiceArea], ids []string) (list []town) {
	known := map[string]bool{}
	for _, r := range areas {
		known[r.Value.Slug], known[placeOf(r.Value.City, r.Value.State)] = true, true
	}
	places := map[string]int{}
	for i, r := range l.is[len(l.was):] {
		v := r.Value
		slug := catalog.ToCityStateSlug(v.City, v.State)
		if v.Status != catalog.StatusActive || known[slug] || known[placeOf(v.City, v.State)] {
			continue
		}
		at, again := places[slug]
		if !again {
			at = len(list)
			places[slug] = at
			list = append(list, town{area: catalog.ServiceArea{ID: ids[i], City: v.City, State: v.State, Country: v.Country, LocationID: v.ID}})
		}
		list[at].rows = append(list[at].rows, l.owners[i])
	}
	return list
}

// placeOf tells places apart whose slugs people have chosen. It is like no slug.
func placeOf(city, state string) string { return catalog.Fold(city) + "\x00" + catalog.Fold(state) }

// fitting leaves out the cities that no slug of an area follows from.
func fitting(d *desk[catalog.ServiceArea], list []town) []town {
	c := catalog.Catalog{Business: d.folder.business.Business}
	for _, t := range list {
		a := t.area
		a.LocationID = "" // the stores are not looked at here
		c.ServiceAreas = append(c.ServiceAreas, a)
	}
	_, problems := c.Normalise()
	var fit []town
	for i, t := range list {
		if len(relative(problems, d.path+"/"+strconv.Itoa(i))) > 0 {
			t.note("/city", "the store is added without a service area: no slug follows from its city and state; add the area with a slug of its own")
			continue
		}
		fit = append(fit, t)
	}
	return fit
}
