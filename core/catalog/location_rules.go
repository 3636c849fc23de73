package catalog

import (
	"time"
	"unicode/utf8"
)

func (k *checker) locations(locations []Location, b *Business) []Location {
	const path = "/locations"
	k.limit(path, len(locations), MaxLocations)
	primary := -1
	for i := range locations {
		l, here := &locations[i], at(path, i)
		k.location(here, l, *b)
		if l.IsPrimary && primary >= 0 {
			k.add(here+"/is_primary", "%s is primary already; keep one primary location", at(path, primary)).
				as(CodeDuplicate).against(at(path, primary)).plainly("another location is primary already; keep one primary location")
		} else if l.IsPrimary {
			primary = i
		}
	}
	k.locationSlugs(path, locations)
	if primary >= 0 && b.PrimaryCity == "" && b.PrimaryState == "" {
		b.PrimaryCity, b.PrimaryState = locations[primary].City, locations[primary].State
	}
	return orNil(locations)
}

func (k *checker) location(path string, l *Location, b Business) {
	k.line(path+"/name", &l.Name, required, 1, 200)
	k.place(path, &l.City, &l.State, &l.Country, b.Country)
	k.choice(path+"/status", &l.Status, StatusActive, StatusActive, StatusUpcoming)
	k.choice(path+"/location_type", &l.LocationType, TypePhysical, TypePhysical, TypeServiceArea)
	k.line(path+"/display_name", &l.DisplayName, optional, 1, 300)
	if l.DisplayName == "" && l.Name != "" {
		l.DisplayName = DisplayName(b.Name, l.Name)
	}
	k.line(path+"/street_address", &l.StreetAddress, optional, 1, 500)
	k.line(path+"/postal_code", &l.PostalCode, optional, 1, 20)
	k.phone(path+"/phone", &l.Phone)
	k.email(path+"/email", &l.Email)
	k.url(path+"/google_maps_url", &l.GoogleMapsURL)
	k.url(path+"/order_link", &l.OrderLink)
	k.line(path+"/store_id", &l.StoreID, optional, 1, 100)
	k.text(path+"/note", &l.Note, optional, 1000)
	k.number(path+"/priority", &l.Priority, 0, 1000)
	k.coordinates(path, l)
	k.archive(path, l)
}

// DisplayName is what a location is called unless it says so itself: "BUSINESS (LOCATION)", or its own name where the two together
// are too long.
func DisplayName(business, location string) string {
	name := business + " (" + location + ")"
	if utf8.RuneCountInString(name) > 300 || business == "" {
		return location
	}
	return name
}

func (k *checker) coordinates(path string, l *Location) {
	k.degrees(path+"/latitude", l.Latitude, 90)
	k.degrees(path+"/longitude", l.Longitude, 180)
	if (l.Latitude == nil) != (l.Longitude == nil) {
		k.add(path, "latitude and longitude go together; give both or neither")
	}
}

func (k *checker) archive(path string, l *Location) {
	k.line(path+"/archive_reason", &l.ArchiveReason, optional, 1, 300)
	l.ArchivedAt = trim(l.ArchivedAt)
	if l.ArchivedAt == "" {
		if l.ArchiveReason != "" {
			k.add(path+"/archive_reason", "the location is not archived; add archived_at or remove the reason")
		}
		return
	}
	when, err := time.Parse(time.RFC3339, l.ArchivedAt)
	if when = when.UTC(); err != nil || when.Year() < firstYear || when.Year() > lastYear {
		k.add(path+"/archived_at", "%s is no time; write it as 2026-01-31T00:00:00Z", shown(l.ArchivedAt))
		return
	}
	l.ArchivedAt = when.Format("2006-01-02T15:04:05.000Z")
}

// locationSlugs gives first the slugs that are asked for and then, in order, those that follow from city and state.
func (k *checker) locationSlugs(path string, locations []Location) {
	slugs, ids := k.unique("slug"), k.unique("id")
	given, free := make([]bool, len(locations)), make([]bool, len(locations))
	for i := range locations {
		l := &locations[i]
		if l.Slug = trim(l.Slug); l.Slug != "" {
			given[i] = true
			k.slug(at(path, i)+"/slug", &l.Slug, "", placeName(l.City, l.State))
			free[i] = slugs.claim(at(path, i)+"/slug", l.Slug)
		}
	}
	for i := range locations {
		l, here := &locations[i], at(path, i)
		if !given[i] {
			wanted := ToCityStateSlug(l.City, l.State)
			if name := ToSlug(l.Name); slugs.taken(wanted) && name != "" {
				wanted += "-" + name
			}
			k.slug(here+"/slug", &l.Slug, wanted, placeName(l.City, l.State))
			free[i] = slugs.claim(here+"/slug", l.Slug)
		}
		ids.identify(here+"/id", &l.ID, l.Slug, free[i])
	}
}
