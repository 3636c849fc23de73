package backoffice_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// imported runs the import as a trial and for good, demands that both tell the same, and returns the second.
func imported(t *testing.T, run func(opt backoffice.BulkOptions) (backoffice.BulkResult, error), opt backoffice.BulkOptions) backoffice.BulkResult {
	t.Helper()
	opt.DryRun = true
	dry, err := run(opt)
	require.NoError(t, err)
	opt.DryRun = false
	r, err := run(opt)
	require.NoError(t, err)
	require.Equal(t, outcome(r), outcome(dry))
	require.Equal(t, r.Summary, dry.Summary)
	return r
}

// TestATownWithoutASlugStopsNoStore: a city that becomes no service area is told at its row, and everything else goes on.
func TestATownWithoutASlugStopsNoStore(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := func(in ...catalog.Location) func(backoffice.BulkOptions) (backoffice.BulkResult, error) {
		return func(opt backoffice.BulkOptions) (backoffice.BulkResult, error) {
			opt.AutoCreateAreas = true
			return s.BulkLocations(s.ctx, boss(), s.id, rowsOf(in...), opt)
		}
	}
	long := strings.Repeat("a", 100)
	r := imported(t, run(
		catalog.Location{Name: "Ginza", City: "東京", State: "Tokyo", Country: "JP", Slug: "tokyo-ginza"}, store("Downtown", "Portland"),
		catalog.Location{Name: "Umeda", City: "大阪", State: "Tokyo", Country: "JP", Slug: "umeda"}, catalog.Location{Name: "Soon", City: "京都", State: "Kyoto", Country: "JP", Slug: "kyoto-1", Status: "upcoming"},
		catalog.Location{Name: "Far", City: long, State: long, Country: "JP", Slug: "far"},
	), backoffice.BulkOptions{AllOrNothing: true})
	require.Equal(t, []string{"created /city:not_applied", "created", "created /city:not_applied", "created", "created /city:not_applied"}, outcome(r))
	require.Equal(t, backoffice.BulkSummary{Created: 5, AreasCreated: 1}, r.Summary)
	require.Equal(t, []string{"portland-me"}, s.areas(t, backoffice.AreaFilter{}))
	require.Equal(t, "the store is added without a service area: no slug follows from its city and state; add the area with a slug of its own", r.Results[0].Errors[0].Message)

	s.area(t, catalog.ServiceArea{City: "東京", State: "tokyo", Country: "JP", Slug: "tokyo"})
	s.area(t, catalog.ServiceArea{City: "Bath", State: "ME", Slug: "bath"})
	r = imported(t, run(
		catalog.Location{Name: "Ueno", City: "東京", State: "Tokyo", Country: "JP", Slug: "tokyo-ueno"}, store("Shop", "Bath"), store("Shop", "Portland"),
	), backoffice.BulkOptions{})
	require.Equal(t, []string{"created", "created", "created"}, outcome(r), "these places are areas already, whatever their slugs")
	require.Zero(t, r.Summary.AreasCreated)
}

// TestAFullListOfAreasStopsNoStore: the areas that there is room for are made, the others are told.
func TestAFullListOfAreasStopsNoStore(t *testing.T) {
	t.Parallel()
	s := open(t)
	for n := 0; n < catalog.MaxServiceAreas-1; n += 500 {
		in := numbered(n, min(500, catalog.MaxServiceAreas-1-n), func(i int) catalog.ServiceArea {
			return catalog.ServiceArea{City: "Town", State: "ME", Slug: "town-" + strconv.Itoa(i)}
		})
		_, err := s.BulkServiceAreas(s.ctx, boss(), s.id, in, backoffice.BulkOptions{AllOrNothing: true})
		require.NoError(t, err)
	}
	r := imported(t, func(opt backoffice.BulkOptions) (backoffice.BulkResult, error) {
		opt.AutoCreateAreas = true
		return s.BulkLocations(s.ctx, boss(), s.id, rowsOf(store("A", "Bath"), store("B", "Saco"), store("C", "Bath"), store("D", "Saco")), opt)
	}, backoffice.BulkOptions{})
	require.Equal(t, []string{"created", "created :not_applied", "created", "created :not_applied"}, outcome(r))
	require.Equal(t, backoffice.BulkSummary{Created: 4, AreasCreated: 1}, r.Summary)
}
