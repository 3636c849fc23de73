package backoffice

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// LocationPatch is a change to a location. A new city, state or name keeps the slug unless one is sent; a display name that
// follows from the name goes on to.
type LocationPatch struct {
	Name, City, State, Country, Slug, Status, LocationType, DisplayName Patch[string]
	StreetAddress, PostalCode, Phone, Email, GoogleMapsURL, OrderLink   Patch[string]
	StoreID, Note                                                       Patch[string]
	IsPrimary, IsHeadquarters                                           Patch[bool]
	Priority                                                            Patch[int]
	Latitude, Longitude                                                 Patch[float64]
}

func (p LocationPatch) apply(l *catalog.Location, business string) {
	if p.Name.Set && l.DisplayName == catalog.DisplayName(business, l.Name) {
		l.DisplayName = ""
	}
	for _, text := range []struct {
		patch Patch[string]
		field *string
	}{
		{p.Name, &l.Name}, {p.City, &l.City}, {p.State, &l.State}, {p.Country, &l.Country}, {p.Slug, &l.Slug}, {p.Status, &l.Status},
		{p.LocationType, &l.LocationType}, {p.DisplayName, &l.DisplayName}, {p.StreetAddress, &l.StreetAddress}, {p.PostalCode, &l.PostalCode},
		{p.Phone, &l.Phone}, {p.Email, &l.Email}, {p.GoogleMapsURL, &l.GoogleMapsURL}, {p.OrderLink, &l.OrderLink}, {p.StoreID, &l.StoreID}, {p.Note, &l.Note},
	} {
		text.patch.to(text.field)
	}
	p.IsPrimary.to(&l.IsPrimary)
	p.IsHeadquarters.to(&l.IsHeadquarters)
	p.Priority.to(&l.Priority)
	p.Latitude.optional(&l.Latitude)
	p.Longitude.optional(&l.Longitude)
}

// remarkLocations leaves the mark to a new location that has it.
func remarkLocations(list rows[catalog.Location], n int) {
	if primaryOf(list[n:]) != nil {
		unmarkLocations(list[:n])
	}
}

// unmarkLocations takes the mark of the primary location away.
func unmarkLocations(list rows[catalog.Location]) {
	for i := range list {
		list[i].Value.IsPrimary = false
	}
}

// CreateLocation adds one. Errors: NotFound, catalog.Problems, Duplicate (the slug that follows from it is taken: give one).
func (o *Office) CreateLocation(ctx context.Context, by Caller, business string, l catalog.Location) (LocationRow, error) {
	l.ID, l.ArchivedAt, l.ArchiveReason = o.IDs.NewID(), "", ""
	return o.changeLocation(ctx, by, "location.create", business, l.ID, func(d *desk[catalog.Location]) error {
		if l.IsPrimary {
			unmarkLocations(d.is)
		}
		d.add(l)
		return nil
	})
}

func (o *Office) changeLocation(ctx context.Context, by Caller, action, business, id string, decide func(d *desk[catalog.Location]) error) (LocationRow, error) {
	s := locationShelf()
	list, err := s.change(ctx, o, by, action, business, id, decide)
	if err != nil {
		return LocationRow{}, err
	}
	return list[s.find(list, id)], nil
}

// PatchLocation changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchLocation(ctx context.Context, by Caller, business, id string, seen int64, p LocationPatch) (LocationRow, error) {
	return o.changeLocation(ctx, by, "location.update", business, id, func(d *desk[catalog.Location]) error {
		l, err := d.row(id, seen)
		if err != nil {
			return err
		}
		was := l.IsPrimary
		p.apply(l, d.folder.business.Name)
		switch {
		case l.IsPrimary && l.Archived():
			return catalog.Problems{{Path: "/is_primary", Code: catalog.CodeNotAllowed, Message: "the location is archived; restore it before it can be primary"}}
		case l.IsPrimary && !was:
			unmarkLocations(d.is)
			l.IsPrimary = true
		}
		return nil
	})
}

// ArchiveLocation gives a location up: it gets no page any more, is primary no more, and the service areas that it served lose their
// link. Errors: NotFound, Stale, catalog.Problems (/archive_reason), Conflict (it is archived).
func (o *Office) ArchiveLocation(ctx context.Context, by Caller, business, id string, seen int64, reason string) (LocationRow, error) {
	return o.changeLocation(ctx, by, "location.archive", business, id, func(d *desk[catalog.Location]) error {
		l, err := d.row(id, seen)
		if err != nil {
			return err
		}
		if l.Archived() {
			return fault.New(fault.Conflict, "the location is archived already")
		}
		l.ArchivedAt, l.ArchiveReason, l.IsPrimary = d.now.Format("2006-01-02T15:04:05.000Z"), reason, false
		return unlink(d, business, id)
	})
}

// unlink takes the location out of the service areas that it serves.
func unlink(from *desk[catalog.Location], business, location string) error {
	was, err := readDocument[rows[catalog.ServiceArea]](from.tx, business, docAreas)
	if err != nil {
		return err
	}
	d := &desk[catalog.ServiceArea]{shelf: areaShelf(), tx: from.tx, folder: from.folder, now: from.now, was: was, is: slices.Clone(was)}
	for i := range d.is {
		if d.is[i].Value.LocationID == location {
			d.is[i].Value.LocationID = ""
		}
	}
	return d.close(business)
}

// RestoreLocation takes one back from the archive. Errors: NotFound, Stale, Conflict (it is not archived).
func (o *Office) RestoreLocation(ctx context.Context, by Caller, business, id string, seen int64) (LocationRow, error) {
	return o.changeLocation(ctx, by, "location.restore", business, id, func(d *desk[catalog.Location]) error {
		l, err := d.row(id, seen)
		if err != nil {
			return err
		}
		if !l.Archived() {
			return fault.New(fault.Conflict, "the location is not archived")
		}
		l.ArchivedAt, l.ArchiveReason = "", ""
		return nil
	})
}
