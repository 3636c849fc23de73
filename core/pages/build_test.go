package pages_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

func TestBuildIsDeterministic(t *testing.T) {
	t.Parallel()
	c := stores(harbor(4, 2, 3))
	first, err := pages.Build(c, options("keyword-service-area"))
	require.NoError(t, err)
	normal, problems := c.Normalise()
	require.Empty(t, problems)
	second, err := pages.Build(normal, options("service-area", es, en))
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
}

func TestBuildRefusesTheCatalog(t *testing.T) {
	t.Parallel()
	c := harbor(2, 0, 2)
	c.Business.Phone = "none"
	_, err := pages.Build(c, options("keyword-service-area"))
	var problems catalog.Problems
	require.ErrorAs(t, err, &problems)
	require.Equal(t, "/business/phone", problems[0].Path)
	_, err = pages.Preview(c, options("keyword-service-area"))
	require.ErrorIs(t, err, fault.Invalid)
}

func TestBuildRefusesTheChoice(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(c *catalog.Catalog, o *pages.Options)
		message string
	}{
		"PageType": {func(_ *catalog.Catalog, o *pages.Options) { o.PageType = "landing" }, `"landing" is no page type`},
		"Language": {func(_ *catalog.Catalog, o *pages.Options) { o.Languages = []catalog.Language{"fr"} }, `"fr" is no language`},
		"LanguageOff": {func(c *catalog.Catalog, o *pages.Options) {
			c.Business.EnabledLanguages = nil
			o.Languages = []catalog.Language{es}
		}, "no language is left: the business has enabled en"},
		"NoLanguage":    {func(_ *catalog.Catalog, o *pages.Options) { o.Languages = []catalog.Language{} }, "no language is left"},
		"ModelBlank":    {func(_ *catalog.Catalog, o *pages.Options) { o.Model = "claude 5" }, "no model id"},
		"ModelLong":     {func(_ *catalog.Catalog, o *pages.Options) { o.Model = strings.Repeat("a", 101) }, "no model id"},
		"NoYear":        {func(_ *catalog.Catalog, o *pages.Options) { o.Year = 0 }, "the year of the job is 0"},
		"Future":        {func(_ *catalog.Catalog, o *pages.Options) { o.Year = 1997 }, "year_established is 1998"},
		"ForbiddenName": {func(c *catalog.Catalog, _ *pages.Options) { c.Business.Name = "Chéap Plumbing" }, "no page could name the business"},
		"LongPath": {func(c *catalog.Catalog, _ *pages.Options) {
			c.Keywords[0].Slug = strings.Repeat("k", 200)
			c.ServiceAreas[0].Slug = strings.Repeat("a", 54)
		}, "a path has 256 characters"},
		"LongValue": {func(c *catalog.Catalog, _ *pages.Options) {
			c.Business.Website = "https://a.example/" + strings.Repeat("a", 1983)
		}, "the value of website has 2001 characters"},
		"LongPrompt": {func(c *catalog.Catalog, _ *pages.Options) {
			custom(c, strings.Repeat("{{tagline}}{{primary_keyword}}{{city}} ", 500))
			c.Questionnaire.Identity.Tagline = strings.Repeat("é", 80)
		}, "the longest prompt in en has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, o := harbor(2, 0, 2), options("keyword-service-area")
			tc.change(&c, &o)
			_, err := pages.Build(c, o)
			require.Contains(t, refused(t, err, pages.CodeInvalid).Message, tc.message)
			require.ErrorIs(t, err, fault.Invalid)
		})
	}
}

// custom gives the catalog an active template for all languages.
func custom(c *catalog.Catalog, text string, needed ...string) {
	c.PromptTemplates = []catalog.PromptTemplate{{PageType: "keyword-service-area", Template: text, RequiredVariables: needed, IsActive: true}}
}

func TestLongestPathIsAllowed(t *testing.T) {
	t.Parallel()
	c := harbor(1, 0, 1)
	c.Keywords[0].Slug, c.ServiceAreas[0].Slug = strings.Repeat("k", 200), strings.Repeat("a", 53)
	require.Len(t, build(t, c, options("keyword-service-area")).Page(0).URLPath, 255)
}

func TestGate(t *testing.T) {
	t.Parallel()
	c := catalog.Catalog{
		Business:     catalog.Business{ID: "b", Name: "Bare", IndustryType: "Plumber", Phone: "207-555-0142"},
		Keywords:     []catalog.Keyword{{Keyword: "plumber"}},
		ServiceAreas: []catalog.ServiceArea{{City: "Bath", State: "ME"}},
	}
	_, err := pages.Build(c, options("keyword-service-area"))
	r := refused(t, err, pages.CodeInsufficientData)
	require.ErrorIs(t, err, fault.Incomplete)
	require.Contains(t, r.Message, "scores 10 of 100; a job needs 40")
	require.Equal(t, pages.Detail{Subject: "email", Points: 10, Message: "5 points"}, r.Details[0])
	require.Contains(t, r.Error(), "primary_city (2.5 points)")

	preview, err := pages.Preview(c, options("keyword-service-area"))
	require.NoError(t, err)
	require.Equal(t, 1, preview.Size())
}

func TestNoPages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change   func(c *catalog.Catalog)
		pageType string
		language catalog.Language
		message  string
	}{
		"NoKeywords":    {func(c *catalog.Catalog) { c.Keywords = nil }, "keyword-service-area", en, "no pages: there are no keywords in en, which keyword-service-area needs; add some"},
		"NoSpanish":     {func(c *catalog.Catalog) { c.Keywords = c.Keywords[1:] }, "blog-location", es, "there are no keywords in es, which blog-location needs; add some"},
		"NoServices":    {func(c *catalog.Catalog) { c.Services = nil }, "service-location", en, "there are no services in en, which service-location needs; add some"},
		"NoSpanishName": {func(c *catalog.Catalog) { c.Services = c.Services[1:2] }, "service-location", es, "1 excluded as missing_translation (give the services a name_es)"},
		"NoAreas":       {func(c *catalog.Catalog) { c.ServiceAreas = nil }, "service-service-area", en, "there are no service_areas, which service-service-area needs; add some"},
		"NoLocations":   {func(c *catalog.Catalog) { c.Locations = nil }, "keyword-location", en, "there are no locations, which keyword-location needs; add some"},
		"OnlyUpcoming":  {func(c *catalog.Catalog) { c.Locations = c.Locations[2:3] }, "keyword-location", en, "1 excluded as upcoming (include upcoming locations"},
		"OnlyArchived":  {func(c *catalog.Catalog) { c.Locations = c.Locations[4:] }, "keyword-location", en, "1 excluded as archived (archived locations have no pages)"},
		"NoStorefront":  {func(c *catalog.Catalog) { c.Locations = c.Locations[3:4] }, "keyword-location", en, "1 excluded as no_storefront (locations of type service_area"},
		"SpanishDisabled": {func(c *catalog.Catalog) {
			c.Business.EnabledLanguages = nil
			c.Keywords = []catalog.Keyword{{Keyword: "plomero", Language: es}}
		}, "keyword-location", en, "1 excluded as language_disabled (enable the language"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := stores(harbor(3, 1, 2))
			tc.change(&c)
			_, err := pages.Build(c, options(tc.pageType, tc.language))
			require.Contains(t, refused(t, err, pages.CodeNoPages).Error(), tc.message)
			require.ErrorIs(t, err, fault.Incomplete)
		})
	}
}

func TestPageLimit(t *testing.T) {
	t.Parallel()
	_, err := pages.Build(harbor(2000, 0, 51), options("keyword-service-area"))
	require.Contains(t, refused(t, err, pages.CodePageLimit).Message, "102000 pages (2000 keywords x 51 service_areas); a job has at most 100000")
	require.ErrorIs(t, err, fault.Invalid)
	require.Equal(t, 100_000, build(t, harbor(2000, 0, 50), options("keyword-service-area")).Size())
}

func TestEqualPaths(t *testing.T) {
	t.Parallel()
	c := harbor(3, 0, 25)
	c.Keywords[2].Slug = "emergency-plumber-00"
	c.Keywords[2].ID = "other"
	_, err := pages.Build(c, options("keyword-service-area"))
	r := refused(t, err, pages.CodeConflict)
	require.ErrorIs(t, err, fault.Conflict)
	require.Len(t, r.Details, 20)
	require.Equal(t, "/emergency-plumber-00/town-aaa-me", r.Details[0].Subject)
	require.Equal(t, "of en-emergency-plumber-00 and of other; change one slug", r.Details[0].Message)

	c = harbor(3, 0, 25)
	c.ServiceAreas[24].Slug, c.ServiceAreas[24].ID = "town-aaa-me", "other"
	_, err = pages.Build(c, options("keyword-service-area"))
	require.Len(t, refused(t, err, pages.CodeConflict).Details, 3)
}

func TestModel(t *testing.T) {
	t.Parallel()
	for _, pageType := range catalog.PageTypes() {
		o := options(string(pageType))
		o.Model = ""
		plan := build(t, stores(harbor(1, 0, 1)), o)
		require.Equal(t, "claude-haiku-5-5", plan.Model())
		require.Equal(t, pages.DefaultModel(pageType), plan.Model())
		o.Model = "claude-sonnet-5-5"
		require.Equal(t, "claude-sonnet-5-5", build(t, stores(harbor(1, 0, 1)), o).Request(0, job.Try{Attempt: 1}).Model)
	}
}

func TestRequiredVariables(t *testing.T) {
	t.Parallel()
	c := harbor(4, 2, 3)
	c.Business.Phone = ""
	c.Keywords[3].SearchIntent = ""
	c.Questionnaire.IndustryData = nil
	custom(&c, "{{search_intent}} {{county}} {{industry_data.license}} {{tagline}} {{website}}", "search_intent", "county", "industry_data.license")
	c.ServiceAreas[0].County = "York"
	c.Business.Website = ""
	_, err := pages.Build(c, options("keyword-service-area"))
	r := refused(t, err, pages.CodeInsufficientData)
	require.ErrorIs(t, err, fault.Incomplete)
	require.Equal(t, []pages.Detail{
		{Subject: "phone", Pages: 18, Message: "missing on 18 pages; fill in business.phone, or the phone of each location"},
		{Subject: "search_intent", Pages: 3, Message: "missing on 3 pages; fill in search_intent of each keyword"},
		{Subject: "county", Pages: 12, Message: "missing on 12 pages; fill in the county of each service area"},
		{Subject: "industry_data.license", Pages: 18, Message: "missing on 18 pages; fill in questionnaire.industry_data.license"},
	}, r.Details)

	preview, err := pages.Preview(c, options("keyword-service-area"))
	require.NoError(t, err)
	require.Len(t, preview.Missing(), 5)
	require.Equal(t, pages.Missing{Name: "website", Pages: 18, Where: "business.website"}, preview.Missing()[4])
	require.Equal(t, []string{"phone", "industry_data.license", "website"}, preview.Page(0).MissingVariables)
	require.Equal(t, []string{"phone", "county", "industry_data.license", "website"}, preview.Page(1).MissingVariables)
	require.Equal(t, []string{"phone", "search_intent", "county", "industry_data.license", "website"}, preview.Page(11).MissingVariables)
}

func TestTemplateChoice(t *testing.T) {
	t.Parallel()
	c := harbor(2, 1, 1)
	words := 300
	c.PromptTemplates = []catalog.PromptTemplate{
		{PageType: "keyword-service-area", Template: "inactive"},
		{PageType: "keyword-service-area", Template: "for any", IsActive: true, WordCountTarget: &words},
		{PageType: "service-area", Language: es, Template: "para español", IsActive: true},
		{PageType: "blog-service-area", Language: en, Template: "blog", IsActive: true},
	}
	own := build(t, c, options("keyword-service-area")).Templates()
	require.Equal(t, "keyword-service-area-any-v2", own[0].ID)
	require.Equal(t, 2, own[0].Version)
	require.Equal(t, 300, own[0].Words)
	require.Equal(t, "para español", own[1].Text)
	require.Equal(t, es, own[1].Language)

	blog := build(t, c, options("blog-service-area")).Templates()
	require.Equal(t, 700, blog[0].Words)
	require.Equal(t, "blog", blog[0].Text)
	require.Equal(t, pages.Builtin(catalog.BlogServiceArea, es), blog[1])
}

func TestBuiltins(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, pageType := range catalog.PageTypes() {
		for _, language := range catalog.Languages() {
			b := pages.Builtin(pageType, language)
			require.False(t, seen[b.SHA256])
			seen[b.SHA256] = true
			require.True(t, catalog.ValidID(b.ID))
			require.Equal(t, pageType.Words(), b.Words)
			syntax, err := catalog.ParseTemplate(b.Text)
			require.NoError(t, err)
			for _, name := range []string{"business_name", "city", "state", "phone", "primary_keyword", "content_language", "word_count", "voice_tone"} {
				require.Contains(t, syntax.Variables(), name)
			}
			for _, name := range []string{"cta_text", "forbidden_terms"} {
				require.Contains(t, b.Text, name)
			}
			require.Equal(t, pageType.Locations(), strings.Contains(b.Text, "location_status"))
			require.Equal(t, language == es, strings.ContainsAny(b.Text, "áéíóúñ"))
		}
	}
	require.Len(t, seen, 12)
	require.Panics(t, func() { pages.Builtin("none", en) })
}

// tampered changes a valid input and opens it.
func tampered(t *testing.T, change func(in *pages.Input)) error {
	t.Helper()
	c := stores(harbor(2, 1, 2))
	c.ServiceAreas[0].LocationID = "portland-me"
	input, err := pages.Build(c, options("keyword-service-area"))
	require.NoError(t, err)
	var in pages.Input
	require.NoError(t, json.Unmarshal(input, &in))
	change(&in)
	data, err := json.Marshal(in)
	require.NoError(t, err)
	_, err = pages.Open(data)
	return err
}

func TestOpenChecksItsInput(t *testing.T) {
	t.Parallel()
	require.NoError(t, tampered(t, func(*pages.Input) {}))
	for name, tc := range map[string]struct {
		change  func(in *pages.Input)
		kind    fault.Kind
		message string
	}{
		"Alias":            {func(in *pages.Input) { in.PageType = "service-area" }, fault.Invalid, "no page type"},
		"Business":         {func(in *pages.Input) { in.Catalog.Business.ID = "" }, fault.Invalid, "business.id"},
		"LanguageOrder":    {func(in *pages.Input) { in.Languages = []catalog.Language{es, en} }, fault.Invalid, "out of order"},
		"LanguageUnknown":  {func(in *pages.Input) { in.Languages = []catalog.Language{"fr"} }, fault.Invalid, "no language that pages"},
		"LanguageOff":      {func(in *pages.Input) { in.Catalog.Business.EnabledLanguages = []catalog.Language{en} }, fault.Invalid, "has not enabled es"},
		"TemplateAbsent":   {func(in *pages.Input) { in.Templates = in.Templates[:1] }, fault.Invalid, "1 prompt templates for 2 languages"},
		"TemplateOrder":    {func(in *pages.Input) { in.Templates[0], in.Templates[1] = in.Templates[1], in.Templates[0] }, fault.Invalid, "is for es, not en"},
		"TemplateWords":    {func(in *pages.Input) { in.Templates[0].Words = 99 }, fault.Invalid, "asks for 99 words"},
		"TemplateHash":     {func(in *pages.Input) { in.Templates[0].Text += "." }, fault.Invalid, "its hash"},
		"TemplateRequired": {func(in *pages.Input) { in.Templates[0].Required = []string{"weather"} }, fault.Invalid, "unknown variable"},
		"TemplateSyntax":   {func(in *pages.Input) { setText(in, "{{") }, fault.Invalid, "{{ without }}"},
		"TemplateVariable": {func(in *pages.Input) { setText(in, "{{weather}}") }, fault.Invalid, "no known variable"},
		"Keyword":          {func(in *pages.Input) { in.Catalog.Keywords[0].Slug = "A/b" }, fault.Invalid, "keyword"},
		"KeywordLanguage":  {func(in *pages.Input) { in.Catalog.Keywords[0].Language = "fr" }, fault.Invalid, "keyword"},
		"Service":          {func(in *pages.Input) { in.Catalog.Services[0].ID = "" }, fault.Invalid, "service"},
		"Area":             {func(in *pages.Input) { in.Catalog.ServiceAreas[0].City = "" }, fault.Invalid, "service area"},
		"Location":         {func(in *pages.Input) { in.Catalog.Locations[0].Slug = "" }, fault.Invalid, "location"},
		"EqualRows":        {func(in *pages.Input) { in.Catalog.Keywords[2].Slug = in.Catalog.Keywords[0].Slug }, fault.Conflict, "same path"},
		"EqualColumns":     {func(in *pages.Input) { in.Catalog.ServiceAreas[1].Slug = in.Catalog.ServiceAreas[0].Slug }, fault.Conflict, "same path"},
		"NoPhone":          {func(in *pages.Input) { in.Catalog.Business.Phone = ""; in.Catalog.Locations = nil }, fault.Incomplete, "phone"},
		"LongCity":         {func(in *pages.Input) { in.Catalog.ServiceAreas[0].City = strings.Repeat("a", 2001) }, fault.Invalid, "the value of city has 2001"},
		"LongKeyword":      {func(in *pages.Input) { in.Catalog.Keywords[0].Keyword = strings.Repeat("a", 2001) }, fault.Invalid, "the value of primary_keyword has 2001"},
		"OddHours":         {func(in *pages.Input) { in.Catalog.Hours[0].DayOfWeek = "M" }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tampered(t, tc.change)
			if tc.kind == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tc.kind)
			require.ErrorContains(t, err, tc.message)
		})
	}
	for _, data := range []string{"", "null", "[]", `{"x":1}`, "\xff"} {
		_, err := pages.Open([]byte(data))
		require.ErrorIs(t, err, fault.Invalid, "%q", data)
	}
}

func setText(in *pages.Input, text string) {
	for i := range in.Templates {
		in.Templates[i].Text = text
		in.Templates[i].SHA256 = catalog.PromptTemplate{Template: text}.SHA256()
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	r := &pages.Refusal{Code: pages.CodeInvalid, Message: "m", Details: []pages.Detail{{Subject: "a"}, {Subject: "b", Message: "c"}}}
	require.Equal(t, "m: a; b (c)", r.Error())
	require.Equal(t, "m", fmt.Sprint(&pages.Refusal{Message: "m"}))
}

func FuzzOpen(f *testing.F) {
	for _, pageType := range catalog.PageTypes() {
		input, err := pages.Build(stores(harbor(2, 1, 2)), options(string(pageType)))
		require.NoError(f, err)
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		plan, err := pages.Open(input)
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Invalid, fault.Incomplete, fault.Conflict}, fault.KindOf(err))
			require.Nil(t, plan)
			return
		}
		sum := int64(0)
		for i := range plan.Size() {
			require.NotEmpty(t, plan.Page(i).URLPath)
			sum += plan.Request(i, first).InputBound
			plan.Facts(i)
		}
		require.Equal(t, sum, plan.Estimate().InputBound)
	})
}
