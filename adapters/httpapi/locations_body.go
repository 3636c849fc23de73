package httpapi

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// LocationMembers are the members that a new location may leave out, and a changed one may clear.
type LocationMembers struct {
	Country        nullable[string]          `json:"country,omitzero" maxLength:"3" doc:"the business's by default"`
	Slug           nullable[string]          `json:"slug,omitzero" maxLength:"200" doc:"part of the pages' paths; made of city and state, and the name if need be, by default"`
	Status         choice[string, standings] `json:"status,omitzero" doc:"active by default"`
	LocationType   choice[string, sorts]     `json:"location_type,omitzero" doc:"physical by default; service_area has no public storefront: its address is in no prompt and it gets no page"`
	IsPrimary      nullable[bool]            `json:"is_primary,omitzero" doc:"the main store, at most one"`
	DisplayName    nullable[string]          `json:"display_name,omitzero" maxLength:"300" doc:"made of the business's name and the store's by default"`
	StreetAddress  nullable[string]          `json:"street_address,omitzero" maxLength:"500" example:"1 Main St"`
	PostalCode     nullable[string]          `json:"postal_code,omitzero" maxLength:"20" example:"04101"`
	Phone          nullable[string]          `json:"phone,omitzero" maxLength:"50"`
	Email          nullable[string]          `json:"email,omitzero" maxLength:"254"`
	GoogleMapsURL  nullable[string]          `json:"google_maps_url,omitzero" maxLength:"2048"`
	OrderLink      nullable[string]          `json:"order_link,omitzero" maxLength:"2048"`
	StoreID        nullable[string]          `json:"store_id,omitzero" maxLength:"100"`
	IsHeadquarters nullable[bool]            `json:"is_headquarters,omitzero"`
	Note           nullable[string]          `json:"note,omitzero" maxLength:"1000"`
	Priority       nullable[int]             `json:"priority,omitzero" minimum:"0" maximum:"1000" doc:"for display, lower first; 0 by default"`
	Latitude       nullable[float64]         `json:"latitude,omitzero" minimum:"-90" maximum:"90" doc:"together with longitude"`
	Longitude      nullable[float64]         `json:"longitude,omitzero" minimum:"-180" maximum:"180"`
}

type locationNew struct {
	Name  string `json:"name" minLength:"1" maxLength:"200" example:"Downtown"`
	City  string `json:"city" minLength:"1" maxLength:"100" example:"Portland"`
	State string `json:"state" minLength:"1" maxLength:"100" doc:"two letters in the US and Canada" example:"ME"`
	LocationMembers
}

type locationChange struct {
	Name  given[string] `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"the slug stays unless it is sent too"`
	City  given[string] `json:"city,omitzero" minLength:"1" maxLength:"100"`
	State given[string] `json:"state,omitzero" minLength:"1" maxLength:"100"`
	LocationMembers
}

func (l locationNew) value() catalog.Location {
	return catalog.Location{
		Name: l.Name, City: l.City, State: l.State, Country: or(l.Country.Patch), Slug: or(l.Slug.Patch), Status: or(l.Status.Patch),
		LocationType: or(l.LocationType.Patch), IsPrimary: or(l.IsPrimary.Patch), DisplayName: or(l.DisplayName.Patch),
		StreetAddress: or(l.StreetAddress.Patch), PostalCode: or(l.PostalCode.Patch), Phone: or(l.Phone.Patch), Email: or(l.Email.Patch),
		GoogleMapsURL: or(l.GoogleMapsURL.Patch), OrderLink: or(l.OrderLink.Patch), StoreID: or(l.StoreID.Patch),
		IsHeadquarters: or(l.IsHeadquarters.Patch), Note: or(l.Note.Patch), Priority: or(l.Priority.Patch),
		Latitude: l.Latitude.Value, Longitude: l.Longitude.Value,
	}
}

func (l locationChange) patch() backoffice.LocationPatch {
	return backoffice.LocationPatch{
		Name: l.Name.Patch, City: l.City.Patch, State: l.State.Patch, Country: l.Country.Patch, Slug: l.Slug.Patch, Status: l.Status.Patch,
		LocationType: l.LocationType.Patch, DisplayName: l.DisplayName.Patch, StreetAddress: l.StreetAddress.Patch, PostalCode: l.PostalCode.Patch,
		Phone: l.Phone.Patch, Email: l.Email.Patch, GoogleMapsURL: l.GoogleMapsURL.Patch, OrderLink: l.OrderLink.Patch, StoreID: l.StoreID.Patch,
		Note: l.Note.Patch, IsPrimary: l.IsPrimary.Patch, IsHeadquarters: l.IsHeadquarters.Patch, Priority: l.Priority.Patch,
		Latitude: l.Latitude.Patch, Longitude: l.Longitude.Patch,
	}
}

type locationOut struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	City           string   `json:"city"`
	State          string   `json:"state"`
	Country        string   `json:"country"`
	Slug           string   `json:"slug"`
	Status         string   `json:"status" enum:"active,upcoming"`
	LocationType   string   `json:"location_type" enum:"physical,service_area"`
	IsPrimary      bool     `json:"is_primary"`
	DisplayName    string   `json:"display_name"`
	StreetAddress  *string  `json:"street_address"`
	PostalCode     *string  `json:"postal_code"`
	FullAddress    *string  `json:"full_address" doc:"street, city, state and postal code in one line; null without a street"`
	Phone          *string  `json:"phone"`
	Email          *string  `json:"email"`
	GoogleMapsURL  *string  `json:"google_maps_url"`
	OrderLink      *string  `json:"order_link"`
	StoreID        *string  `json:"store_id"`
	IsHeadquarters bool     `json:"is_headquarters"`
	Note           *string  `json:"note"`
	Priority       int      `json:"priority"`
	Latitude       *float64 `json:"latitude"`
	Longitude      *float64 `json:"longitude"`
	ArchivedAt     *instant `json:"archived_at" nullable:"true"`
	ArchiveReason  *string  `json:"archive_reason"`
	MetaOut
}

func shownLocation(r backoffice.LocationRow) locationOut {
	l := r.Value
	archived, _ := time.Parse(time.RFC3339, l.ArchivedAt) // core/catalog sees to its form; there is none in a location that is not archived
	return locationOut{
		ID: l.ID, Name: l.Name, City: l.City, State: l.State, Country: l.Country, Slug: l.Slug, Status: l.Status, LocationType: l.LocationType,
		IsPrimary: l.IsPrimary, DisplayName: l.DisplayName, StreetAddress: null(l.StreetAddress), PostalCode: null(l.PostalCode),
		FullAddress: null(l.FullAddress()), Phone: null(l.Phone), Email: null(l.Email), GoogleMapsURL: null(l.GoogleMapsURL),
		OrderLink: null(l.OrderLink), StoreID: null(l.StoreID), IsHeadquarters: l.IsHeadquarters, Note: null(l.Note), Priority: l.Priority,
		Latitude: l.Latitude, Longitude: l.Longitude, ArchivedAt: moment(archived), ArchiveReason: null(l.ArchiveReason), MetaOut: shownMeta(r.Meta),
	}
}

type locationBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Location locationOut `json:"location"`
	}
}

func oneLocation(r backoffice.LocationRow, err error) (*locationBody, error) {
	if err != nil {
		return nil, err
	}
	out := locationBody{ETag: etag(r.Revision)}
	out.Body.Location = shownLocation(r)
	return &out, nil
}

type locationList struct {
	Body struct {
		Locations []locationOut `json:"locations" nullable:"false"`
		NextOut
	}
}
