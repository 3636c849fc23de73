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

// profiled has about 2,000 tokens of facts that all pages share: 5,000 bytes, at 2.5 a token.
func profiled() catalog.Catalog {
	c := stores(harbor(26, 26, 26))
	c.Questionnaire.IndustryData = map[string]string{}
	for i := range 8 {
		c.Questionnaire.IndustryData[fmt.Sprintf("fact_%d", i)] = strings.Repeat("We mend what drips. ", 25)
	}
	c.Services = c.Services[:0]
	for i := range 40 {
		c.Services = append(c.Services, catalog.Service{Name: fmt.Sprintf("Service %02d", i), NameES: fmt.Sprintf("Servicio %02d", i)})
	}
	c.Locations = slices.DeleteFunc(c.Locations, func(l catalog.Location) bool { return l.Status == catalog.StatusUpcoming })
	for i := range 20 {
		c.Locations = append(c.Locations, catalog.Location{
			Name: "Shop " + letters(i), City: "Town " + letters(i), State: "ME", StreetAddress: "1 Main St", PostalCode: "04101", Phone: fmt.Sprintf("207-555-01%02d", i),
		})
	}
	for i := range c.ServiceAreas {
		c.ServiceAreas[i].LocationID = "town-" + strings.ToLower(letters(i%20)) + "-me"
	}
	return c
}

// TestPrefixIsSharedByteForByte: all pages of a language begin with the same text, they run one after the other, and it
// is at least nine tenths of what is sent.
func TestPrefixIsSharedByteForByte(t *testing.T) {
	t.Parallel()
	for _, pageType := range catalog.PageTypes() {
		t.Run(string(pageType), func(t *testing.T) {
			t.Parallel()
			plan := build(t, profiled(), options(string(pageType)))
			require.Greater(t, plan.Size(), 1100)
			prefixes := map[catalog.Language]string{}
			var kept, sent int
			for i := range plan.Size() {
				r, language := plan.Request(i, job.Try{Attempt: 1}), plan.Page(i).Language
				if before, known := prefixes[language]; known {
					require.Equal(t, before, r.System)
					require.Equal(t, language, plan.Page(i-1).Language)
				}
				prefixes[language] = r.System
				kept += len(r.System) + len(r.Schema)
				sent += len(r.System) + len(r.Schema) + len(r.Prompt)
			}
			require.Len(t, prefixes, 2)
			require.GreaterOrEqual(t, float64(kept)/float64(sent), 0.9)
		})
	}
}

// TestLead: whole paragraphs of a template that no page changes stand before the prompts, all others stay in it.
func TestLead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ template, lead, rest string }{
		"VariablesLast":     {"Write for {{business_name}}.\n\nBe brief.\n\nThe city is {{city}}.", "Write for Harbor Plumbing.\n\nBe brief.", "The city is Town Aaa."},
		"VariableFirst":     {"{{city}} is the city.\n\nBe brief.", "", "Town Aaa is the city.\n\nBe brief."},
		"SentenceIsKept":    {"Be brief.\nWrite about {{city}}.\n\nBe kind.", "", "Be brief.\nWrite about Town Aaa.\n\nBe kind."},
		"NoVariable":        {"Be brief.", "Be brief.", "Write the page that these facts are about."},
		"SharedValueOnly":   {"Write for {{business_name}}.", "Write for Harbor Plumbing.", "Write the page that these facts are about."},
		"SharedByThisJob":   {"Call {{phone}}.\n\nGo to {{city}}.", "Call (207) 555-0142.", "Go to Town Aaa."},
		"AfterAParagraph":   {"Be brief.\n\n{{city}}", "Be brief.", "Town Aaa"},
		"MissingEverywhere": {"See {{location_name}}.\n\n{{county}} {{city}}", "See (not provided).", "(not provided) Town Aaa"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalog := harbor(2, 0, 2)
			custom(&catalog, c.template)
			r := build(t, catalog, options("keyword-service-area", en)).Request(0, job.Try{Attempt: 1})
			_, lead, found := strings.Cut(r.System, " ---\n\nThe task\n\n")
			require.Equal(t, c.lead != "", found)
			require.Equal(t, c.lead, strings.TrimSuffix(lead, "\n"))
			rest, _, _ := strings.Cut(r.Prompt, "\n\n--- facts ")
			require.Equal(t, c.rest, rest)
		})
	}
}

// TestFactsStandWhereTheyVary: the same fact is shared in one job and a page's own in another.
func TestFactsStandWhereTheyVary(t *testing.T) {
	t.Parallel()
	where := func(c catalog.Catalog, o pages.Options, line string) string {
		r := build(t, c, o).Request(0, job.Try{Attempt: 1})
		switch shared, own := strings.Contains(r.System, line), strings.Contains(r.Prompt, line); {
		case shared && own:
			return "twice"
		case shared:
			return "shared"
		case own:
			return "own"
		}
		return "nowhere"
	}
	areas, locations := options("keyword-service-area", en), options("keyword-location", en)
	require.Equal(t, "shared", where(harbor(2, 0, 2), areas, "\nphone: (207) 555-0142\n"))
	require.Equal(t, "own", where(stores(harbor(2, 0, 2)), locations, "\nphone: 207-555-0199\n"), "the other store has another phone")
	require.Equal(t, "shared", where(harbor(2, 0, 2), areas, "\nsearch_intent: transactional\n"))
	varied := harbor(2, 0, 2)
	varied.Keywords[1].SearchIntent = "local"
	require.Equal(t, "own", where(varied, areas, "\nsearch_intent: transactional\n"))
	single := areas
	single.Selection = pages.Selection{KeywordIDs: []string{"en-emergency-plumber-00"}, ServiceAreaIDs: []string{"town-aaa-me"}}
	for _, line := range []string{"\ncity: Town Aaa\n", "\nprimary_keyword: emergency plumber 00\n"} {
		require.Equal(t, "own", where(harbor(2, 0, 2), single, line), "what a page is about is said with it")
	}
}
