package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	syntax, err := catalog.ParseTemplate("In {{city}}, {{ state }}: {{city}} {a} {{\tindustry_data.a_1 }}")
	require.NoError(t, err)
	require.Equal(t, []string{"city", "state", "industry_data.a_1"}, syntax.Variables())
	require.Equal(t, []catalog.TemplatePart{
		{Text: "In "}, {Variable: "city"}, {Text: ", "}, {Variable: "state"}, {Text: ": "}, {Variable: "city"}, {Text: " {a} "},
		{Variable: "industry_data.a_1"},
	}, syntax.Parts())

	empty, err := catalog.ParseTemplate("")
	require.NoError(t, err)
	require.Empty(t, empty.Parts())
}

func TestParseTemplateRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a {{city":                    "line 1, column 3: {{ without }}",
		"é\né}} b":                    "line 2, column 2: }} without {{",
		"{{a}} {{b {{c}}":             "line 1, column 7: {{ without }}",
		"{{}}":                        "is no variable",
		"{{City}}":                    "{{City}} is no variable",
		"{{a b}}":                     "is no variable",
		"{{a|upper}}":                 "is no variable",
		"{{#if a}}":                   "is no variable",
		"{{1a}}":                      "is no variable",
		"{{a\n}}":                     "is no variable",
		"{{{city}}":                   "is no variable",
		"{{{city}}}":                  "one brace too many",
		"{{city}}}":                   "one brace too many",
		"{{" + repeat("A", 90) + "}}": "{{" + repeat("A", 40) + "...}}",
	} {
		_, err := catalog.ParseTemplate(text)
		require.ErrorContains(t, err, want, "%q", text)
		require.NotContains(t, err.Error(), "\n")
	}
}

func FuzzParseTemplate(f *testing.F) {
	f.Add("In {{city}}, {{ state }} {a}")
	f.Add("{{{a}}} }} {{")
	f.Fuzz(func(t *testing.T, text string) {
		syntax, err := catalog.ParseTemplate(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, part := range syntax.Parts() {
			require.NotContains(t, part.Text, "{{")
			require.NotContains(t, part.Text, "}}")
			if part.Variable != "" {
				b.WriteString("{{" + part.Variable + "}}")
			}
			b.WriteString(part.Text)
		}
		again, err := catalog.ParseTemplate(b.String())
		require.NoError(t, err)
		require.Equal(t, syntax, again)
	})
}

func TestVariables(t *testing.T) {
	t.Parallel()
	require.Len(t, catalog.Variables(), 43)
	require.True(t, catalog.KnownVariable("industry_data.license"))
	require.False(t, catalog.KnownVariable("industry_data.License"))
	require.False(t, catalog.KnownVariable("license"))
}

func TestPageTypes(t *testing.T) {
	t.Parallel()
	require.Len(t, catalog.PageTypes(), 6)
	for alias, want := range map[string]catalog.PageType{
		"service-area": catalog.KeywordServiceArea, "location-keyword": catalog.KeywordLocation, "blog-location": catalog.BlogLocation,
	} {
		got, ok := catalog.ParsePageType(alias)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := catalog.ParsePageType("Blog-Location")
	require.False(t, ok)
}

func TestPageTypeShapes(t *testing.T) {
	t.Parallel()
	for pageType, want := range map[catalog.PageType][3]bool{
		catalog.KeywordServiceArea: {false, false, false}, catalog.KeywordLocation: {false, true, false},
		catalog.ServiceServiceArea: {true, false, false}, catalog.ServiceLocation: {true, true, false},
		catalog.BlogServiceArea: {false, false, true}, catalog.BlogLocation: {false, true, true},
	} {
		require.Equal(t, want, [3]bool{pageType.Services(), pageType.Locations(), pageType.Blog()}, pageType)
	}
	require.Equal(t, 400, catalog.PromptTemplate{PageType: catalog.KeywordLocation}.Words())
	require.Equal(t, 700, catalog.PromptTemplate{PageType: catalog.BlogLocation}.Words())
}
