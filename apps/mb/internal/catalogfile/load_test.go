package catalogfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	t.Run("FormsOfOneCatalogAreEqual", func(t *testing.T) {
		t.Parallel()
		forms := map[string]string{
			"block.yaml": smallest + "keywords:\n  - keyword: drain cleaning\n    language: en\nhours: null\n",
			"flow.yml":   "{business: {id: acme, name: Acme, industry_type: Plumber}, keywords: [{keyword: drain cleaning}]}",
			"file.json":  `{"business":{"industry_type":"Plumber","name":" Acme ","id":"acme"},"keywords":[{"keyword":"drain cleaning"}]}`,
			"sniffed":    "\n " + `{"keywords":[{"keyword":"drain\u0020cleaning"}],"business":{"id":"acme","name":"Acme","industry_type":"Plumber"}}`,
			"guess.txt":  "# a comment\n---\n" + smallest + "keywords: [keyword: drain cleaning]\n...\n",
			"bom.yaml":   "\ufeff" + smallest + "keywords:\r\n- keyword: 'drain cleaning'\r\n",
			"alias.yaml": "business: {id: acme, name: Acme, industry_type: &t Plumber, industry: *t}\nkeywords: [&k {keyword: drain cleaning}]\n",
		}
		var first []byte
		for name, text := range forms {
			c, canonical, err := catalogfile.Load(put(t, name, text))
			require.NoError(t, err, name)
			require.Equal(t, "drain-cleaning", c.Keywords[0].Slug, name)
			if first == nil {
				first = canonical
			}
			require.Equal(t, string(first), string(canonical), name)
		}
		c, err := catalog.DecodeJSON(first)
		require.NoError(t, err)
		again, found := c.Normalise()
		require.Empty(t, found)
		require.Equal(t, c, again, "the canonical form is a normalised catalog")
	})
	t.Run("TextsThatLookLikeSomethingElse", func(t *testing.T) {
		t.Parallel()
		c := load(t, put(t, "a.yaml", `business: {id: "123", name: No, industry_type: Plumber, country: NO, phone: "0123456789", primary_state: on}
questionnaire:
  identity: {year_established: 1998, tagline: 2020-01-02, owner_name: "12:30"}
  industry_data: {yes: no, license: "007"}
hours:
  - {day_of_week: Monday, opens: 09:00, closes: 24:00}
  - {day_of_week: Tuesday, is_closed: True}
  - {day_of_week: Wednesday, is_closed: TRUE}
  - {day_of_week: Thursday, is_closed: true}
  - {day_of_week: Friday, opens: 10:30, closes: 02:00}
  - {day_of_week: Saturday, is_closed: true}
  - {day_of_week: Sunday, is_closed: true, opens: ~}
locations:
  - {name: Oslo, city: Oslo, state: Oslo, archived_at: 2026-01-31T00:00:00Z, latitude: 59.9, longitude: 1e1}
`))
		require.Equal(t, "NO", c.Business.Country)
		require.Equal(t, "No", c.Business.Name)
		require.Equal(t, "0123456789", c.Business.Phone)
		require.Equal(t, 1998, *c.Questionnaire.Identity.YearEstablished)
		require.Equal(t, "2020-01-02", c.Questionnaire.Identity.Tagline)
		require.Equal(t, map[string]string{"yes": "no", "license": "007"}, c.Questionnaire.IndustryData)
		require.Equal(t, catalog.DayHours{DayOfWeek: "Monday", Opens: "09:00", Closes: "24:00"}, c.Hours[0])
		require.Equal(t, "2026-01-31T00:00:00.000Z", c.Locations[0].ArchivedAt)
		require.InDelta(t, 10, *c.Locations[0].Longitude, 0)
	})
}

// TestLoadProblems holds each message to its place.
func TestLoadProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"UnknownMember": {"a.yaml", smallest + "keywords:\n  - keyword: drain cleaning\n    Slug: x\n", []string{
			`a.yaml:7:5: /keywords/0/Slug: unknown member; write slug`}},
		"WrongSlug": {"a.yaml", smallest + "keywords:\n  - keyword: drain cleaning\n    slug: Drain\n", []string{
			`a.yaml:7:5: /keywords/0/slug: "Drain" is no slug; write "drain"`}},
		"NumberForText": {"a.yaml", smallest + "  phone: 5550100\nlocations:\n- {name: x, city: X, state: RI, postal_code: 02886}\n", []string{
			`a.yaml:5:3: /business/phone: expected a text, found a number; put it in quotes: "5550100"`,
			`a.yaml:7:33: /locations/0/postal_code: 02886 is read as a number; if it is a text, put it in quotes: "02886"; if it is a number, write plain digits`}},
		"PhoneWithPlus": {"a.yaml", smallest + "  phone: +14015550100\n", []string{
			`a.yaml:5:3: /business/phone: +14015550100 is read as a number; if it is a text, put it in quotes: "+14015550100"; if it is a number, write plain digits`}},
		"WordForBoolean": {"a.yaml", smallest + "services:\n- name: x\n  is_primary: yes\n", []string{
			`a.yaml:7:3: /services/0/is_primary: expected true or false, found a text; write true or false, without quotes`}},
		"TextForNumber": {"a.yaml", smallest + "questionnaire: {identity: {year_established: \"1998\"}}\n", []string{
			`a.yaml:5:28: /questionnaire/identity/year_established: expected a number, found a text; write it without quotes`}},
		"BooleanForText": {"a.yaml", "business:\n  id: acme\n  name: true\n  industry_type: Plumber\n", []string{
			`a.yaml:3:3: /business/name: expected a text, found true or false; put it in quotes: "true"`}},
		"BadBoolean": {"a.yaml", smallest + "services:\n- name: x\n  is_primary: !!bool maybe\n", []string{
			`a.yaml:7:3: /services/0/is_primary: maybe is neither true nor false; write one of the two`}},
		"Octal": {"a.yaml", smallest + "service_areas: [{city: X, state: RI, priority: 010}]\n", []string{
			`a.yaml:5:38: /service_areas/0/priority: 010 is read as a number; if it is a text, put it in quotes: "010"; if it is a number, write plain digits`}},
		"NotANumber": {"a.yaml", smallest + "locations: [{name: x, city: X, state: RI, latitude: .nan, longitude: -.inf}]\n", []string{
			`a.yaml:5:43: /locations/0/latitude: .nan is read as a number; if it is a text, put it in quotes: ".nan"; if it is a number, write plain digits`,
			`a.yaml:5:59: /locations/0/longitude: -.inf is read as a number; if it is a text, put it in quotes: "-.inf"; if it is a number, write plain digits`}},
		"Duplicate": {"a.yaml", smallest + "  name: Other\n", []string{
			`a.yaml:5:3: /business/name: this member is there twice; remove one`}},
		"DuplicateInJSON": {"a.json", "{\n \"business\": {\"id\": \"a\", \"name\": \"Acme\", \"industry_type\": \"Plumber\",\n  \"id\": \"b\"}}", []string{
			`a.json:3:3: /business/id: this member is there twice; remove one`}},
		"Missing": {"a.yaml", "keywords:\n  - keyword: x\n  - language: en\n", []string{
			`a.yaml:1:1: /business/id: missing; choose a short name of letters, digits, - and _, and never change it`,
			`a.yaml:1:1: /business/name: missing; fill it in`,
			`a.yaml:1:1: /business/industry_type: missing; fill it in`,
			`a.yaml:2:5: /keywords/0/keyword: "x" is too short; write at least 2 characters`,
			`a.yaml:3:5: /keywords/1/keyword: missing; fill it in`}},
		"InJSON": {"a.json", "{\"business\": {\"id\": \"acme\", \"name\": \"Äcme\", \"industry_type\":\n  \"Plumbr\"},\n \"hours\" : 7}", []string{
			`a.json:1:45: /business/industry_type: "Plumbr" is no known industry type; LocalBusiness with your own words in industry fits any business`,
			`a.json:3:2: /hours: expected a list, found a number`}},
		"BadJSON": {"a.json", "{\"business\": {\"id\": \"acme\",\n  \"näme\" \"Acme\"}}", []string{
			`a.json:2:10: /business: not valid JSON: expected a colon after the name "näme"`}},
		"CutJSON": {"a.json", `{"keywords": [{"keyword":`, []string{
			`a.json:1:26: /keywords/0/keyword: not valid JSON: the document ends where a value should be`}},
		"MoreJSON":    {"a.json", smallestJSON + "{}", []string{`a.json:1:73: not valid JSON: there is more after the end of the document; remove it`}},
		"CommentJSON": {"a.json", "// x\n{}", []string{`a.json:1:1: not valid JSON: expected a value`}},
		"BadYAML": {"a.yaml", "business:\n  id: acme\n  name: Acme: Sons\n", []string{
			`a.yaml:3:1: not valid YAML: mapping values are not allowed in this context; put a text with ": " in it in quotes, or correct the indentation`}},
		"Tab": {"a.yaml", "business:\n\tid: acme\n", []string{
			"a.yaml:2:1: not valid YAML: found character that cannot start any token; indent with blanks, not with tabs, and put a text in quotes that begins with @ or `"}},
		"Unclosed": {"a.yaml", "business: {id: acme\n", []string{
			`a.yaml:2:1: not valid YAML: did not find expected ',' or '}'; check the indentation and the quotes of the lines before`}},
		"UnknownAlias": {"a.yaml", "business: *b\n", []string{`a.yaml:1:11: not valid YAML: unknown anchor 'b' referenced`}},
		"TwoDocuments": {"a.yaml", smallest + "---\nbusiness: {}\n", []string{`a.yaml:5:1: a second document begins here; a catalog file holds one`}},
		"BadSecondDocument": {"a.yaml", smallest + "---\n}\n", []string{
			`a.yaml:6:1: not valid YAML: did not find expected node content; check the indentation and the quotes of the lines before`}},
		"Empty":        {"a.yaml", "", []string{`a.yaml: the file is empty; begin with business:, see mb's sample catalogs`}},
		"OnlyBlanks":   {"a.json", " \n\t", []string{`a.json: the file is empty; begin with business:, see mb's sample catalogs`}},
		"OnlyComments": {"a.yaml", "# business:\n", []string{`a.yaml: the file is empty; begin with business:, see mb's sample catalogs`}},
		"OnlyNull":     {"a.yaml", "~\n", []string{`a.yaml:1:1: the file is empty; begin with business:, see mb's sample catalogs`}},
		"List":         {"a.yaml", "- business\n", []string{`a.yaml:1:1: expected an object, found a list`}},
		"Word":         {"a", "business\n", []string{`a:1:1: expected an object, found a text`}},
		"BadUTF8":      {"a.yaml", "business:\n  näme: \xff\n", []string{`a.yaml:2:9: byte 0xFF is not valid UTF-8; save the file as UTF-8`}},
		"NUL":          {"a.json", "{\"a\x00\": 1}", []string{`a.json:1:4: control character U+0000; remove it`}},
		"EscapedNUL": {"a.yaml", smallest + "  phone: \"\\0\"\n", []string{
			`a.yaml:5:3: /business/phone: contains the control character U+0000; remove it`}},
		"UTF16":   {"a.yaml", "\xff\xfeb\x00", []string{`a.yaml: this is UTF-16; save the file as UTF-8`}},
		"UTF16BE": {"a.yaml", "\xfe\xff\x00b", []string{`a.yaml: this is UTF-16; save the file as UTF-8`}},
		"MergeKey": {"a.yaml", smallest + "locations:\n- &l {name: A, city: X, state: RI}\n- <<: *l\n  name: B\n", []string{
			`a.yaml:7:3: /locations/1: merge keys (<<) are not supported; write the members out`}},
		"ListAsName": {"a.yaml", smallest + "? [a]\n: b\n", []string{
			`a.yaml:5:3: a list or an object cannot be a name; write a plain name before the colon`}},
		"Tag":       {"a.yaml", "business: !x {id: acme}\n", []string{`a.yaml:1:1: /business: the tag !x is not supported; remove it`}},
		"ScalarTag": {"a.yaml", smallest + "  phone: !!binary aGFsbG8=\n", []string{`a.yaml:5:3: /business/phone: the tag !!binary is not supported; remove it`}},
		"Cycle": {"a.yaml", "business: &b\n  id: acme\n  name: *b\n", []string{
			`a.yaml:3:3: /business/name/name: the alias *b stands inside of what it repeats; remove it`}},
		"PathIsEscaped": {"a.yaml", smallest + "\"a/b~c\": 1\n", []string{
			`a.yaml:5:1: /a~1b~0c: unknown member; there are business, questionnaire, hours, social_links, services, keywords, service_areas, locations, prompt_templates`}},
		"LongValue": {"a.yaml", smallest + "  phone: 0" + strings.Repeat("1", 100) + "\n", []string{
			`a.yaml:5:3: /business/phone: 0` + strings.Repeat("1", 59) + `... is read as a number; if it is a text, put it in quotes: "0` +
				strings.Repeat("1", 59) + `..."; if it is a number, write plain digits`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problems(t, put(t, c.file, c.text)))
		})
	}
}

// TestLoadBounds gives the reader what would eat memory or time if it were let.
func TestLoadBounds(t *testing.T) {
	t.Parallel()
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		previous := "*a" + string(rune('0'+i))
		laughs += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.TrimSuffix(strings.Repeat(previous+", ", 10), ", ") + "]\n"
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"Size":        {"a.yaml", smallest + strings.Repeat("# comment\n", 900_000), "larger than 8 MiB; make it smaller"},
		"Commas":      {"a.yaml", "[" + strings.Repeat(",", 1_000_001) + "]", "more than 1000000 entries"},
		"JSONList":    {"a.json", `{"keywords":[` + strings.Repeat("0,", 100_000) + `0]}`, "/keywords: 100001 entries; no list of a catalog has more than 2000"},
		"JSONObject":  {"a.json", `{"business":{"x":{` + strings.Repeat(`"a":1,`, 5_000) + `"b":1}}}`, "/business/x: 5001 entries; no list of a catalog has more than 2000"},
		"YAMLList":    {"a.yaml", "keywords:\n" + strings.Repeat("- x\n", 5_000), "a.yaml:1:1: /keywords: 5000 entries; no list of a catalog has more than 2000"},
		"YAMLObject":  {"a.yaml", "business:\n" + strings.Repeat("  x: y\n", 5_000), "/business: 5000 entries"},
		"Laughs":      {"a.yaml", laughs, "more than 200000 values or 16 MiB, aliases written out; a catalog has less"},
		"LongTexts":   {"a.yaml", "a: &a [" + strings.Repeat("x", 1<<20) + "]\nb: [" + strings.Repeat("*a, ", 100) + "]\n", "more than 200000 values or 16 MiB"},
		"DeepYAML":    {"a.yaml", "business: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "nested more than 32 deep; make it flatter"},
		"DeeperYAML":  {"a.yaml", strings.Repeat("[", 100_000), "exceeded max depth"},
		"DeepestYAML": {"a.yaml", strings.Repeat("- ", 9_000) + "x", "nested more than 32 deep"},
		"DeepJSON":    {"a.json", strings.Repeat("[", 500_000), "nested more than 32 deep; make it flatter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := problems(t, put(t, c.file, c.text))
			require.Len(t, found, 1)
			require.Contains(t, found[0], c.want)
		})
	}
	t.Run("ListAtTheLimit", func(t *testing.T) {
		t.Parallel()
		var b strings.Builder
		for i := range catalog.MaxKeywords {
			b.WriteString(fmt.Sprintf("  - keyword: plumber in street %d\n", i))
		}
		require.Len(t, load(t, put(t, "a.yaml", smallest+"keywords:\n"+b.String())).Keywords, catalog.MaxKeywords)
	})
}

func TestLoadUnreadable(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.yaml")
	require.Equal(t, []string{"none.yaml: there is no such file; check its name"}, problems(t, missing))
	require.Equal(t, []string{filepath.Base(filepath.Dir(missing)) + ": this is a directory; name a file"}, problems(t, filepath.Dir(missing)))
	require.Contains(t, problems(t, filepath.Join(put(t, "file", "x"), "below"))[0], "cannot be opened: not a directory")
	if os.Getuid() != 0 {
		secret := put(t, "secret.yaml", smallest)
		require.NoError(t, os.Chmod(secret, 0))
		require.Equal(t, []string{"secret.yaml: no permission to read it; change its mode or its owner"}, problems(t, secret))
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	one := catalogfile.Problem{File: "a.yaml", Line: 3, Column: 5, Path: "/business/name", Message: "missing"}
	two := catalogfile.Problem{File: "a.yaml", Message: "too small"}
	require.EqualError(t, catalogfile.Problems{}, "no problems")
	require.EqualError(t, catalogfile.Problems{one}, "a.yaml:3:5: /business/name: missing")
	require.EqualError(t, catalogfile.Problems{one, two, two}, "a.yaml:3:5: /business/name: missing (and 2 more: run mb catalog check a.yaml)")
	require.Equal(t, []string{one.String(), "a.yaml: too small"}, catalogfile.Problems{one, two}.Lines())
}
