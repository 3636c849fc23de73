package catalog_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func number(n int) *int          { return &n }
func degrees(f float64) *float64 { return &f }
func many[T any](n int, v T) []T { return manyOf(n, func(int) T { return v }) }
func manyOf[T any](n int, make func(i int) T) []T {
	list := []T{}
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

func TestQuestionnaireRules(t *testing.T) {
	t.Parallel()
	set := func(write func(q *catalog.Questionnaire)) func(c *catalog.Catalog) {
		return func(c *catalog.Catalog) { write(&c.Questionnaire) }
	}
	words := func(n int) []string {
		return manyOf(n, func(i int) string { return "w" + strconv.Itoa(i) })
	}
	testBreaches(t, []breach{
		{"TaglineTooLong", set(func(q *catalog.Questionnaire) { q.Identity.Tagline = repeat("a", 161) }), "/questionnaire/identity/tagline", "160"},
		{"Year1800", set(func(q *catalog.Questionnaire) { q.Identity.YearEstablished = number(1800) }), "", ""},
		{"Year1799", set(func(q *catalog.Questionnaire) { q.Identity.YearEstablished = number(1799) }), "/questionnaire/identity/year_established", "1800"},
		{"YearAbsent", set(func(q *catalog.Questionnaire) { q.Identity.YearEstablished = nil }), "", ""},
		{"OwnerTooLong", set(func(q *catalog.Questionnaire) { q.Identity.OwnerName = repeat("a", 121) }), "/questionnaire/identity/owner_name", "120"},
		{"AudienceTooLong", set(func(q *catalog.Questionnaire) { q.Audience.TargetDescription = repeat("a", 1001) }), "/questionnaire/audience/target_description", "1000"},
		{"TenLanguages", set(func(q *catalog.Questionnaire) { q.Audience.Languages = words(10) }), "", ""},
		{"ElevenLanguages", set(func(q *catalog.Questionnaire) { q.Audience.Languages = words(11) }), "/questionnaire/audience/languages", "at most 10"},
		{"LanguageTooLong", set(func(q *catalog.Questionnaire) { q.Audience.Languages = []string{repeat("a", 41)} }), "/questionnaire/audience/languages/0", "40"},
		{"VoiceTooLong", set(func(q *catalog.Questionnaire) { q.Brand.VoiceTone = repeat("a", 61) }), "/questionnaire/brand/voice_tone", "60"},
		{"VoiceOfOwnWords", set(func(q *catalog.Questionnaire) { q.Brand.VoiceTone = "dry wit" }), "", ""},
		{"CallTooLong", set(func(q *catalog.Questionnaire) { q.Brand.CallToAction = repeat("a", 301) }), "/questionnaire/brand/call_to_action", "300"},
		{"FiftyTerms", set(func(q *catalog.Questionnaire) { q.Brand.ForbiddenTerms = words(50) }), "", ""},
		{"FiftyOneTerms", set(func(q *catalog.Questionnaire) { q.Brand.ForbiddenTerms = words(51) }), "/questionnaire/brand/forbidden_terms", "at most 50"},
		{"EmptyTerm", set(func(q *catalog.Questionnaire) { q.Brand.ForbiddenTerms = []string{" "} }), "/questionnaire/brand/forbidden_terms/0", "missing"},
		{"TermTwiceIgnoringCase", set(func(q *catalog.Questionnaire) { q.Brand.ForbiddenTerms = []string{"Straße", "STRASSE", "straße"} }), "/questionnaire/brand/forbidden_terms/2", "taken by"},
		{"DifferentiatorTooLong", set(func(q *catalog.Questionnaire) { q.Brand.Differentiators = []string{repeat("a", 161)} }), "/questionnaire/brand/differentiators/0", "160"},
		{"ServiceType", set(func(q *catalog.Questionnaire) { q.ServiceType = "remote" }), "/questionnaire/service_type", "onsite, mobile, both"},
		{"IndustryKey", set(func(q *catalog.Questionnaire) { q.IndustryData = map[string]string{"a/B": "x"} }), "/questionnaire/industry_data/a~1B", "lower-case"},
		{"IndustryKeyOf40", set(func(q *catalog.Questionnaire) {
			q.IndustryData = map[string]string{repeat("a", 40): "x", "license": "y"}
		}), "", ""},
		{"IndustryValueEmpty", set(func(q *catalog.Questionnaire) { q.IndustryData["license"] = "" }), "/questionnaire/industry_data/license", "missing"},
		{"IndustryValueTooLong", set(func(q *catalog.Questionnaire) { q.IndustryData["license"] = repeat("a", 501) }), "/questionnaire/industry_data/license", "500"},
		{"IndustryTooMany", set(func(q *catalog.Questionnaire) {
			for i := range 30 {
				q.IndustryData["k"+strconv.Itoa(i)] = "v"
			}
		}), "/questionnaire/industry_data", "at most 30"},
	})
}

func TestQuestionnaireDefaults(t *testing.T) {
	t.Parallel()
	c := normal(t, `{"business":{"id":"b","name":"Bn","industry_type":"Plumber"}}`)
	require.Equal(t, "professional", c.Questionnaire.Brand.VoiceTone)
	require.Equal(t, catalog.ServiceOnsite, c.Questionnaire.ServiceType)
	require.Equal(t, []catalog.Language{catalog.English}, c.Business.EnabledLanguages)
	require.Nil(t, c.Hours)
	require.Nil(t, c.Services)
	require.Nil(t, c.Questionnaire.IndustryData)
}

func TestHoursRules(t *testing.T) {
	t.Parallel()
	day := func(write func(d *catalog.DayHours)) func(c *catalog.Catalog) {
		return func(c *catalog.Catalog) { write(&c.Hours[1]) }
	}
	testBreaches(t, []breach{
		{"UnknownDay", func(c *catalog.Catalog) {
			c.Hours = append(c.Hours, catalog.DayHours{DayOfWeek: "monday", IsClosed: true})
		}, "/hours/7/day_of_week", "Monday"},
		{"DayTwice", func(c *catalog.Catalog) { c.Hours = append(c.Hours, c.Hours[0]) }, "/hours/7/day_of_week", "twice"},
		{"DayMissing", func(c *catalog.Catalog) { c.Hours = c.Hours[1:] }, "/hours", "Sunday missing"},
		{"NoHours", func(c *catalog.Catalog) { c.Hours = []catalog.DayHours{} }, "", ""},
		{"ClosedWithTimes", day(func(d *catalog.DayHours) { d.IsClosed = true }), "/hours/1", "closed day has no times"},
		{"OpensMissing", day(func(d *catalog.DayHours) { d.Opens = "" }), "/hours/1/opens", "missing"},
		{"ClosesMissing", day(func(d *catalog.DayHours) { d.Closes = "" }), "/hours/1/closes", "missing"},
		{"Equal", day(func(d *catalog.DayHours) { d.Closes = "09:00" }), "/hours/1/closes", "both 09:00"},
		{"OpensAt24", day(func(d *catalog.DayHours) { d.Opens = "24:00" }), "/hours/1/opens", "00:00 to 23:59"},
		{"ClosesAt24", day(func(d *catalog.DayHours) { d.Closes = "24:00" }), "", ""},
		{"ClosesAt2401", day(func(d *catalog.DayHours) { d.Closes = "24:01" }), "/hours/1/closes", "no time of day"},
		{"Minute60", day(func(d *catalog.DayHours) { d.Opens = "08:60" }), "/hours/1/opens", "no time of day"},
		{"Short", day(func(d *catalog.DayHours) { d.Opens = "9:00" }), "/hours/1/opens", "no time of day"},
		{"Letters", day(func(d *catalog.DayHours) { d.Opens = "0a:00" }), "/hours/1/opens", "no time of day"},
		{"NoColon", day(func(d *catalog.DayHours) { d.Opens = "09.00" }), "/hours/1/opens", "no time of day"},
	})
}

func TestListRules(t *testing.T) {
	t.Parallel()
	testBreaches(t, []breach{
		{"SocialPlatform", func(c *catalog.Catalog) { c.SocialLinks[0].Platform = "Facebook" }, "/social_links/0/platform", "instagram"},
		{"SocialTwice", func(c *catalog.Catalog) { c.SocialLinks = append(c.SocialLinks, c.SocialLinks[0]) }, "/social_links/1/platform", "twice"},
		{"SocialURL", func(c *catalog.Catalog) { c.SocialLinks[0].URL = "" }, "/social_links/0/url", "missing"},

		{"ServiceTwoPrimary", func(c *catalog.Catalog) { c.Services[0].IsPrimary, c.Services[1].IsPrimary = true, true }, "/services/1/is_primary", "/services/0 is primary"},
		{"ServiceSecondPrimary", func(c *catalog.Catalog) { c.Services[1].IsPrimary = true }, "", ""},
		{"ServiceSlugTwice", func(c *catalog.Catalog) { c.Services[1].Slug = "drain-cleaning" }, "/services/1/slug", "taken by /services/0/slug"},
		{"ServiceIDTwice", func(c *catalog.Catalog) { c.Services[1].ID = "drain-cleaning" }, "/services/1/id", "taken by /services/0/id"},
		{"ServiceIDInvalid", func(c *catalog.Catalog) { c.Services[1].ID = "a/b" }, "/services/1/id", "no valid id"},
		{"ServiceNameTooLong", func(c *catalog.Catalog) { c.Services[1].Name = repeat("a", 121) }, "/services/1/name", "at most 120"},
		{"ServiceNameESTooLong", func(c *catalog.Catalog) { c.Services[1].NameES = repeat("a", 121) }, "/services/1/name_es", "at most 120"},
		{"ServiceSlugEmpty", func(c *catalog.Catalog) { c.Services[1].Name = "東京" }, "/services/1/slug", "write a slug"},
		{"ServiceSlugReserved", func(c *catalog.Catalog) { c.Services[1].Name = "Blog" }, "/services/1/slug", "reserved"},
		{"ServiceSlugGivenReserved", func(c *catalog.Catalog) { c.Services[1].Slug = "es" }, "/services/1/slug", "reserved"},
		{"ServiceSlugNotPlain", func(c *catalog.Catalog) { c.Services[1].Slug = "Water Heaters" }, "/services/1/slug", `write "water-heaters"`},
		{"ServiceSlugTooLong", func(c *catalog.Catalog) { c.Services[1].Slug = repeat("a", 201) }, "/services/1/slug", "at most 200"},

		{"KeywordTooShort", func(c *catalog.Catalog) { c.Keywords[1] = catalog.Keyword{Keyword: "k"}; c.Keywords = c.Keywords[:2] }, "/keywords/1/keyword", "at least 2"},
		{"KeywordTooLong", func(c *catalog.Catalog) { c.Keywords[0].Keyword = repeat("k", 101) }, "/keywords/0/keyword", "at most 100"},
		{"KeywordLanguage", func(c *catalog.Catalog) { c.Keywords[0] = catalog.Keyword{Keyword: "ab", Language: "any"} }, "/keywords/0/language", "en, es"},
		{"KeywordIntent", func(c *catalog.Catalog) { c.Keywords[0].SearchIntent = "buy" }, "/keywords/0/search_intent", "transactional"},
		{"KeywordESOfSpanish", func(c *catalog.Catalog) { c.Keywords[2].KeywordES = "otra" }, "/keywords/2/keyword_es", "Spanish itself"},
		{"KeywordSlugTwice", func(c *catalog.Catalog) {
			c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "Emergency-Plumber!"}, catalog.Keyword{Keyword: "another"})
		}, "/keywords/3/slug", "taken by /keywords/0/slug"},
		{"KeywordTextTwice", func(c *catalog.Catalog) {
			c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "EMERGENCY plumber", Slug: "other"})
		}, "/keywords/3/keyword", "taken by /keywords/0/keyword"},
		{"KeywordSameTextOtherLanguage", func(c *catalog.Catalog) {
			c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "emergency plumber", Language: "es", Slug: "other"})
		}, "", ""},
		{"KeywordTwinOfTwinned", func(c *catalog.Catalog) {
			c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "otro plomero", Language: "es", Slug: "emergency-plumber", ID: "x"})
		}, "/keywords/3/slug", "taken by /keywords/0/keyword_es"},
		{"KeywordTwinTextTaken", func(c *catalog.Catalog) { c.Keywords[0].KeywordES = "LIMPIEZA de drenajes" }, "/keywords/2/keyword", "taken by /keywords/0/keyword_es"},
		{"TranslationOfNothing", func(c *catalog.Catalog) { c.Keywords[2].TranslationOf = "nothing" }, "/keywords/2/translation_of", "no English keyword"},
		{"TranslationOfSpanish", func(c *catalog.Catalog) {
			c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "other", TranslationOf: "none", Slug: "other"})
		}, "/keywords/3/translation_of", "no Spanish keyword"},
		{"TranslationByID", func(c *catalog.Catalog) { c.Keywords[2].TranslationOf = "en-drain-cleaning-near-me" }, "", ""},
		{"TranslationBySlug", func(c *catalog.Catalog) { c.Keywords[2].TranslationOf = "drain-cleaning-near-me" }, "", ""},
		{"TranslationSlugAgrees", func(c *catalog.Catalog) { c.Keywords[2].Slug = "drain-cleaning-near-me" }, "", ""},
		{"TranslationSlugDiffers", func(c *catalog.Catalog) { c.Keywords[2].Slug = "other" }, "/keywords/2/slug", "differs"},

		{"AreaCityMissing", func(c *catalog.Catalog) { c.ServiceAreas[1].City = "" }, "/service_areas/1/city", "missing"},
		{"AreaStateMissing", func(c *catalog.Catalog) { c.ServiceAreas[1].State = " " }, "/service_areas/1/state", "missing"},
		{"AreaTwice", func(c *catalog.Catalog) { c.ServiceAreas[1].City = "PORTLAND" }, "/service_areas/1/slug", "taken by"},
		{"AreaCountyTooLong", func(c *catalog.Catalog) { c.ServiceAreas[1].County = repeat("a", 101) }, "/service_areas/1/county", "100"},
		{"AreaPriority0", func(c *catalog.Catalog) { c.ServiceAreas[1].Priority = number(0) }, "/service_areas/1/priority", "1 to 10"},
		{"AreaPriority11", func(c *catalog.Catalog) { c.ServiceAreas[1].Priority = number(11) }, "/service_areas/1/priority", "1 to 10"},
		{"AreaLocationUnknown", func(c *catalog.Catalog) { c.ServiceAreas[1].LocationID = "none" }, "/service_areas/1/location_id", "no location"},
		{"AreaLocationArchived", func(c *catalog.Catalog) { c.ServiceAreas[1].LocationID = "bath-me" }, "/service_areas/1/location_id", "archived"},
		{"AreaSlugEmpty", func(c *catalog.Catalog) { c.ServiceAreas[1].City = "東京" }, "/service_areas/1/slug", "write a slug"},
		{"AreaSlugOfStateEmpty", func(c *catalog.Catalog) {
			c.ServiceAreas[1] = catalog.ServiceArea{City: "Tokyo", State: "東京都", Country: "JP"}
		}, "/service_areas/1/slug", "write a slug"},
		{"AreaSlugGiven", func(c *catalog.Catalog) {
			c.ServiceAreas[1] = catalog.ServiceArea{City: "東京", State: "東京都", Country: "JP", Slug: "tokyo"}
		}, "", ""},
	})
}

func TestLocationRules(t *testing.T) {
	t.Parallel()
	second := func(write func(l *catalog.Location)) func(c *catalog.Catalog) {
		return func(c *catalog.Catalog) { write(&c.Locations[1]) }
	}
	testBreaches(t, []breach{
		{"NameMissing", second(func(l *catalog.Location) { l.Name, l.Slug = "", "x" }), "/locations/1/name", "missing"},
		{"Status", second(func(l *catalog.Location) { l.Status = "coming-soon" }), "/locations/1/status", "active, upcoming"},
		{"Type", second(func(l *catalog.Location) { l.LocationType = "virtual" }), "/locations/1/location_type", "physical, service_area"},
		{"TwoPrimary", second(func(l *catalog.Location) { l.IsPrimary = true }), "/locations/1/is_primary", "/locations/0 is primary"},
		{"Priority1000", second(func(l *catalog.Location) { l.Priority = 1000 }), "", ""},
		{"Priority1001", second(func(l *catalog.Location) { l.Priority = 1001 }), "/locations/1/priority", "0 to 1000"},
		{"LatitudeAlone", second(func(l *catalog.Location) { l.Latitude = degrees(1) }), "/locations/1", "go together"},
		{"LatitudeRange", second(func(l *catalog.Location) { l.Latitude, l.Longitude = degrees(90.1), degrees(0) }), "/locations/1/latitude", "-90 to 90"},
		{"LongitudeRange", second(func(l *catalog.Location) { l.Latitude, l.Longitude = degrees(-90), degrees(-180.5) }), "/locations/1/longitude", "-180 to 180"},
		{"LongitudeNaN", second(func(l *catalog.Location) { l.Latitude, l.Longitude = degrees(90), degrees(math.NaN()) }), "/locations/1/longitude", "NaN"},
		{"NoteOf1000", second(func(l *catalog.Location) { l.Note = repeat("a", 1000) }), "", ""},
		{"NoteTooLong", second(func(l *catalog.Location) { l.Note = repeat("a", 1001) }), "/locations/1/note", "1000"},
		{"NoteWithReturn", second(func(l *catalog.Location) { l.Note = "a\rb" }), "/locations/1/note", "U+000D"},
		{"ArchivedAtNoTime", second(func(l *catalog.Location) { l.ArchivedAt = "yesterday" }), "/locations/1/archived_at", "2026-01-31T00:00:00Z"},
		{"ArchivedAtTooLate", second(func(l *catalog.Location) { l.ArchivedAt = "9999-12-31T23:00:00-02:00" }), "/locations/1/archived_at", "no time"},
		{"ReasonWithoutArchive", second(func(l *catalog.Location) { l.ArchiveReason = "x" }), "/locations/1/archive_reason", "not archived"},
		{"SlugGivenFirst", second(func(l *catalog.Location) { l.Slug = "bath-me" }), "", ""},
		{"SlugTwice", func(c *catalog.Catalog) {
			c.Locations[1].Slug, c.Locations[1].ID = "bath-me", "x"
			c.Locations[2].Slug = "bath-me"
		}, "/locations/2/slug", "taken by /locations/1/slug"},
		{"SlugWithNameTaken", func(c *catalog.Catalog) { c.Locations = append(c.Locations, c.Locations[1]) }, "/locations/3/slug", "taken by"},
		{"SlugGivenBad", second(func(l *catalog.Location) { l.Slug = "--" }), "/locations/1/slug", "no slug"},
		{"IDTwice", second(func(l *catalog.Location) { l.ID = "portland-me" }), "/locations/1/id", "taken by"},
		{"DisplayNameTooLong", second(func(l *catalog.Location) { l.DisplayName = repeat("a", 301) }), "/locations/1/display_name", "300"},
	})
}

func TestLocationNames(t *testing.T) {
	t.Parallel()
	c := decode(t, full)
	c.Business.Name = repeat("b", 120)
	c.Locations[1].Name = repeat("n", 190)
	n, _ := c.Normalise()
	require.Equal(t, c.Locations[1].Name, n.Locations[1].DisplayName)
}

func TestTemplateRules(t *testing.T) {
	t.Parallel()
	second := func(write func(p *catalog.PromptTemplate)) func(c *catalog.Catalog) {
		return func(c *catalog.Catalog) { write(&c.PromptTemplates[1]) }
	}
	testBreaches(t, []breach{
		{"PageType", second(func(p *catalog.PromptTemplate) { p.PageType = "landing" }), "/prompt_templates/1/page_type", "keyword-service-area, keyword-location"},
		{"PageTypeMissing", second(func(p *catalog.PromptTemplate) { p.PageType = "" }), "/prompt_templates/1/page_type", "no page type"},
		{"Language", second(func(p *catalog.PromptTemplate) { p.Language = "fr" }), "/prompt_templates/1/language", "en, es, any"},
		{"TextMissing", second(func(p *catalog.PromptTemplate) { p.Template = " \n" }), "/prompt_templates/1/template", "missing"},
		{"TextOf20000", second(func(p *catalog.PromptTemplate) { p.Template = repeat("é", 20000) }), "", ""},
		{"TextTooLong", second(func(p *catalog.PromptTemplate) { p.Template = repeat("é", 20001) }), "/prompt_templates/1/template", "20000"},
		{"Syntax", second(func(p *catalog.PromptTemplate) { p.Template = "a\n {{city" }), "/prompt_templates/1/template", "line 2, column 2"},
		{"UnknownVariable", second(func(p *catalog.PromptTemplate) { p.Template = "{{weather}}" }), "/prompt_templates/1/template", "{{weather}} is no known variable"},
		{"MisspeltVariable", second(func(p *catalog.PromptTemplate) { p.Template = "{{businessname}}" }), "/prompt_templates/1/template", "write {{business_name}}"},
		{"IndustryKey", second(func(p *catalog.PromptTemplate) { p.Template = "{{industry_data.}}" }), "/prompt_templates/1/template", "no known variable"},
		{"RequiredNotUsed", second(func(p *catalog.PromptTemplate) { p.RequiredVariables = []string{"city"} }), "/prompt_templates/1/required_variables/0", "does not occur"},
		{"RequiredTwice", second(func(p *catalog.PromptTemplate) {
			p.Template, p.RequiredVariables = "{{city}}", []string{"city", " city "}
		}), "/prompt_templates/1/required_variables/1", "taken by"},
		{"Words100", second(func(p *catalog.PromptTemplate) { p.WordCountTarget = number(100) }), "", ""},
		{"Words99", second(func(p *catalog.PromptTemplate) { p.WordCountTarget = number(99) }), "/prompt_templates/1/word_count_target", "100 to 3000"},
		{"Words0", second(func(p *catalog.PromptTemplate) { p.WordCountTarget = number(0) }), "/prompt_templates/1/word_count_target", "100 to 3000"},
		{"Words3001", second(func(p *catalog.PromptTemplate) { p.WordCountTarget = number(3001) }), "/prompt_templates/1/word_count_target", "100 to 3000"},
		{"NoteTooLong", second(func(p *catalog.PromptTemplate) { p.Note = repeat("a", 201) }), "/prompt_templates/1/note", "200"},
		{"BasedOn", second(func(p *catalog.PromptTemplate) { p.BasedOnID = "a b" }), "/prompt_templates/1/based_on_id", "no valid id"},
		{"TwoActive", func(c *catalog.Catalog) {
			c.PromptTemplates = append(c.PromptTemplates, catalog.PromptTemplate{PageType: "keyword-service-area", Template: "x", IsActive: true})
		}, "/prompt_templates/2/is_active", "/prompt_templates/0 is active for keyword-service-area"},
		{"TwoActiveOfTwoLanguages", func(c *catalog.Catalog) {
			c.PromptTemplates = append(c.PromptTemplates, catalog.PromptTemplate{PageType: "keyword-service-area", Language: "es", Template: "x", IsActive: true})
		}, "", ""},
		{"IDTwice", second(func(p *catalog.PromptTemplate) { p.ID = "keyword-service-area-any-v1" }), "/prompt_templates/1/id", "taken by"},
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	testBreaches(t, []breach{
		{"Services500", func(c *catalog.Catalog) {
			c.Services = manyOf(500, func(i int) catalog.Service { return catalog.Service{Name: "s" + strconv.Itoa(i)} })
		}, "", ""},
		{"Services501", func(c *catalog.Catalog) {
			c.Services = manyOf(501, func(i int) catalog.Service { return catalog.Service{Name: "s" + strconv.Itoa(i)} })
		}, "/services", "at most 500"},
		{"Keywords2001WithTwins", func(c *catalog.Catalog) {
			c.Keywords = manyOf(1001, func(i int) catalog.Keyword {
				return catalog.Keyword{Keyword: "kw " + strconv.Itoa(i), KeywordES: "pc " + strconv.Itoa(i)}
			})
		}, "/keywords", "2002 entries"},
		{"Areas2001", func(c *catalog.Catalog) {
			c.ServiceAreas = manyOf(2001, func(i int) catalog.ServiceArea {
				return catalog.ServiceArea{City: "Town", State: "ME", Slug: "t" + strconv.Itoa(i)}
			})
		}, "/service_areas", "at most 2000"},
		{"Templates201", func(c *catalog.Catalog) {
			c.PromptTemplates = many(201, catalog.PromptTemplate{PageType: "blog-location", Template: "x"})
		}, "/prompt_templates", "at most 200"},
		{"Locations2001", func(c *catalog.Catalog) {
			c.ServiceAreas = nil
			c.Locations = manyOf(2001, func(i int) catalog.Location {
				return catalog.Location{Name: "n", City: "Town", State: "ME", Slug: "t" + strconv.Itoa(i)}
			})
		}, "/locations", "at most 2000"},
	})
}

func TestLongIDs(t *testing.T) {
	t.Parallel()
	c := decode(t, full)
	c.Keywords = []catalog.Keyword{{Keyword: repeat("a", 99) + "b"}, {Keyword: repeat("a", 99) + "c"}}
	n, problems := c.Normalise()
	require.Empty(t, problems)
	require.Len(t, n.Keywords[0].ID, 64)
	require.Len(t, n.Keywords[1].ID, 64)
	require.NotEqual(t, n.Keywords[0].ID, n.Keywords[1].ID)
	require.True(t, catalog.ValidID(n.Keywords[0].ID))
}
