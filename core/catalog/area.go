package catalog

// ServiceArea is a city that the business serves without a store there.
type ServiceArea struct {
	// ID is the slug unless given.
	ID    string `json:"id,omitempty"`
	City  string `json:"city"`
	State string `json:"state"`
	// Country is the business's unless said.
	Country string `json:"country,omitempty"`
	County  string `json:"county,omitempty"`
	// Slug is ToCityStateSlug(City, State) unless given; unique.
	Slug string `json:"slug,omitempty"`
	// Priority is 1 to 10, 10 first; 5 unless said.
	Priority *int `json:"priority,omitempty"`
	// LocationID is the store that serves the area, or empty.
	LocationID string `json:"location_id,omitempty"`
}

const (
	minPriority     = 1
	maxPriority     = 10
	defaultPriority = 5
)

func (k *checker) serviceAreas(areas []ServiceArea, b Business, locations []Location) []ServiceArea {
	const path = "/service_areas"
	k.limit(path, len(areas), MaxServiceAreas)
	slugs, ids := k.unique("slug"), k.unique("id")
	live := liveLocations(locations)
	for i := range areas {
		a, here := &areas[i], at(path, i)
		k.place(here, &a.City, &a.State, &a.Country, b.Country)
		k.line(here+"/county", &a.County, optional, 1, 100)
		k.slug(here+"/slug", &a.Slug, ToCityStateSlug(a.City, a.State), placeName(a.City, a.State))
		free := slugs.claim(here+"/slug", a.Slug)
		ids.identify(here+"/id", &a.ID, a.Slug, free)
		priority := defaultPriority
		if k.number(here+"/priority", a.Priority, minPriority, maxPriority); a.Priority != nil {
			priority = *a.Priority
		}
		a.Priority = &priority
		a.LocationID = trim(a.LocationID)
		k.servedBy(here+"/location_id", a.LocationID, live)
	}
	return orNil(areas)
}

// servedBy checks that the location of an area is there and not archived.
func (k *checker) servedBy(path, id string, live map[string]bool) {
	alive, exists := live[id]
	switch {
	case id == "" || alive:
	case exists:
		k.add(path, "location %s is archived; name another or remove it", written(id)).
			as(CodeUnknown).plainly("this location is archived; name another or remove it")
	default:
		k.add(path, "there is no location %s; write a location's id, which is its slug unless given", shown(id)).
			as(CodeUnknown).plainly("the business has no such location; name one of its locations or remove it")
	}
}

// liveLocations tells for each location's id whether it is live.
func liveLocations(locations []Location) map[string]bool {
	live := make(map[string]bool, len(locations))
	for _, l := range locations {
		live[l.ID] = !l.Archived()
	}
	return live
}

// Rank is the area's priority: 5 where none is given.
func (a ServiceArea) Rank() int {
	if a.Priority == nil {
		return defaultPriority
	}
	return *a.Priority
}
