package catalogfile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(catalogfile.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("catalog.schema.json", document))
	schema, err := compiler.Compile("catalog.schema.json")
	require.NoError(t, err)
	return schema
}

// asJSON reads YAML as an editor does.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(text), &value))
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	value, err = jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	require.NoError(t, err)
	return value
}

func TestSchemaFile(t *testing.T) {
	t.Parallel()
	require.Equal(t, string(catalogfile.Schema()), get(t, filepath.Join(samples, "catalog.schema.json")), "run make generate")
}

// withDay is a week of hours with the given Monday.
func withDay(monday string) string {
	text := "hours:\n- {day_of_week: Monday, " + monday + "}\n"
	for _, day := range catalog.Weekdays()[1:] {
		text += "- {day_of_week: " + day + ", is_closed: true}\n"
	}
	return text
}

// TestSchemaAccepts holds the schema to what Load takes.
func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	accepted := map[string]string{
		"Smallest":  smallest,
		"Nulls":     smallest + "  phone:\n  enabled_languages: ~\nquestionnaire: {identity: ~, brand: {voice_tone: ~}}\nhours:\nkeywords: []\n",
		"Empty":     smallest + "  phone: ''\n  website: ''\n  enabled_languages: []\nhours: []\nkeywords: [{keyword: plumber, language: '', search_intent: '', slug: ''}]\n",
		"Languages": smallest + "  enabled_languages: [es, en]\n",
		"Hours":     smallest + withDay("opens: '09:00', closes: '24:00', is_closed: false"),
		"Closed":    smallest + withDay("is_closed: true, opens: ~, closes: ''"),
		"Alias":     smallest + "prompt_templates: [{page_type: service-area, template: 'In {{city}}', required_variables: [city]}]\n",
		"Location":  smallest + "locations: [{name: A, city: Coeur d'Alene, state: ID, latitude: 47.7, longitude: -116, archived_at: '2026-01-31T00:00:00.5+01:00', archive_reason: moved}]\n",
		"Accents":   smallest + "service_areas: [{city: San José, state: CA, priority: 10}]\n",
		"Scheme":    smallest + "  website: HTTPS://example.com/a?b=c\n",
	}
	for name, text := range accepted {
		require.NoError(t, schema.Validate(asJSON(t, text)), name)
		load(t, put(t, "a.yaml", text))
	}
}

// TestSchemaRefuses holds both to the rules for one value or one entry.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	keyword := func(members string) string { return smallest + "keywords: [{" + members + "}]\n" }
	area := func(members string) string { return smallest + "service_areas: [{" + members + "}]\n" }
	location := func(members string) string {
		return smallest + "locations: [{name: A, city: X, state: RI, " + members + "}]\n"
	}
	template := func(members string) string { return smallest + "prompt_templates: [{" + members + "}]\n" }
	refused := map[string]string{
		"NoBusiness":         "hours: []\n",
		"NullBusiness":       "business:\n",
		"NoID":               "business: {name: Acme, industry_type: Plumber}\n",
		"BadID":              "business: {id: _a, name: Acme, industry_type: Plumber}\n",
		"ShortName":          "business: {id: a, name: A, industry_type: Plumber}\n",
		"LongName":           "business: {id: a, name: " + strings.Repeat("n", 121) + ", industry_type: Plumber}\n",
		"Industry":           "business: {id: a, name: Acme, industry_type: plumber}\n",
		"EmptyIndustry":      "business: {id: a, name: Acme, industry_type: ''}\n",
		"UnknownTop":         smallest + "revision: 1\n",
		"UnknownMember":      smallest + "  created_at: x\n",
		"PhoneType":          smallest + "  phone: 5550100100\n",
		"PhoneLetters":       smallest + "  phone: 555-PLUMBER\n",
		"PhoneShort":         smallest + "  phone: 555-01\n",
		"Email":              smallest + "  email: office\n",
		"Website":            smallest + "  website: www.example.com\n",
		"WebsiteScheme":      smallest + "  website: ftp://example.com\n",
		"Language":           smallest + "  enabled_languages: [en, fr]\n",
		"NoEnglish":          smallest + "  enabled_languages: [es]\n",
		"LanguageTwice":      smallest + "  enabled_languages: [en, en]\n",
		"PrimaryCity":        smallest + "  primary_city: X1\n",
		"Year":               smallest + "questionnaire: {identity: {year_established: 1799}}\n",
		"YearType":           smallest + "questionnaire: {identity: {year_established: '1998'}}\n",
		"Tagline":            smallest + "questionnaire: {identity: {tagline: " + strings.Repeat("x", 161) + "}}\n",
		"ServiceType":        smallest + "questionnaire: {service_type: remote}\n",
		"TooManyLanguages":   smallest + "questionnaire: {audience: {languages: [a, b, c, d, e, f, g, h, i, j, k]}}\n",
		"IndustryDataKey":    smallest + "questionnaire: {industry_data: {License: x}}\n",
		"IndustryDataValue":  smallest + "questionnaire: {industry_data: {license: 7}}\n",
		"SixDays":            smallest + strings.Join(strings.SplitAfter(withDay("is_closed: true"), "\n")[:7], ""),
		"NoTimes":            smallest + withDay("is_closed: false"),
		"OneTime":            smallest + withDay("opens: '09:00'"),
		"ClosedTimes":        smallest + withDay("is_closed: true, opens: '09:00', closes: '10:00'"),
		"Clock":              smallest + withDay("opens: '9:00', closes: '10:00'"),
		"OpensAtMidnight":    smallest + withDay("opens: '24:00', closes: '10:00'"),
		"DayName":            smallest + strings.Replace(withDay("is_closed: true"), "Monday", "Mon", 1),
		"Platform":           smallest + "social_links: [{platform: myspace, url: 'https://example.com'}]\n",
		"NoURL":              smallest + "social_links: [{platform: yelp, url: ''}]\n",
		"ServiceName":        smallest + "services: [{name_es: x}]\n",
		"ServicePrimary":     smallest + "services: [{name: x, is_primary: 'yes'}]\n",
		"Slug":               keyword("keyword: plumber, slug: Plumber"),
		"ReservedSlug":       keyword("keyword: plumber, slug: blog"),
		"Keyword":            keyword("keyword: p"),
		"NullKeyword":        keyword("keyword: ~"),
		"KeywordLanguage":    keyword("keyword: plumber, language: any"),
		"Intent":             keyword("keyword: plumber, search_intent: buy"),
		"SpanishWithSpanish": keyword("keyword: plomero, language: es, keyword_es: plomero"),
		"City":               area("city: X_Y, state: RI"),
		"NoState":            area("city: X"),
		"Priority":           area("city: X, state: RI, priority: 11"),
		"PriorityType":       area("city: X, state: RI, priority: high"),
		"Fraction":           area("city: X, state: RI, priority: 1.5"),
		"Status":             location("status: closed"),
		"LocationType":       location("location_type: virtual"),
		"Latitude":           location("latitude: 91, longitude: 0"),
		"OnlyLatitude":       location("latitude: 9"),
		"ArchivedAt":         location("archived_at: yesterday"),
		"Display":            location("priority: -1"),
		"PageType":           template("page_type: landing, template: x"),
		"NoTemplate":         template("page_type: service-area, template: ''"),
		"Words":              template("page_type: service-area, template: x, word_count_target: 99"),
		"TemplateLanguage":   template("page_type: service-area, template: x, language: fr"),
	}
	for name, text := range refused {
		require.Error(t, schema.Validate(asJSON(t, text)), name)
		_, _, err := catalogfile.Load(put(t, "a.yaml", text))
		require.Error(t, err, name)
	}
}

// TestSchemaNamesEveryMember compares the schema with the types that a catalog is read into, and the documentation with
// both.
func TestSchemaNamesEveryMember(t *testing.T) {
	t.Parallel()
	var root map[string]any
	require.NoError(t, json.Unmarshal(catalogfile.Schema(), &root))
	documentation := get(t, filepath.Join("..", "..", "..", "..", "docs", "catalog.md"))
	for _, name := range catalog.Variables() {
		require.True(t, strings.Contains(documentation, "`"+name+"`"), "docs/catalog.md does not name the variable %s", name)
	}
	for _, industry := range catalog.Industries() {
		require.True(t, strings.Contains(documentation, "`"+industry.Type+"`"), "docs/catalog.md does not name the industry %s", industry.Type)
	}
	compareMembers(t, "catalog", reflect.TypeFor[catalog.Catalog](), root, documentation)
}

func compareMembers(t *testing.T, where string, typ reflect.Type, schema map[string]any, documentation string) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	require.Len(t, properties, typ.NumField(), where)
	require.Equal(t, false, schema["additionalProperties"], where)
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		require.Contains(t, properties, name, where)
		explained := regexp.MustCompile("(?m)^(#|\\|)[^|\n]*`" + name + "`").MatchString(documentation)
		require.True(t, explained, "docs/catalog.md does not explain %s of %s", name, where)
		property := properties[name].(map[string]any)
		require.NotEmpty(t, property["description"], "%s.%s", where, name)
		inner := typ.Field(i).Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
			property, _ = property["items"].(map[string]any)
		}
		if inner.Kind() == reflect.Struct {
			compareMembers(t, where+"."+name, inner, property, documentation)
		}
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	names, err := filepath.Glob(filepath.Join(samples, "*.yaml"))
	require.NoError(t, err)
	require.Len(t, names, 2)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "# yaml-language-server: $schema=catalog.schema.json\n"), name)
		require.NoError(t, schema.Validate(asJSON(t, string(text))), name)
		c := load(t, name)
		require.GreaterOrEqual(t, catalog.Completeness(c).Score, 90, name)
	}
}
