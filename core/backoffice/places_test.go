package backoffice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func store(name, city string) catalog.Location {
	return catalog.Location{Name: name, City: city, State: "ME"}
}

func (s shop) location(t *testing.T, l catalog.Location) backoffice.LocationRow {
	t.Helper()
	r, err := s.CreateLocation(s.ctx, boss(), s.id, l)
	require.NoError(t, err)
	return r
}

func (s shop) area(t *testing.T, a catalog.ServiceArea) backoffice.AreaRow {
	t.Helper()
	r, err := s.CreateServiceArea(s.ctx, boss(), s.id, a)
	require.NoError(t, err)
	return r
}

// areas are the slugs in the order of the list.
func (s shop) areas(t *testing.T, f backoffice.AreaFilter) (slugs []string) {
	t.Helper()
	for cursor := ""; ; {
		list, next, err := s.ServiceAreas(s.ctx, s.id, f, 1, cursor)
		require.NoError(t, err)
		for _, r := range list {
			slugs = append(slugs, r.Value.Slug)
		}
		if cursor = next; cursor == "" {
			return slugs
		}
	}
}

// locations are the slugs in the order of the list.
func (s shop) locations(t *testing.T, f backoffice.LocationFilter) (slugs []string) {
	t.Helper()
	for cursor := ""; ; {
		list, next, err := s.Locations(s.ctx, s.id, f, 1, cursor)
		require.NoError(t, err)
		for _, r := range list {
			slugs = append(slugs, r.Value.Slug)
		}
		if cursor = next; cursor == "" {
			return slugs
		}
	}
}

func number(n int) *int { return &n }

func TestServiceAreas(t *testing.T) {
	t.Parallel()
	s := open(t)
	bath := s.area(t, catalog.ServiceArea{City: "Bath", State: "me", County: "Sagadahoc"})
	require.Equal(t, "ME", bath.Value.State)
	require.Equal(t, "US", bath.Value.Country)
	require.Equal(t, 5, bath.Value.Rank())
	s.area(t, catalog.ServiceArea{City: "York", State: "ME", Priority: number(10)})
	s.area(t, catalog.ServiceArea{City: "Albany", State: "NY"})
	s.area(t, catalog.ServiceArea{City: "Saco", State: "ME", Priority: number(1)})
	require.Equal(t, []string{"york-me", "albany-ny", "bath-me", "saco-me"}, s.areas(t, backoffice.AreaFilter{}))
	require.Equal(t, []string{"albany-ny"}, s.areas(t, backoffice.AreaFilter{State: "ny"}))
	require.Equal(t, []string{"bath-me"}, s.areas(t, backoffice.AreaFilter{Query: "sagá"}))

	_, err := s.CreateServiceArea(s.ctx, boss(), s.id, catalog.ServiceArea{City: "Bath", State: "ME"})
	told(t, err, "/slug duplicate")
	_, err = s.CreateServiceArea(s.ctx, boss(), s.id, catalog.ServiceArea{City: "B4th", State: "Mane", Priority: number(11), LocationID: "none"})
	told(t, err, "/city invalid", "/state not_allowed", "/priority out_of_range", "/location_id unknown_reference")
	for _, value := range []string{"B4th", "Mane", "11", "none"} {
		require.NotContains(t, err.Error(), value)
	}

	bath, err = s.PatchServiceArea(s.ctx, boss(), s.id, bath.Value.ID, 1, backoffice.AreaPatch{City: backoffice.To("New Bath"), Priority: backoffice.To(9), County: backoffice.Null[string]()})
	require.NoError(t, err)
	require.Equal(t, "bath-me", bath.Value.Slug)
	bath, err = s.PatchServiceArea(s.ctx, boss(), s.id, bath.Value.ID, 2, backoffice.AreaPatch{Slug: backoffice.Null[string](), Priority: backoffice.Null[int]()})
	require.NoError(t, err)
	require.Equal(t, "new-bath-me", bath.Value.Slug)
	require.Equal(t, 5, bath.Value.Rank())
	read, err := s.ServiceArea(s.ctx, s.id, bath.Value.ID)
	require.NoError(t, err)
	require.Equal(t, bath, read)
	require.ErrorIs(t, s.DeleteServiceArea(s.ctx, boss(), s.id, bath.Value.ID, 1), fault.Conflict)
	require.NoError(t, s.DeleteServiceArea(s.ctx, boss(), s.id, bath.Value.ID, 3))
	_, err = s.ServiceArea(s.ctx, s.id, bath.Value.ID)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.PatchServiceArea(s.ctx, boss(), s.id, bath.Value.ID, 3, backoffice.AreaPatch{})
	require.ErrorIs(t, err, fault.NotFound)
	_, _, err = s.ServiceAreas(s.ctx, "nobody", backoffice.AreaFilter{}, 0, "")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestLocations(t *testing.T) {
	t.Parallel()
	s := open(t)
	main := s.location(t, catalog.Location{Name: "Main", City: "Portland", State: "ME", IsPrimary: true, ArchivedAt: "2020-01-01T00:00:00Z", ArchiveReason: "x"})
	require.False(t, main.Value.Archived(), "only archiving archives")
	require.Equal(t, "Portland", s.now(t).PrimaryCity)
	annex := s.location(t, store("Annex", "Portland"))
	require.Equal(t, "portland-me-annex", annex.Value.Slug)
	_, err := s.CreateLocation(s.ctx, boss(), s.id, store("Annex", "Portland"))
	told(t, err, "/slug duplicate")
	s.location(t, catalog.Location{Name: "North", City: "Toronto", State: "ON", Country: "ca", Status: "upcoming"})
	require.Equal(t, []string{"portland-me", "portland-me-annex", "toronto-on"}, s.locations(t, backoffice.LocationFilter{}))

	bath := s.location(t, catalog.Location{Name: "Bath", City: "Bath", State: "ME", IsPrimary: true})
	b := s.now(t)
	require.Equal(t, []string{"Bath", "ME"}, []string{b.PrimaryCity, b.PrimaryState})
	main, err = s.Location(s.ctx, s.id, main.Value.ID)
	require.NoError(t, err)
	require.False(t, main.Value.IsPrimary)
	require.EqualValues(t, 2, main.Revision)
	require.Equal(t, []string{"bath-me", "portland-me", "portland-me-annex", "toronto-on"}, s.locations(t, backoffice.LocationFilter{}))
	require.Equal(t, []string{"toronto-on"}, s.locations(t, backoffice.LocationFilter{Status: "upcoming", Country: "CA", State: "on"}))

	stats, err := s.LocationStats(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, backoffice.LocationStats{Total: 4, Active: 3, Upcoming: 1, ByState: map[string]int{"ME": 3, "ON": 1}, ByCountry: map[string]int{"US": 3, "CA": 1}}, stats)

	bath, err = s.PatchLocation(s.ctx, boss(), s.id, bath.Value.ID, 1, backoffice.LocationPatch{City: backoffice.To("Saco"), Name: backoffice.To("Harbour")})
	require.NoError(t, err)
	require.Equal(t, "bath-me", bath.Value.Slug)
	require.Equal(t, "Harbor Plumbing (Harbour)", bath.Value.DisplayName)
	require.Equal(t, "Saco", s.now(t).PrimaryCity, "the primary store has moved")
	_, err = s.PatchBusiness(s.ctx, boss(), s.id, backoffice.Any, backoffice.BusinessPatch{PrimaryCity: backoffice.To("Elsewhere")})
	require.NoError(t, err)
	_, err = s.PatchLocation(s.ctx, boss(), s.id, bath.Value.ID, 2, backoffice.LocationPatch{Note: backoffice.To("ring"), IsPrimary: backoffice.To(true)})
	require.NoError(t, err)
	require.Equal(t, "Elsewhere", s.now(t).PrimaryCity, "the primary store has not moved")
	_, err = s.PatchLocation(s.ctx, boss(), s.id, main.Value.ID, 2, backoffice.LocationPatch{IsPrimary: backoffice.To(true)})
	require.NoError(t, err)
	require.Equal(t, "Portland", s.now(t).PrimaryCity)
	require.Equal(t, "portland-me", s.locations(t, backoffice.LocationFilter{})[0])

	_, err = s.PatchLocation(s.ctx, boss(), s.id, bath.Value.ID, backoffice.Any, backoffice.LocationPatch{
		Latitude: backoffice.To(91.5), Phone: backoffice.To("12345678x"), Email: backoffice.To("me"), StoreID: backoffice.To("a\x01"), Priority: backoffice.To(-1),
	})
	told(t, err, "/phone invalid", "/email invalid", "/store_id invalid", "/priority out_of_range", "/latitude out_of_range", " invalid")
	require.NotContains(t, err.Error(), "91.5")
	_, err = s.PatchLocation(s.ctx, boss(), s.id, bath.Value.ID, 1, backoffice.LocationPatch{})
	require.ErrorIs(t, err, fault.Conflict)
	for _, err := range []error{
		second(s.PatchLocation(s.ctx, boss(), s.id, "nothing", 1, backoffice.LocationPatch{})), second(s.Location(s.ctx, s.id, "nothing")),
		second(s.LocationStats(s.ctx, "nobody")), second(s.ArchiveLocation(s.ctx, boss(), s.id, "nothing", 1, "")), second(s.RestoreLocation(s.ctx, boss(), s.id, "nothing", 1)),
	} {
		require.ErrorIs(t, err, fault.NotFound)
	}
	_, _, err = s.Locations(s.ctx, "nobody", backoffice.LocationFilter{}, 0, "")
	require.ErrorIs(t, err, fault.NotFound)
}

// second is the error of a call.
func second[T any](_ T, err error) error { return err }

func TestArchiveLocation(t *testing.T) {
	t.Parallel()
	s := open(t)
	l := s.location(t, catalog.Location{Name: "Main", City: "Portland", State: "ME", IsPrimary: true, StreetAddress: "1 Wharf St", PostalCode: "04101"})
	other := s.location(t, store("Other", "Saco"))
	linked := s.area(t, catalog.ServiceArea{City: "Bath", State: "ME", LocationID: l.Value.ID})
	kept := s.area(t, catalog.ServiceArea{City: "York", State: "ME", LocationID: other.Value.ID})
	require.Equal(t, 20, s.now(t).Score)

	_, err := s.ArchiveLocation(s.ctx, boss(), s.id, l.Value.ID, 1, "a\x00")
	told(t, err, "/archive_reason invalid")
	gone, err := s.ArchiveLocation(s.ctx, boss(), s.id, l.Value.ID, 1, "moved")
	require.NoError(t, err)
	require.True(t, gone.Value.Archived())
	require.False(t, gone.Value.IsPrimary)
	require.Equal(t, "moved", gone.Value.ArchiveReason)
	require.Equal(t, 10, s.now(t).Score)
	linked, err = s.ServiceArea(s.ctx, s.id, linked.Value.ID)
	require.NoError(t, err)
	require.Empty(t, linked.Value.LocationID)
	require.EqualValues(t, 2, linked.Revision)
	kept, err = s.ServiceArea(s.ctx, s.id, kept.Value.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, kept.Revision)
	require.Equal(t, []string{"saco-me"}, s.locations(t, backoffice.LocationFilter{}))
	require.Equal(t, []string{"portland-me"}, s.locations(t, backoffice.LocationFilter{Archived: true}))
	stats, err := s.LocationStats(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, 1, stats.Archived)

	_, err = s.ArchiveLocation(s.ctx, boss(), s.id, l.Value.ID, 2, "")
	require.ErrorIs(t, err, fault.Conflict)
	_, err = s.PatchServiceArea(s.ctx, boss(), s.id, linked.Value.ID, 2, backoffice.AreaPatch{LocationID: backoffice.To(l.Value.ID)})
	told(t, err, "/location_id unknown_reference")
	_, err = s.PatchLocation(s.ctx, boss(), s.id, l.Value.ID, 2, backoffice.LocationPatch{IsPrimary: backoffice.To(true)})
	told(t, err, "/is_primary not_allowed")
	back, err := s.RestoreLocation(s.ctx, boss(), s.id, l.Value.ID, 2)
	require.NoError(t, err)
	require.False(t, back.Value.Archived())
	require.Empty(t, back.Value.ArchiveReason)
	_, err = s.RestoreLocation(s.ctx, boss(), s.id, l.Value.ID, 3)
	require.ErrorIs(t, err, fault.Conflict)
	_, err = s.ArchiveLocation(s.ctx, boss(), s.id, l.Value.ID, 1, "")
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, "location.restore", s.trail(t)[0].Action)
}
