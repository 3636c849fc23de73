package catalog_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// full is a catalog with every field filled in.
const full = `{
  "business": {"id": "harbor", "name": "  Harbor   Plumbing ", "industry_type": "Plumber", "phone": "(207) 555-0142",
    "email": "hello@harbor.example", "website": "https://harbor.example", "gbp_url": "https://maps.example/harbor",
    "country": "usa", "enabled_languages": ["es", "en"]},
  "questionnaire": {
    "identity": {"tagline": "Dry floors", "year_established": 1998, "owner_name": "Ana Ruiz"},
    "audience": {"target_description": "Home owners", "languages": ["English", "Spanish"]},
    "brand": {"voice_tone": "friendly", "call_to_action": "Call us", "forbidden_terms": ["cheap"], "differentiators": ["24 hours"]},
    "service_type": "mobile", "industry_data": {"license": "ME-123"}},
  "hours": [
    {"day_of_week": "Sunday", "is_closed": true},
    {"day_of_week": "Monday", "opens": "09:00", "closes": "17:00"},
    {"day_of_week": "Tuesday", "opens": "09:00", "closes": "17:00"},
    {"day_of_week": "Wednesday", "opens": "09:00", "closes": "17:00"},
    {"day_of_week": "Thursday", "opens": "00:00", "closes": "24:00"},
    {"day_of_week": "Friday", "opens": "17:00", "closes": "02:00"},
    {"day_of_week": "Saturday", "is_closed": true}],
  "social_links": [{"platform": "facebook", "url": "https://facebook.example/harbor"}],
  "services": [{"name": "Drain cleaning", "name_es": "Limpieza de drenajes"}, {"name": "Water heaters"}],
  "keywords": [
    {"keyword": "emergency plumber", "keyword_es": "plomero de emergencia", "search_intent": "transactional"},
    {"keyword": "drain cleaning near me"},
    {"keyword": "limpieza de drenajes", "language": "es", "translation_of": "Drain Cleaning near me"}],
  "service_areas": [
    {"city": "Portland", "state": "me", "county": "Cumberland", "priority": 10, "location_id": "portland-me"},
    {"city": "South Portland", "state": "ME"}],
  "locations": [
    {"name": "Main shop", "city": "Portland", "state": "ME", "is_primary": true, "street_address": "1 Wharf St",
     "postal_code": "04101", "phone": "207-555-0199", "email": "shop@harbor.example", "google_maps_url": "https://maps.example/1",
     "order_link": "https://order.example/1", "store_id": "S1", "is_headquarters": true, "note": "Ring\ntwice", "priority": 3,
     "latitude": 43.65, "longitude": -70.25},
    {"name": "Annex", "city": "Portland", "state": "ME", "status": "upcoming"},
    {"name": "Old shop", "city": "Bath", "state": "ME", "archived_at": "2025-01-31T00:00:00+02:00", "archive_reason": "moved"}],
  "prompt_templates": [
    {"page_type": "service-area", "template": "Write about {{primary_keyword}} in {{ city }}.", "required_variables": ["city"],
     "word_count_target": 500, "is_active": true, "note": "first", "based_on_id": "old"},
    {"page_type": "blog-location", "language": "es", "template": "Escriba sobre {{industry_data.license}}."}]
}`

func decode(t *testing.T, document string) catalog.Catalog {
	t.Helper()
	c, err := catalog.DecodeJSON([]byte(document))
	require.NoError(t, err)
	return c
}

func normal(t *testing.T, document string) catalog.Catalog {
	t.Helper()
	c, problems := decode(t, document).Normalise()
	require.Empty(t, problems)
	return c
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	c := normal(t, full)

	t.Run("CleansAndFillsTheBusiness", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Harbor Plumbing", c.Business.Name)
		require.Equal(t, "Plumber", c.Business.Industry)
		require.Equal(t, "US", c.Business.Country)
		require.Equal(t, []catalog.Language{"en", "es"}, c.Business.EnabledLanguages)
		require.True(t, c.Business.Speaks(catalog.Spanish))
	})
	t.Run("TakesTheCityOfThePrimaryLocation", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Portland", c.Business.PrimaryCity)
		require.Equal(t, "ME", c.Business.PrimaryState)
	})
	t.Run("SortsTheDays", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Monday", c.Hours[0].DayOfWeek)
		require.Equal(t, "Sunday", c.Hours[6].DayOfWeek)
	})
	t.Run("MakesTheFirstServicePrimary", func(t *testing.T) {
		t.Parallel()
		require.True(t, c.Services[0].IsPrimary)
		require.False(t, c.Services[1].IsPrimary)
		require.Equal(t, "drain-cleaning", c.Services[0].Slug)
		require.Equal(t, "drain-cleaning", c.Services[0].ID)
	})
	t.Run("PairsTwinsBySlug", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []catalog.Keyword{
			{ID: "en-emergency-plumber", Keyword: "emergency plumber", Language: "en", Slug: "emergency-plumber", SearchIntent: "transactional"},
			{ID: "es-emergency-plumber", Keyword: "plomero de emergencia", Language: "es", Slug: "emergency-plumber", SearchIntent: "transactional"},
			{ID: "en-drain-cleaning-near-me", Keyword: "drain cleaning near me", Language: "en", Slug: "drain-cleaning-near-me"},
			{ID: "es-drain-cleaning-near-me", Keyword: "limpieza de drenajes", Language: "es", Slug: "drain-cleaning-near-me"},
		}, c.Keywords)
	})
	t.Run("FillsAreas", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "portland-me", c.ServiceAreas[0].Slug)
		require.Equal(t, "ME", c.ServiceAreas[0].State)
		require.Equal(t, 10, c.ServiceAreas[0].Rank())
		require.Equal(t, 5, *c.ServiceAreas[1].Priority)
		require.Equal(t, "US", c.ServiceAreas[1].Country)
		require.Equal(t, 5, catalog.ServiceArea{}.Rank())
	})
	t.Run("TellsLocationsOfOneCityApart", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "portland-me", c.Locations[0].Slug)
		require.Equal(t, "portland-me-annex", c.Locations[1].Slug)
		require.Equal(t, "Harbor Plumbing (Annex)", c.Locations[1].DisplayName)
		require.Equal(t, "2025-01-30T22:00:00.000Z", c.Locations[2].ArchivedAt)
		require.Equal(t, "1 Wharf St, Portland, ME 04101", c.Locations[0].FullAddress())
		require.Empty(t, c.Locations[1].FullAddress())
		require.True(t, c.Locations[0].Storefront())
		require.False(t, c.Locations[1].Storefront())
		require.False(t, c.Locations[2].Storefront())
	})
	t.Run("NamesAndNumbersTemplates", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, catalog.KeywordServiceArea, c.PromptTemplates[0].PageType)
		require.Equal(t, "keyword-service-area-any-v1", c.PromptTemplates[0].ID)
		require.Equal(t, 500, c.PromptTemplates[0].Words())
		require.Equal(t, 700, c.PromptTemplates[1].Words())
		require.Equal(t, 1, c.Version("blog-location-es-v1"))
		require.Zero(t, c.Version("none"))
		require.Len(t, c.PromptTemplates[0].SHA256(), 64)
	})
	t.Run("ChangesNothingTheSecondTime", func(t *testing.T) {
		t.Parallel()
		second, problems := c.Normalise()
		require.Empty(t, problems)
		require.Equal(t, c, second)
	})
	t.Run("SurvivesJSON", func(t *testing.T) {
		t.Parallel()
		data, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, c, decode(t, string(data)))
	})
}

func TestNormaliseLeavesTheReceiverAlone(t *testing.T) {
	t.Parallel()
	c := decode(t, full)
	before, err := json.Marshal(c)
	require.NoError(t, err)
	_, problems := c.Normalise()
	require.Empty(t, problems)
	after, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestNormaliseSharesNothing(t *testing.T) {
	t.Parallel()
	c := decode(t, full)
	n, _ := c.Normalise()
	*c.Questionnaire.Identity.YearEstablished = 1
	*c.ServiceAreas[0].Priority = 1
	c.Questionnaire.IndustryData["license"] = "changed"
	c.PromptTemplates[0].RequiredVariables[0] = "changed"
	*c.PromptTemplates[0].WordCountTarget = 1
	*c.Locations[0].Latitude = 1
	again, problems := n.Normalise()
	require.Empty(t, problems)
	require.Equal(t, 1998, *again.Questionnaire.Identity.YearEstablished)
	require.Equal(t, 10, *again.ServiceAreas[0].Priority)
	require.Equal(t, "ME-123", again.Questionnaire.IndustryData["license"])
	require.Equal(t, "city", again.PromptTemplates[0].RequiredVariables[0])
	require.Equal(t, 500, *again.PromptTemplates[0].WordCountTarget)
	require.InDelta(t, 43.65, *again.Locations[0].Latitude, 0)
}

func TestEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := catalog.Catalog{
		Services: []catalog.Service{{Name: "A", Slug: "x y"}, {Name: ""}},
		Keywords: []catalog.Keyword{{Keyword: "k"}, {Keyword: "kk", Language: "fr"}},
	}.Normalise()
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
	}
	require.Equal(t, []string{
		"/business/id", "/business/name", "/business/industry_type", "/services/0/slug", "/services/1/name",
		"/keywords/0/keyword", "/keywords/1/language",
	}, paths)
	err := problems.Err()
	require.ErrorIs(t, err, fault.Invalid)
	require.Contains(t, err.Error(), "(and 6 more)")
	require.NotContains(t, err.Error(), "\n")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	require.NoError(t, catalog.Problems(nil).Err())
	require.Equal(t, "no problems", catalog.Problems{}.Error())
	var found catalog.Problems
	require.True(t, errors.As(err, &found))
	require.Equal(t, `x: a b`, catalog.Problem{Path: "x", Message: "a\nb"}.String())
	require.Equal(t, `a b`, catalog.Problem{Message: "a\x00b"}.String())
}

// breach is one change to the full catalog and what must be said about it.
type breach struct {
	name    string
	change  func(c *catalog.Catalog)
	path    string
	message string
}

func testBreaches(t *testing.T, breaches []breach) {
	t.Helper()
	for _, b := range breaches {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := decode(t, full)
			b.change(&c)
			_, problems := c.Normalise()
			if b.path == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1, "%v", problems)
			require.Equal(t, b.path, problems[0].Path)
			require.Contains(t, problems[0].Message, b.message)
		})
	}
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }
