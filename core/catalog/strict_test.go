package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// sample has every sort of member that DecodeStrict fills.
type sample struct {
	Text   string            `json:"text"`
	Whole  int               `json:"whole"`
	Part   float64           `json:"part"`
	Flag   bool              `json:"flag"`
	Maybe  *int              `json:"maybe"`
	List   []string          `json:"list"`
	Data   map[string]string `json:"data"`
	Nested *sample           `json:"nested,omitempty"`
}

func TestDecodeStrictReads(t *testing.T) {
	t.Parallel()
	var got sample
	require.NoError(t, catalog.DecodeStrict([]byte(" \r\n\t"+`{"text":"a\u00e9\"\\\/\n\t\ud83d\ude00é","whole":-12,"part":1.5e-1,"flag":true,
		"maybe":0,"list":["x","y"],"data":{"k":"v","n":null},"nested":{"text":null,"flag":false,"list":[],"data":{}}} `), &got))
	zero := 0
	require.Equal(t, sample{
		Text: "aé\"\\/\n\t😀é", Whole: -12, Part: 0.15, Flag: true, Maybe: &zero, List: []string{"x", "y"},
		Data: map[string]string{"k": "v"}, Nested: &sample{List: []string{}, Data: map[string]string{}},
	}, got)
}

func TestDecodeStrictRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"nested":`, n) + "null" + strings.Repeat("}", n) }
	for _, tc := range []struct{ name, document, path, message string }{
		{"Empty", ``, "", "ends where a value should be"},
		{"Unknown", `{"nested":{"other":1}}`, "/nested/other", "unknown member; there are text, whole"},
		{"OtherCase", `{"Text":"a"}`, "/Text", "write text"},
		{"Duplicate", `{"text":"a","text":"a"}`, "/text", "twice"},
		{"DuplicateEscaped", `{"text":"a","\u0074ext":"a"}`, "/text", "twice"},
		{"DuplicateInMap", `{"data":{"k":"a","k":"b"}}`, "/data/k", "twice"},
		{"NumberForText", `{"text":1}`, "/text", "expected a text, found a number; put it in quotes"},
		{"TextForNumber", `{"whole":"1"}`, "/whole", "expected a number, found a text"},
		{"TextForPart", `{"part":"1"}`, "/part", "expected a number"},
		{"TextForFlag", `{"flag":"true"}`, "/flag", "expected true or false"},
		{"ListForObject", `{"nested":[]}`, "/nested", "expected an object, found a list"},
		{"ObjectForList", `{"list":{}}`, "/list", "expected a list"},
		{"TextForMap", `{"data":"x"}`, "/data", "expected an object"},
		{"NumberInMap", `{"data":{"a/b":1}}`, "/data/a~1b", "expected a text"},
		{"NullInList", `{"list":["a",null]}`, "/list/1", "expected a text, found null"},
		{"TopIsNull", `null`, "", "expected an object"},
		{"Fraction", `{"whole":1.0}`, "/whole", "no whole number"},
		{"TooLarge", `{"whole":9223372036854775808}`, "/whole", "no whole number"},
		{"PartTooLarge", `{"part":1e999}`, "/part", "no number"},
		{"LeadingZero", `{"whole":01}`, "/whole", "no number"},
		{"MinusAlone", `{"whole":-}`, "/whole", "no number"},
		{"DotAlone", `{"part":1.}`, "/part", "no number"},
		{"ExponentAlone", `{"part":1e+}`, "/part", "no number"},
		{"PlusSign", `{"whole":+1}`, "/whole", "expected a value"},
		{"NaN", `{"part":NaN}`, "/part", "expected a value"},
		{"Trailing", `{} {}`, "", "more after the end"},
		{"TrailingComma", `{"list":["a",]}`, "/list/1", "expected a value"},
		{"TrailingCommaInObject", `{"text":"a",}`, "", "double quotes"},
		{"MissingComma", `{"text":"a" "whole":1}`, "", `expected a comma or "}"`},
		{"MissingColon", `{"text" "a"}`, "", "colon"},
		{"UnclosedText", `{"text":"a}`, "/text", "line 1, column 9: the text that begins here is never closed"},
		{"UnclosedName", `{"text`, "", "never closed"},
		{"UnclosedEscape", `{"text":"a\`, "/text", "never closed"},
		{"UnclosedList", `{"list":["a"`, "/list", `expected a comma or "]"`},
		{"UnclosedObject", `{"nested":{`, "/nested", "double quotes"},
		{"LineBreakInText", "{\"text\":\"a\nb\"}", "/text", "escape"},
		{"BadEscape", `{"text":"\x"}`, "/text", "escape that JSON does not have"},
		{"BadEscapeInName", `{"\q":1}`, "", "escape that JSON does not have"},
		{"BadHex", `{"text":"\u00g0"}`, "/text", "escape that JSON does not have"},
		{"ShortHex", `{"text":"\u00"}`, "/text", "escape that JSON does not have"},
		{"NUL", `{"text":"a\u0000"}`, "/text", "U+0000"},
		{"Embedding", `{"text":"a\u202a"}`, "/text", "U+202A"},
		{"Return", `{"text":"a\r\n"}`, "/text", "U+000D"},
		{"ControlInMapKey", `{"data":{"\u0001":"a"}}`, "/data/\x01", "U+0001"},
		{"LoneHighSurrogate", `{"text":"\ud83d"}`, "/text", "U+FFFD"},
		{"LoneLowSurrogate", `{"text":"\ude00 and more"}`, "/text", "U+FFFD"},
		{"HighSurrogateAndText", `{"text":"\ud83dabcdefgh"}`, "/text", "U+FFFD"},
		{"TwoHighSurrogates", `{"text":"\ud83d\ud83d"}`, "/text", "U+FFFD"},
		{"NotUTF8", "{\"text\":\"\xff\"}", "", "UTF-8"},
		{"Comment", `{/*a*/}`, "", "double quotes"},
		{"TooDeep", deep(33), strings.Repeat("/nested", 32), "more than 32 deep"},
		{"TooDeepList", strings.Repeat("[", 100000), strings.Repeat("/0", 32), "more than 32 deep"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got sample
			err := catalog.DecodeStrict([]byte(tc.document), &got)
			require.ErrorIs(t, err, fault.Invalid)
			var problems catalog.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, 1)
			require.Equal(t, tc.path, problems[0].Path)
			require.Contains(t, problems[0].Message, tc.message)
		})
	}
	require.NoError(t, catalog.DecodeStrict([]byte(deep(32)), &sample{}))
}

func TestDecodeStrictFindsAll(t *testing.T) {
	t.Parallel()
	got := sample{}
	err := catalog.DecodeStrict([]byte(`{"text":1,"whole":7,"flag":0,"x":{"y":[]}}`), &got)
	var problems catalog.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 3)
	require.Equal(t, 7, got.Whole)
}

func TestDecodeStrictPanicsOnTypesItDoesNotKnow(t *testing.T) {
	t.Parallel()
	var wrong struct {
		A chan int `json:"a"`
	}
	require.PanicsWithValue(t, "catalog: DecodeStrict cannot fill a chan int", func() {
		_ = catalog.DecodeStrict([]byte(`{"a":1}`), &wrong)
	})
}

func TestCheckMergesWithoutRepeating(t *testing.T) {
	t.Parallel()
	_, problems := catalog.Check([]byte(`{
		"business": {"id": "b", "name": 5, "industry_type": "Plumber", "colour": "red"},
		"hours": [{"day_of_week": "Monday", "is_closed": true}, "closed"],
		"keywords": [{"keyword": "ab", "slug": "a b"}]}`))
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.Path)
	}
	require.Equal(t, []string{"/business/name", "/business/colour", "/hours/1", "/keywords/0/slug"}, lines)

	_, problems = catalog.Check([]byte(`{"business"`))
	require.Len(t, problems, 1)
	_, problems = catalog.Check([]byte(`[]`))
	require.Len(t, problems, 1)
	c, problems := catalog.Check([]byte(full))
	require.Empty(t, problems)
	require.Equal(t, normal(t, full), c)
}

func TestCatalogMembers(t *testing.T) {
	t.Parallel()
	_, err := catalog.DecodeJSON([]byte(`{"busines":{}}`))
	require.EqualError(t, err, "/busines: unknown member; there are business, questionnaire, hours, social_links, services, "+
		"keywords, service_areas, locations, prompt_templates")
	_, err = catalog.DecodeJSON([]byte(`{"locations":[{"status":"active","zip":"1"}]}`))
	require.EqualError(t, err, "/locations/0/zip: unknown member; remove it or correct its name")
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"keywords":[{"keyword":"a","keyword_es":"b"}],"locations":[{}]}`))
	f.Add([]byte(`{"business":{"name":"\ud83d\ude00"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := catalog.DecodeJSON(data)
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			require.NotContains(t, err.Error(), "\n")
			_, problems := catalog.Check(data)
			require.NotEmpty(t, problems)
			return
		}
		require.True(t, json.Valid(data))
		n, problems := c.Normalise()
		if len(problems) > 0 {
			return
		}
		again, problems := n.Normalise()
		require.Empty(t, problems)
		require.Equal(t, n, again)
	})
}
