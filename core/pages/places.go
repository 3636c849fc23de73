package pages

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// place is the page's own location, else the one that serves its area, else nil.
func (c *column) place() *catalog.Location {
	if c.own != nil {
		return c.own
	}
	return c.near
}

// ofPlace reads a member of the page's or the linked location.
func ofPlace(v view, read func(l *catalog.Location) string) string {
	if l := v.col.place(); l != nil {
		return read(l)
	}
	return ""
}

func columnPhone(v view) string {
	if phone := locationPhone(v); phone != "" {
		return phone
	}
	return v.in.Catalog.Business.Phone
}

// addressed is the location whose address a page may give. A page of a store gives its own address or none: the
// address of another store would send people to the wrong place. A page of an area falls back to the primary location.
func addressed(v view) *catalog.Location {
	candidates := []*catalog.Location{v.col.near, v.store}
	if v.col.own != nil {
		candidates = []*catalog.Location{v.col.own}
	}
	for _, l := range candidates {
		if l != nil && l.Storefront() && l.StreetAddress != "" {
			return l
		}
	}
	return nil
}

func streetAddress(v view) string {
	if l := addressed(v); l != nil {
		return l.StreetAddress
	}
	return ""
}

func postalCode(v view) string {
	if l := addressed(v); l != nil {
		return l.PostalCode
	}
	return ""
}

func locationName(v view) string {
	return ofPlace(v, func(l *catalog.Location) string { return l.Name })
}

func locationStatus(v view) string {
	return ofPlace(v, func(l *catalog.Location) string { return l.Status })
}

func locationPhone(v view) string {
	return ofPlace(v, func(l *catalog.Location) string { return l.Phone })
}

func locationMaps(v view) string {
	return ofPlace(v, func(l *catalog.Location) string {
		// The map would show where a business without a storefront is.
		if l.LocationType != catalog.TypePhysical {
			return ""
		}
		return l.GoogleMapsURL
	})
}

func locationOrder(v view) string {
	return ofPlace(v, func(l *catalog.Location) string { return l.OrderLink })
}

// nearestName is the store that people can go to.
func nearestName(v view) string {
	return ofPlace(v, func(l *catalog.Location) string {
		if !l.Storefront() {
			return ""
		}
		return l.Name
	})
}

func locationAddress(v view) string {
	return ofPlace(v, func(l *catalog.Location) string {
		if !l.Storefront() {
			return ""
		}
		return l.FullAddress()
	})
}

// businessHours is like "Mon 09:00-17:00; ...; Sun closed". A store that has not opened yet has no hours, and a
// business that is never open gives none.
func businessHours(v view) string {
	if v.col.own != nil && v.col.own.Status != catalog.StatusActive {
		return ""
	}
	var days []string
	open := false
	for _, d := range v.in.Catalog.Hours {
		day := d.DayOfWeek[:min(3, len(d.DayOfWeek))]
		if d.IsClosed {
			days = append(days, day+" closed")
			continue
		}
		open = true
		days = append(days, day+" "+d.Opens+"-"+d.Closes)
	}
	if !open {
		return ""
	}
	return strings.Join(days, "; ")
}
