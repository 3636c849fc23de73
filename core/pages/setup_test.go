package pages_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// harbor is a plumbing business with the number of English keywords, of which the first so many have a Spanish twin, and
// the number of service areas.
func harbor(keywords, twins, areas int) catalog.Catalog {
	year := 1998
	c := catalog.Catalog{
		Business: catalog.Business{
			ID: "harbor", Name: "Harbor Plumbing", IndustryType: "Plumber", Phone: "(207) 555-0142", Email: "hello@harbor.example",
			Website: "https://harbor.example", GBPURL: "https://maps.example/harbor", PrimaryCity: "Portland", PrimaryState: "ME",
			EnabledLanguages: []catalog.Language{catalog.English, catalog.Spanish},
		},
		Questionnaire: catalog.Questionnaire{
			Identity: catalog.Identity{Tagline: "Dry floors by dinner", YearEstablished: &year, OwnerName: "Ana Ruiz"},
			Audience: catalog.Audience{TargetDescription: "Home owners", Languages: []string{"English", "Spanish"}},
			Brand: catalog.Brand{
				VoiceTone: "friendly", CallToAction: "Call Harbor today", ForbiddenTerms: []string{"cheap", "número uno"},
				Differentiators: []string{"Open at night", "Fixed quotes"},
			},
			ServiceType: catalog.ServiceMobile, IndustryData: map[string]string{"license": "ME-123", "bonded": "yes"},
		},
		Services: []catalog.Service{
			{Name: "Drain cleaning", NameES: "Limpieza de drenajes"}, {Name: "Water heaters"}, {Name: "Leak repair", NameES: "Reparación de fugas"},
		},
	}
	for i, day := range catalog.Weekdays() {
		c.Hours = append(c.Hours, catalog.DayHours{DayOfWeek: day, Opens: "09:00", Closes: "17:00"})
		if i == 6 {
			c.Hours[i] = catalog.DayHours{DayOfWeek: day, IsClosed: true}
		}
	}
	for i := range keywords {
		k := catalog.Keyword{Keyword: fmt.Sprintf("emergency plumber %02d", i), SearchIntent: "transactional"}
		if i < twins {
			k.KeywordES = fmt.Sprintf("plomero de emergencia %02d", i)
		}
		c.Keywords = append(c.Keywords, k)
	}
	for i := range areas {
		c.ServiceAreas = append(c.ServiceAreas, catalog.ServiceArea{City: "Town " + letters(i), State: "ME"})
	}
	return c
}

// letters numbers towns without digits.
func letters(i int) string {
	return string([]rune{'A' + rune(i/26/26%26), 'a' + rune(i/26%26), 'a' + rune(i%26)})
}

// stores adds locations of every sort.
func stores(c catalog.Catalog) catalog.Catalog {
	lat, lon := 43.65, -70.25
	c.Locations = []catalog.Location{
		{Name: "Annex", City: "Bath", State: "ME", StreetAddress: "9 Front St", PostalCode: "04530"},
		{
			Name: "Main shop", City: "Portland", State: "ME", IsPrimary: true, StreetAddress: "1 Wharf St", PostalCode: "04101",
			Phone: "207-555-0199", GoogleMapsURL: "https://maps.example/1", OrderLink: "https://order.example/1", Latitude: &lat, Longitude: &lon,
		},
		{Name: "Next", City: "Saco", State: "ME", Status: catalog.StatusUpcoming, StreetAddress: "5 Main St", PostalCode: "04072"},
		{Name: "Garage", City: "Wells", State: "ME", LocationType: catalog.TypeServiceArea, StreetAddress: "7 Hidden Rd", GoogleMapsURL: "https://maps.example/7"},
		{Name: "Old", City: "Kittery", State: "ME", ArchivedAt: "2025-01-01T00:00:00Z"},
	}
	return c
}

func options(pageType string, languages ...catalog.Language) pages.Options {
	return pages.Options{PageType: pageType, Languages: languages, Model: "claude-haiku-5-5", Year: 2026}
}

func build(t testing.TB, c catalog.Catalog, o pages.Options) *pages.Plan {
	t.Helper()
	input, err := pages.Build(c, o)
	require.NoError(t, err)
	plan, err := pages.Open(input)
	require.NoError(t, err)
	return plan
}

// refused expects a refusal with the code and returns it.
func refused(t testing.TB, err error, code pages.Code) *pages.Refusal {
	t.Helper()
	var r *pages.Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, code, r.Code, r.Error())
	require.NotContains(t, r.Error(), "\n")
	return r
}
