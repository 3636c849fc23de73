package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// canary is in every value of a catalog that breaks every rule that a text can break.
const canary = "zQx7"

func TestPlainMessagesRepeatNothing(t *testing.T) {
	t.Parallel()
	year, priority, words, north := 4711, 4712, 4713, 4714.5
	bad := canary + " \"<9>"
	c := catalog.Catalog{
		Business: catalog.Business{
			ID: bad, Name: canary + "\x01", IndustryType: bad, Industry: strings.Repeat(canary, 30), Phone: bad + "@@@@@@", Email: bad, Website: bad, GBPURL: "ftp://" + canary + ".example",
			Country: bad, PrimaryCity: bad, PrimaryState: bad, EnabledLanguages: []catalog.Language{canary, "es", "es"},
		},
		Questionnaire: catalog.Questionnaire{
			Identity: catalog.Identity{YearEstablished: &year, Tagline: strings.Repeat(canary, 50)}, Audience: catalog.Audience{Languages: []string{canary, canary}},
			ServiceType: bad, IndustryData: map[string]string{"key": strings.Repeat(canary, 200)},
		},
		Hours: []catalog.DayHours{
			{DayOfWeek: bad, Opens: bad, Closes: bad}, {DayOfWeek: "Monday", Opens: "04:71", Closes: "04:71"}, {DayOfWeek: "Tuesday", Opens: "04:17", Closes: "04:17"},
			{DayOfWeek: "Tuesday", Opens: "04:17", Closes: "04:18"},
		},
		SocialLinks: []catalog.SocialLink{{Platform: bad, URL: bad}, {Platform: "yelp", URL: "gopher://" + canary + ".example"}, {Platform: "yelp", URL: "https://" + canary + "@a.example"}},
		Services:    []catalog.Service{{Name: canary, IsPrimary: true}, {Name: canary, IsPrimary: true}, {Name: "x", Slug: bad}, {Name: "y", ID: bad}, {Name: "東京" + "京"}},
		Keywords: []catalog.Keyword{
			{Keyword: canary}, {Keyword: strings.ToUpper(canary)}, {Keyword: "x"}, {Keyword: canary + "a", Language: canary, SearchIntent: bad},
			{Keyword: canary + "b", TranslationOf: canary + "c"}, {Keyword: canary + "d", Language: "es", TranslationOf: canary + "e"},
			{Keyword: canary + "f", Language: "es", TranslationOf: canary, Slug: "other-" + strings.ToLower(canary)}, {Keyword: canary + "g", Slug: "blog"},
		},
		ServiceAreas: []catalog.ServiceArea{{City: bad, State: bad, Country: "US", Priority: &priority, LocationID: canary}, {City: "Bath", State: "ME", LocationID: "old" + canary}},
		Locations: []catalog.Location{
			{Name: canary, City: "Bath", State: "Maine", IsPrimary: true}, {Name: canary, City: "Bath", State: "ME", IsPrimary: true, Status: bad, Latitude: &north, Priority: 4715},
			{ID: "old" + canary, Name: "old", City: "Bath", State: "ME", ArchivedAt: "2020-01-01T00:00:00Z"}, {Name: "o", City: "Lee", State: canary, Country: "CA", ArchivedAt: canary},
		},
		PromptTemplates: []catalog.PromptTemplate{
			{PageType: canary, Language: canary, Template: "{{" + canary + "}}", WordCountTarget: &words, BasedOnID: bad}, {PageType: "blog-location", Template: "{{zqx7}}", RequiredVariables: []string{canary}, IsActive: true},
			{PageType: "blog-location", Template: "{{ " + canary, IsActive: true}, {PageType: "blog-location", Template: "{{city}}} " + canary},
		},
	}
	_, problems := c.Normalise()
	require.Greater(t, len(problems), 55)
	told := 0
	for _, p := range problems {
		message := p.Message
		if p.Plain != "" {
			message = p.Plain
			told++
		}
		require.NotEmpty(t, message)
		for _, value := range []string{canary, strings.ToLower(canary), strings.ToUpper(canary), "4711", "4712", "4713", "4714", "4715", "04:1", "gopher", "ftp"} {
			require.NotContains(t, message, value, "%s: %s", p.Path, p.Message)
		}
	}
	require.Greater(t, told, 40)
}

func TestProblemsNameTheirKind(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 130)
	_, problems := catalog.Catalog{
		Business: catalog.Business{ID: "b", IndustryType: "Plumber", Country: "XX"},
		Services: []catalog.Service{{Name: "a"}, {Name: "A"}, {Name: long, Slug: "blog"}},
		Keywords: []catalog.Keyword{{Keyword: "a"}}, ServiceAreas: []catalog.ServiceArea{{City: "Bath", State: "ME", Country: "US", LocationID: "none"}},
	}.Normalise()
	codes := map[string]string{}
	for _, p := range problems {
		codes[p.Path] = p.Code
		if p.Code == catalog.CodeDuplicate {
			require.Equal(t, "/services/0/slug", p.Other)
		}
	}
	require.Equal(t, map[string]string{
		"/business/name": catalog.CodeRequired, "/business/country": catalog.CodeNotAllowed, "/services/1/slug": catalog.CodeDuplicate, "/services/2/name": catalog.CodeTooLong,
		"/services/2/slug": catalog.CodeReserved, "/keywords/0/keyword": catalog.CodeTooShort, "/service_areas/0/location_id": catalog.CodeUnknown,
	}, codes)
}

func TestAFileThatCannotBeReadIsToldPlainly(t *testing.T) {
	t.Parallel()
	_, err := catalog.DecodeJSON([]byte(`{"service_areas":[{"city":"a","state":"b","priority":4711471147114711471147}]}`))
	problems, is := err.(catalog.Problems) //nolint:errorlint // DecodeJSON returns the list itself
	require.True(t, is)
	require.Contains(t, problems[0].Message, "4711")
	require.NotContains(t, problems[0].Plain, "4711")
	require.NotEmpty(t, problems[0].Plain)
}
