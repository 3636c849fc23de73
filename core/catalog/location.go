package catalog

import "strings"

// Location is a store of the business.
type Location struct {
	// ID is the slug unless given.
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	City  string `json:"city"`
	State string `json:"state"`
	// Country is the business's unless said.
	Country string `json:"country,omitempty"`
	// Slug is ToCityStateSlug(City, State), or that and the name's slug where it is taken, unless given; unique.
	Slug string `json:"slug,omitempty"`
	// Status is active (the default) or upcoming.
	Status string `json:"status,omitempty"`
	// LocationType is physical (the default) or service_area, which has no public storefront: its address is in no
	// prompt and it gets no page.
	LocationType string `json:"location_type,omitempty"`
	// IsPrimary marks the main store, at most one.
	IsPrimary bool `json:"is_primary,omitempty"`
	// DisplayName is "BUSINESS (NAME)" unless given.
	DisplayName   string `json:"display_name,omitempty"`
	StreetAddress string `json:"street_address,omitempty"`
	PostalCode    string `json:"postal_code,omitempty"`
	Phone         string `json:"phone,omitempty"`
	Email         string `json:"email,omitempty"`
	GoogleMapsURL string `json:"google_maps_url,omitempty"`
	OrderLink     string `json:"order_link,omitempty"`
	StoreID       string `json:"store_id,omitempty"`
	// IsHeadquarters is for display; it has no effect on pages.
	IsHeadquarters bool   `json:"is_headquarters,omitempty"`
	Note           string `json:"note,omitempty"`
	// Priority is 0 to 1000 for display, lower first.
	Priority int `json:"priority,omitempty"`
	// Latitude and Longitude are degrees, both or neither.
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	// ArchivedAt is an RFC 3339 time when the location has been given up; such a location gets no page.
	ArchivedAt    string `json:"archived_at,omitempty"`
	ArchiveReason string `json:"archive_reason,omitempty"`
}

// The statuses and types of a location.
const (
	StatusActive   = "active"
	StatusUpcoming = "upcoming"

	TypePhysical    = "physical"
	TypeServiceArea = "service_area"
)

// Archived reports whether the location has been given up.
func (l Location) Archived() bool { return l.ArchivedAt != "" }

// Storefront reports whether people can go there now: physical, active and not archived.
func (l Location) Storefront() bool {
	return l.LocationType == TypePhysical && l.Status == StatusActive && !l.Archived()
}

// FullAddress is the address in one line, for example "1 Main St, Portland, ME 04101"; "" without a street address.
func (l Location) FullAddress() string {
	if l.StreetAddress == "" {
		return ""
	}
	return strings.TrimRight(l.StreetAddress+", "+l.City+", "+l.State+" "+l.PostalCode, " ")
}
