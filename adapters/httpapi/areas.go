package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// InArea is the parameter of a service area.
type InArea struct {
	InBusiness
	ID string `path:"service_area_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

// AreaFilter selects service areas.
type AreaFilter struct {
	State string `query:"state" maxLength:"100"`
	Query string `query:"q" maxLength:"100" doc:"part of city or county, ignoring case and accents"`
}

// AreaMembers are the members that a new service area may leave out, and a changed one may clear.
type AreaMembers struct {
	Country    nullable[string] `json:"country,omitzero" maxLength:"3" doc:"the business's by default"`
	County     nullable[string] `json:"county,omitzero" maxLength:"100"`
	Slug       nullable[string] `json:"slug,omitzero" maxLength:"200" doc:"part of the pages' paths; made of city and state by default"`
	Priority   nullable[int]    `json:"priority,omitzero" minimum:"1" maximum:"10" doc:"10 comes first; 5 by default"`
	LocationID nullable[string] `json:"location_id,omitzero" maxLength:"64" doc:"the store that serves it"`
}

type areaNew struct {
	City  string `json:"city" minLength:"1" maxLength:"100" example:"Saco"`
	State string `json:"state" minLength:"1" maxLength:"100" doc:"two letters in the US and Canada" example:"ME"`
	AreaMembers
}

type areaChange struct {
	City  given[string] `json:"city,omitzero" minLength:"1" maxLength:"100" doc:"the slug stays unless it is sent too"`
	State given[string] `json:"state,omitzero" minLength:"1" maxLength:"100"`
	AreaMembers
}

func (b areaNew) value() catalog.ServiceArea {
	return catalog.ServiceArea{
		City: b.City, State: b.State, Country: or(b.Country.Patch), County: or(b.County.Patch), Slug: or(b.Slug.Patch), Priority: b.Priority.Value,
		LocationID: or(b.LocationID.Patch),
	}
}

func (b areaChange) patch() backoffice.AreaPatch {
	return backoffice.AreaPatch{
		City: b.City.Patch, State: b.State.Patch, Country: b.Country.Patch, County: b.County.Patch, Slug: b.Slug.Patch, LocationID: b.LocationID.Patch,
		Priority: b.Priority.Patch,
	}
}

type areaOut struct {
	ID         string  `json:"id"`
	City       string  `json:"city"`
	State      string  `json:"state"`
	Country    string  `json:"country"`
	County     *string `json:"county"`
	Slug       string  `json:"slug"`
	Priority   int     `json:"priority" minimum:"1" maximum:"10"`
	LocationID *string `json:"location_id"`
	MetaOut
}

func shownArea(r backoffice.AreaRow) areaOut {
	v := r.Value
	return areaOut{
		ID: v.ID, City: v.City, State: v.State, Country: v.Country, County: null(v.County), Slug: v.Slug, Priority: v.Rank(), LocationID: null(v.LocationID),
		MetaOut: shownMeta(r.Meta),
	}
}

type areaBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Area areaOut `json:"service_area"`
	}
}

func oneArea(r backoffice.AreaRow, err error) (*areaBody, error) {
	if err != nil {
		return nil, err
	}
	out := areaBody{ETag: etag(r.Revision)}
	out.Body.Area = shownArea(r)
	return &out, nil
}

type areaList struct {
	Body struct {
		Areas []areaOut `json:"service_areas" nullable:"false"`
		NextOut
	}
}

// defineAreas are the rows of the cities that a business serves.
func defineAreas(a *API) {
	const all, one, tag = businessPath + "/service-areas", businessPath + "/service-areas/{service_area_id}", "service_area"
	add(a, route{method: http.MethodGet, path: all, id: "service-area-list", summary: "The cities that the business serves without a store there", tag: tag, role: backoffice.Viewer}, a.areas)
	add(a, route{method: http.MethodPost, path: all, id: "service-area-create", action: "area.create", summary: "Add a city", tag: tag, role: backoffice.Operator, status: http.StatusCreated}, a.createArea)
	add(a, route{method: http.MethodGet, path: one, id: "service-area-get", summary: "One city", tag: tag, role: backoffice.Viewer}, a.area)
	add(a, route{method: http.MethodPatch, path: one, id: "service-area-update", action: "area.update", summary: "Change a city", tag: tag, role: backoffice.Operator, revised: true}, a.changeArea)
	add(a, route{method: http.MethodDelete, path: one, id: "service-area-delete", action: "area.delete", summary: "Remove a city", tag: tag, role: backoffice.Operator, status: http.StatusNoContent, revised: true}, a.deleteArea)
	addBulk(a, all, tag, bulk[areaNew, catalog.ServiceArea]{areaNew.value, backoffice.ParseBulkServiceAreas, office(a, (*backoffice.Office).BulkServiceAreas)})
}

func (a *API) areas(ctx context.Context, c *call, in *struct {
	InBusiness
	AreaFilter
	Paging
},
) (out *areaList, err error) {
	out = &areaList{}
	out.Body.Areas, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.AreaRow, string, error) {
		return a.office.ServiceAreas(ctx, in.Business, backoffice.AreaFilter{State: in.State, Query: in.Query}, in.Limit, from)
	}, shownArea)
	return out, err
}

func (a *API) createArea(ctx context.Context, c *call, in *struct {
	InBusiness
	Body areaNew
},
) (*areaBody, error) {
	out, err := oneArea(a.office.CreateServiceArea(ctx, c.Caller, in.Business, in.Body.value()))
	if err != nil {
		return nil, err
	}
	out.Location = c.path + "/" + out.Body.Area.ID
	return out, nil
}

func (a *API) area(ctx context.Context, _ *call, in *InArea) (*areaBody, error) {
	return oneArea(a.office.ServiceArea(ctx, in.Business, in.ID))
}

func (a *API) changeArea(ctx context.Context, c *call, in *struct {
	InArea
	Revised
	Body areaChange
},
) (*areaBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneArea(a.office.PatchServiceArea(ctx, c.Caller, in.Business, in.ID, revision, in.Body.patch()))
}

func (a *API) deleteArea(ctx context.Context, c *call, in *struct {
	InArea
	Revised
},
) (*none, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return &none{}, a.office.DeleteServiceArea(ctx, c.Caller, in.Business, in.ID, revision)
}
