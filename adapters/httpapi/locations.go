package httpapi

import (
	"context"
	"maps"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// InLocation is the parameter of a location.
type InLocation struct {
	InBusiness
	ID string `path:"location_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

// LocationFilter selects locations.
type LocationFilter struct {
	Status   string `query:"status" enum:"active,upcoming"`
	State    string `query:"state" maxLength:"100"`
	Country  string `query:"country" maxLength:"3"`
	Archived bool   `query:"archived" doc:"those that have been given up, instead of those that have not"`
}

func (f LocationFilter) filter() backoffice.LocationFilter {
	return backoffice.LocationFilter{Status: f.Status, State: f.State, Country: f.Country, Archived: f.Archived}
}

// defineLocations are the rows of the stores of a business.
func defineLocations(a *API) {
	const all, one, tag = businessPath + "/locations", businessPath + "/locations/{location_id}", "location"
	add(a, route{method: http.MethodGet, path: all, id: "location-list", summary: "The stores, the primary one first", tag: tag, role: backoffice.Viewer}, a.locations)
	add(a, route{method: http.MethodPost, path: all, id: "location-create", summary: "Add a store", tag: tag, role: backoffice.Operator, status: http.StatusCreated}, a.createLocation)
	add(a, route{method: http.MethodGet, path: all + "/stats", id: "location-stats", summary: "How many stores there are", tag: tag, role: backoffice.Viewer}, a.locationStats)
	add(a, route{method: http.MethodGet, path: one, id: "location-get", summary: "One store", tag: tag, role: backoffice.Viewer}, a.location)
	add(a, route{method: http.MethodPatch, path: one, id: "location-update", summary: "Change a store", tag: tag, role: backoffice.Operator, revised: true}, a.changeLocation)
	add(a, route{
		method: http.MethodPost, path: one + "/archive", id: "location-archive", summary: "Give a store up: it gets no page any more, and areas lose their link to it", tag: tag,
		role: backoffice.Operator, revised: true,
	}, a.archiveLocation)
	add(a, route{method: http.MethodPost, path: one + "/restore", id: "location-restore", summary: "Take a store back from the archive", tag: tag, role: backoffice.Operator, revised: true}, a.restoreLocation)
	addBulkStores(a, all, tag, bulk[locationNew, catalog.Location]{locationNew.value, backoffice.ParseBulkLocations, office(a, (*backoffice.Office).BulkLocations)})
}

func (a *API) locations(ctx context.Context, c *call, in *struct {
	InBusiness
	LocationFilter
	Paging
},
) (out *locationList, err error) {
	out = &locationList{}
	out.Body.Locations, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.LocationRow, string, error) {
		return a.office.Locations(ctx, in.Business, in.filter(), in.Limit, from)
	}, shownLocation)
	return out, err
}

func (a *API) createLocation(ctx context.Context, c *call, in *struct {
	InBusiness
	Body locationNew
},
) (*locationBody, error) {
	out, err := oneLocation(a.office.CreateLocation(ctx, c.Caller, in.Business, in.Body.value()))
	if err != nil {
		return nil, err
	}
	out.Location = c.path + "/" + out.Body.Location.ID
	return out, nil
}

func (a *API) location(ctx context.Context, _ *call, in *InLocation) (*locationBody, error) {
	return oneLocation(a.office.Location(ctx, in.Business, in.ID))
}

func (a *API) changeLocation(ctx context.Context, c *call, in *struct {
	InLocation
	Revised
	Body locationChange
},
) (*locationBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneLocation(a.office.PatchLocation(ctx, c.Caller, in.Business, in.ID, revision, in.Body.patch()))
}

func (a *API) archiveLocation(ctx context.Context, c *call, in *struct {
	InLocation
	Revised
	Body *struct {
		Reason nullable[string] `json:"archive_reason,omitzero" maxLength:"300"`
	}
},
) (*locationBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = or(in.Body.Reason.Patch)
	}
	return oneLocation(a.office.ArchiveLocation(ctx, c.Caller, in.Business, in.ID, revision, reason))
}

func (a *API) restoreLocation(ctx context.Context, c *call, in *struct {
	InLocation
	Revised
},
) (*locationBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneLocation(a.office.RestoreLocation(ctx, c.Caller, in.Business, in.ID, revision))
}

type locationCounts struct {
	Total     int            `json:"total" doc:"all, the archived ones too"`
	Active    int            `json:"active"`
	Upcoming  int            `json:"upcoming"`
	Archived  int            `json:"archived"`
	ByState   map[string]int `json:"by_state" doc:"those that are not archived"`
	ByCountry map[string]int `json:"by_country" doc:"those that are not archived"`
}

type locationStats struct {
	Body struct {
		Stats locationCounts `json:"stats"`
	}
}

func (a *API) locationStats(ctx context.Context, _ *call, in *InBusiness) (*locationStats, error) {
	stats, err := a.office.LocationStats(ctx, in.Business)
	if err != nil {
		return nil, err
	}
	var out locationStats
	out.Body.Stats = locationCounts{
		Total: stats.Total, Active: stats.Active, Upcoming: stats.Upcoming, Archived: stats.Archived, ByState: map[string]int{}, ByCountry: map[string]int{},
	}
	maps.Copy(out.Body.Stats.ByState, stats.ByState)
	maps.Copy(out.Body.Stats.ByCountry, stats.ByCountry)
	return &out, nil
}
