package pages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	en = catalog.English
	es = catalog.Spanish
)

func TestTheReferenceJob(t *testing.T) {
	t.Parallel()
	c := harbor(50, 12, 26)
	require.Equal(t, 1300, build(t, c, options("keyword-service-area", en)).Size())
	require.Equal(t, 312, build(t, c, options("keyword-service-area", es)).Size())
	all := build(t, c, options("keyword-service-area"))
	require.Equal(t, 1612, all.Size())
	require.Equal(t, 1300, all.Count(en))
	require.Equal(t, 312, all.Count(es))
	require.Equal(t, 1612, build(t, c, options("keyword-service-area", es, en)).Size())
}

func TestEveryTypeAndLanguage(t *testing.T) {
	t.Parallel()
	c := stores(harbor(5, 2, 4))
	for _, tc := range []struct {
		pageType string
		en, es   int
		path     string
	}{
		{"keyword-service-area", 5 * 4, 2 * 4, "/emergency-plumber-00/town-aaa-me"},
		{"service-area", 5 * 4, 2 * 4, "/emergency-plumber-00/town-aaa-me"},
		{"keyword-location", 5 * 2, 2 * 2, "/emergency-plumber-00/portland-me"},
		{"location-keyword", 5 * 2, 2 * 2, "/emergency-plumber-00/portland-me"},
		{"service-service-area", 3 * 4, 2 * 4, "/drain-cleaning/town-aaa-me"},
		{"service-location", 3 * 2, 2 * 2, "/drain-cleaning/portland-me"},
		{"blog-service-area", 5 * 4, 2 * 4, "/blog/emergency-plumber-00/town-aaa-me"},
		{"blog-location", 5 * 2, 2 * 2, "/blog/emergency-plumber-00/portland-me"},
	} {
		t.Run(tc.pageType, func(t *testing.T) {
			t.Parallel()
			english, spanish, both := build(t, c, options(tc.pageType, en)), build(t, c, options(tc.pageType, es)), build(t, c, options(tc.pageType))
			require.Equal(t, tc.en, english.Size())
			require.Equal(t, tc.es, spanish.Size())
			require.Equal(t, tc.en+tc.es, both.Size())
			require.Equal(t, tc.path, english.Page(0).URLPath)
			require.Equal(t, "/es"+tc.path, spanish.Page(0).URLPath)
			require.Contains(t, catalog.PageTypes(), both.PageType())
			require.Equal(t, []catalog.Language{en, es}, both.Languages())
			require.Equal(t, "claude-haiku-5-5", both.Model())
			require.Equal(t, "harbor", both.Business().ID)

			paths := map[string]bool{}
			for i := range both.Size() {
				page := both.Page(i)
				require.Equal(t, i, page.Ordinal)
				require.Equal(t, page.Language == es, strings.HasPrefix(page.URLPath, "/es/"))
				require.Empty(t, page.MissingVariables)
				paths[page.URLPath] = true
			}
			require.Len(t, paths, both.Size())
		})
	}
}

func TestPageDescribesRowAndColumn(t *testing.T) {
	t.Parallel()
	c := stores(harbor(1, 1, 1))
	c.ServiceAreas[0].County = "Cumberland"
	require.Equal(t, pages.Page{
		PageType: "keyword-service-area", Language: en, KeywordID: "en-emergency-plumber-00", KeywordText: "emergency plumber 00",
		KeywordSlug: "emergency-plumber-00", ServiceAreaID: "town-aaa-me", ServiceAreaSlug: "town-aaa-me",
		City: "Town Aaa", State: "ME", County: "Cumberland", URLPath: "/emergency-plumber-00/town-aaa-me",
	}, build(t, c, options("keyword-service-area")).Page(0))
	require.Equal(t, pages.Page{
		Ordinal: 6, PageType: "service-location", Language: es, ServiceID: "drain-cleaning", ServiceName: "Limpieza de drenajes",
		ServiceSlug: "drain-cleaning", ServiceNameES: "Limpieza de drenajes", LocationID: "portland-me", LocationSlug: "portland-me",
		LocationStatus: "active", City: "Portland", State: "ME", URLPath: "/es/drain-cleaning/portland-me",
	}, build(t, c, options("service-location")).Page(6))
}

func TestOrder(t *testing.T) {
	t.Parallel()
	paths := func(p *pages.Plan) (list []string) {
		for i := range p.Size() {
			list = append(list, p.Page(i).URLPath)
		}
		return list
	}
	c := harbor(0, 0, 0)
	c.Keywords = []catalog.Keyword{
		{Keyword: "zebra", KeywordES: "cebra"}, {Keyword: "apple pie"}, {Keyword: "apple", KeywordES: "manzana"}, {Keyword: "Émile"},
	}
	five, ten := 5, 10
	c.ServiceAreas = []catalog.ServiceArea{
		{City: "Bath", State: "ME"}, {City: "Augusta", State: "ME", Priority: &five}, {City: "Wells", State: "ME", Priority: &ten},
	}
	c = stores(c)
	c.Locations = append(c.Locations, catalog.Location{Name: "A", City: "Auburn", State: "ME"})
	t.Run("KeywordsByLanguageThenSlugAndAreasByPriorityThenSlug", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []string{
			"/apple/wells-me", "/apple/augusta-me", "/apple/bath-me",
			"/apple-pie/wells-me", "/apple-pie/augusta-me", "/apple-pie/bath-me",
			"/emile/wells-me", "/emile/augusta-me", "/emile/bath-me",
			"/zebra/wells-me", "/zebra/augusta-me", "/zebra/bath-me",
			"/es/apple/wells-me", "/es/apple/augusta-me", "/es/apple/bath-me",
			"/es/zebra/wells-me", "/es/zebra/augusta-me", "/es/zebra/bath-me",
		}, paths(build(t, c, options("keyword-service-area"))))
	})
	t.Run("ServicesByPositionAndLocationsPrimaryFirst", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []string{
			"/drain-cleaning/portland-me", "/drain-cleaning/auburn-me", "/drain-cleaning/bath-me",
			"/water-heaters/portland-me", "/water-heaters/auburn-me", "/water-heaters/bath-me",
			"/leak-repair/portland-me", "/leak-repair/auburn-me", "/leak-repair/bath-me",
			"/es/drain-cleaning/portland-me", "/es/drain-cleaning/auburn-me", "/es/drain-cleaning/bath-me",
			"/es/leak-repair/portland-me", "/es/leak-repair/auburn-me", "/es/leak-repair/bath-me",
		}, paths(build(t, c, options("service-location"))))
	})
	t.Run("TheOrderOfTheCatalogDoesNotMatter", func(t *testing.T) {
		t.Parallel()
		turned := c
		turned.Keywords, turned.ServiceAreas = slices.Clone(c.Keywords), slices.Clone(c.ServiceAreas)
		slices.Reverse(turned.Keywords)
		slices.Reverse(turned.ServiceAreas)
		require.Equal(t, paths(build(t, c, options("blog-service-area"))), paths(build(t, turned, options("blog-service-area"))))
	})
	t.Run("PreviewIsTheSame", func(t *testing.T) {
		t.Parallel()
		preview, err := pages.Preview(c, options("keyword-location"))
		require.NoError(t, err)
		job := build(t, c, options("keyword-location"))
		require.Equal(t, paths(job), paths(preview))
		require.Equal(t, job.Hash(), preview.Hash())
	})
}

func TestExclusions(t *testing.T) {
	t.Parallel()
	c := stores(harbor(3, 2, 2))
	require.Equal(t, []pages.Exclusion{{Cause: "upcoming", Count: 1}, {Cause: "archived", Count: 1}, {Cause: "no_storefront", Count: 1}},
		build(t, c, options("keyword-location")).Exclusions())
	require.Equal(t, []pages.Exclusion{{Cause: "missing_translation", Count: 1}}, build(t, c, options("service-service-area")).Exclusions())
	require.Empty(t, build(t, c, options("service-service-area", en)).Exclusions())
	require.Empty(t, build(t, c, options("keyword-service-area", en)).Exclusions())

	o := options("keyword-location", en)
	o.IncludeUpcoming = true
	plan := build(t, c, o)
	require.Equal(t, 9, plan.Size())
	require.Equal(t, []pages.Exclusion{{Cause: "archived", Count: 1}, {Cause: "no_storefront", Count: 1}}, plan.Exclusions())
	require.Equal(t, "upcoming", plan.Page(2).LocationStatus)

	c.Business.EnabledLanguages = []catalog.Language{en}
	require.Equal(t, []pages.Exclusion{{Cause: "language_disabled", Count: 2}}, build(t, c, options("keyword-service-area")).Exclusions())
	require.Equal(t, []pages.Exclusion{{Cause: "language_disabled", Count: 2}}, build(t, c, options("service-service-area", en, es)).Exclusions())
}

func TestIssues(t *testing.T) {
	t.Parallel()
	c := harbor(0, 0, 1)
	c.Keywords = []catalog.Keyword{
		{Keyword: "plain phrase's \"x\" - é"}, {Keyword: "24/7 plumber"}, {Keyword: "plumber emergency"}, {Keyword: "Emergency Plúmber"},
		{Keyword: "plumber emergency", Language: es, Slug: "other"}, {Keyword: "cheap heater"}, {Keyword: "long " + strings.Repeat("a", 90)},
	}
	plan := build(t, c, options("keyword-service-area"))
	found := map[string][]string{}
	for i := range plan.Size() {
		page := plan.Page(i)
		found[page.KeywordID] = page.Issues
	}
	require.Nil(t, found["en-plain-phrases-x-e"])
	require.Nil(t, found["es-other"])
	require.Equal(t, []string{pages.IssueUnusualCharacters}, found["en-247-plumber"])
	require.Equal(t, []string{pages.IssueNearDuplicate}, found["en-plumber-emergency"])
	require.Equal(t, []string{pages.IssueNearDuplicate}, found["en-emergency-plumber"])
	require.Equal(t, []string{pages.IssueForbiddenTerm}, found["en-cheap-heater"])

	long := 0
	for i := range plan.Size() {
		page := plan.Page(i)
		if slices.Contains(page.Issues, pages.IssueLongPath) {
			long++
			require.Greater(t, len(page.URLPath), 100)
		}
	}
	require.Equal(t, 1, long)
}

func TestSelection(t *testing.T) {
	t.Parallel()
	c := stores(harbor(5, 2, 4))
	o := options("keyword-service-area")
	o.Selection = pages.Selection{KeywordIDs: []string{"es-emergency-plumber-00", "en-emergency-plumber-04", "es-emergency-plumber-00"}, ServiceAreaIDs: []string{"town-aab-me"}}
	plan := build(t, c, o)
	require.Equal(t, 2, plan.Size())
	require.Equal(t, "/emergency-plumber-04/town-aab-me", plan.Page(0).URLPath)
	require.Equal(t, "/es/emergency-plumber-00/town-aab-me", plan.Page(1).URLPath)

	o = options("service-location", en)
	o.Selection = pages.Selection{ServiceIDs: []string{"leak-repair"}, LocationIDs: []string{"bath-me", "saco-me"}}
	plan = build(t, c, o)
	require.Equal(t, 1, plan.Size())
	require.Equal(t, []pages.Exclusion{{Cause: "upcoming", Count: 1}}, plan.Exclusions())

	for name, tc := range map[string]struct {
		pageType  string
		selection pages.Selection
		message   string
	}{
		"Unknown":       {"keyword-service-area", pages.Selection{KeywordIDs: []string{"none"}}, `keyword_ids names "none", which the catalog does not have`},
		"UnknownArea":   {"keyword-service-area", pages.Selection{ServiceAreaIDs: []string{"none"}}, "service_area_ids names"},
		"WrongRows":     {"keyword-service-area", pages.Selection{ServiceIDs: []string{"leak-repair"}}, "service_ids has no meaning for keyword-service-area"},
		"WrongColumns":  {"service-service-area", pages.Selection{LocationIDs: []string{"bath-me"}}, "location_ids has no meaning"},
		"WrongKeywords": {"service-location", pages.Selection{KeywordIDs: []string{"x"}}, "keyword_ids has no meaning"},
		"WrongAreas":    {"keyword-location", pages.Selection{ServiceAreaIDs: []string{"x"}}, "service_area_ids has no meaning"},
		"TooMany":       {"keyword-service-area", pages.Selection{KeywordIDs: numbers(1001)}, "1001 ids"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(tc.pageType)
			o.Selection = tc.selection
			_, err := pages.Build(c, o)
			require.Contains(t, refused(t, err, pages.CodeInvalid).Message, tc.message)
		})
	}
}

func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("id%d", i))
	}
	return list
}

func TestKind(t *testing.T) {
	t.Parallel()
	input, err := pages.Build(harbor(2, 0, 2), options("keyword-service-area"))
	require.NoError(t, err)
	kind := pages.Kind{}
	require.Equal(t, "pages", kind.Name())
	require.Equal(t, 3, kind.Version())
	plan, err := kind.Open(input)
	require.NoError(t, err)
	require.Equal(t, 4, plan.Size())
	require.Implements(t, (*job.Estimator)(nil), plan)
	opened, err := kind.Open([]byte("{}"))
	require.Error(t, err)
	require.Nil(t, opened)
}

func TestHash(t *testing.T) {
	t.Parallel()
	base := harbor(3, 1, 2)
	hash := func(c catalog.Catalog, o pages.Options) string { return build(t, c, o).HashText() }
	first := hash(base, options("keyword-service-area"))
	require.Len(t, first, 64)
	require.Equal(t, first, hash(base, options("service-area", es, en)))

	seen := map[string]string{first: "base"}
	add := func(name string, c catalog.Catalog, o pages.Options) {
		h := hash(c, o)
		require.Empty(t, seen[h], name)
		seen[h] = name
	}
	add("type", base, options("blog-service-area"))
	add("language", base, options("keyword-service-area", en))
	o := options("keyword-service-area")
	o.Model = "claude-sonnet-5-5"
	add("model", base, o)
	o = options("keyword-service-area")
	o.Year = 2027
	add("year", base, o)
	changed := harbor(3, 1, 2)
	changed.Business.Phone = "207-555-0100"
	add("phone", changed, options("keyword-service-area"))
	changed = harbor(3, 1, 2)
	changed.Keywords[2].Keyword, changed.Keywords[2].Slug = "Emergency plumber 02!", "emergency-plumber-02"
	add("text", changed, options("keyword-service-area"))
	changed = harbor(3, 1, 2)
	changed.PromptTemplates = []catalog.PromptTemplate{{PageType: "service-area", Template: "x", IsActive: true}}
	add("template", changed, options("keyword-service-area"))
}

// TestOpeningCostsByRowsAndColumns counts allocations instead of time: fifty times as many pages from the same rows and a
// few more columns cost next to nothing more. It runs alone, because allocations are counted for the whole process.
func TestOpeningCostsByRowsAndColumns(t *testing.T) {
	allocations := func(areas int) float64 {
		input, err := pages.Build(harbor(2000, 0, areas), options("keyword-service-area"))
		require.NoError(t, err)
		plan, err := pages.Open(input)
		require.NoError(t, err)
		require.Equal(t, 2000*areas, plan.Size())
		return testing.AllocsPerRun(1, func() {
			plan, _ := pages.Open(input)
			plan.Estimate()
		})
	}
	require.Less(t, allocations(50), 1.2*allocations(1))
}

func BenchmarkOpen100000(b *testing.B) {
	input, err := pages.Build(harbor(2000, 0, 50), options("keyword-service-area"))
	require.NoError(b, err)
	for b.Loop() {
		plan, err := pages.Open(input)
		if err != nil || plan.Size() != 100_000 {
			b.Fatal(err)
		}
	}
}
