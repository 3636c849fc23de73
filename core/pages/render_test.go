package pages_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// TestRender: a template is filled in by the values that the prompt has too, whatever they depend on.
func TestRender(t *testing.T) {
	t.Parallel()
	c := harbor(2, 1, 3)
	c.PromptTemplates = []catalog.PromptTemplate{{
		PageType: catalog.KeywordServiceArea, IsActive: true, RequiredVariables: []string{"website"},
		Template: "{{keyword}} / {{ city }} / {{business_name}} / {{county}} / {{industry_data.license}} / {{website}} / {{content_language}}",
	}}
	plan, err := pages.Preview(c, pages.Options{PageType: "service-area", Year: 2026})
	require.NoError(t, err)
	require.Equal(t, 3, plan.Columns())
	last := plan.Size() - 1
	render := func(ordinal int, overrides map[string]string) pages.Rendered {
		r, err := plan.Render(ordinal, overrides)
		require.NoError(t, err)
		return r
	}
	require.Equal(t, "emergency plumber 01 / Town Aab / Harbor Plumbing / (not provided) / ME-123 / https://harbor.example / English", render(4, nil).Text)
	require.Equal(t, "plomero de emergencia 00 / Town Aac / Harbor Plumbing / (not provided) / ME-123 / https://harbor.example / Spanish", render(last, nil).Text)
	r := render(0, map[string]string{"county": " {{city}} \x00 County", "city": ""})
	require.Equal(t, "emergency plumber 00 / (not provided) / Harbor Plumbing / {{city}} County / ME-123 / https://harbor.example / English", r.Text)
	values := map[string]pages.Value{}
	for _, v := range r.Values {
		values[v.Name] = v
	}
	require.Len(t, values, len(r.Values))
	require.Equal(t, pages.Value{Name: "website", Value: "https://harbor.example", Where: "business.website", Required: true}, values["website"])
	require.Equal(t, pages.Value{Name: "county", Value: "{{city}} County", Where: "the county of each service area"}, values["county"])
	require.True(t, values["phone"].Required, "a page always needs it")
	require.Equal(t, "questionnaire.industry_data.license", values["industry_data.license"].Where)
}

// TestRenderHasALimit: a value that is short by itself is long in many places. What is refused is not written before.
func TestRenderHasALimit(t *testing.T) {
	t.Parallel()
	c := harbor(1, 0, 1)
	c.PromptTemplates = []catalog.PromptTemplate{{PageType: catalog.KeywordServiceArea, IsActive: true, Template: strings.Repeat("{{county}}", 1_900)}}
	plan, err := pages.Preview(c, pages.Options{PageType: "service-area", Year: 2026})
	require.NoError(t, err)
	fits := 0
	for ; fits < 100; fits++ {
		r, err := plan.Render(0, map[string]string{"county": strings.Repeat("x", fits+1)})
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, "it has at most 65536")
			require.Empty(t, r.Text)
			break
		}
		require.Len(t, r.Text, 1_900*(fits+1))
	}
	require.InDelta(t, (pages.MaxPrompt-8_000)/1_900, fits, 4, "the system prompt counts")
	county := map[string]string{"county": strings.Repeat("🏠", 2_000)}
	_, err = plan.Render(0, county)
	require.ErrorIs(t, err, fault.Invalid)
}

// TestVersions: a store's number of a template goes before its place in the catalog.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := harbor(1, 0, 1)
	c.PromptTemplates = []catalog.PromptTemplate{{ID: "mine", PageType: catalog.KeywordServiceArea, IsActive: true, Template: "Write."}}
	for want, versions := range map[int]map[string]int{1: nil, 7: {"mine": 7}} {
		plan, err := pages.Preview(c, pages.Options{PageType: "service-area", Year: 2026, Versions: versions})
		require.NoError(t, err)
		require.Equal(t, want, plan.Templates()[0].Version)
	}
}
