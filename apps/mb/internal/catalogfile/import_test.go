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
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// rows imports CSV texts and returns the result's rows without directories.
func rows(t *testing.T, into, keywords, areas string) []string {
	t.Helper()
	result, err := importTexts(t, into, keywords, areas)
	require.NoError(t, err)
	lines := make([]string, 0, len(result.Rows))
	counts := map[catalogfile.RowStatus]int{}
	for _, row := range result.Rows {
		counts[row.Status]++
		lines = append(lines, filepath.Base(row.String()))
	}
	require.Equal(t, counts[catalogfile.RowCreated], result.Created)
	require.Equal(t, counts[catalogfile.RowDuplicate], result.Duplicates)
	require.Equal(t, counts[catalogfile.RowFailed], result.Failed)
	return lines
}

// importTexts writes the CSV texts to files and imports them; an empty text is no file.
func importTexts(t *testing.T, into, keywords, areas string) (catalogfile.Result, error) {
	t.Helper()
	paths := [2]string{}
	for i, text := range []string{keywords, areas} {
		if text != "" {
			paths[i] = put(t, []string{"k.csv", "a.csv"}[i], text)
		}
	}
	return catalogfile.Import(paths[0], paths[1], into)
}

const keywordHeader = "keyword,language,keyword_es,search_intent\n"

func TestImportRows(t *testing.T) {
	t.Parallel()
	const existing = smallest + `keywords:
  - {keyword: drain cleaning, keyword_es: limpieza de drenajes}
  - {keyword: leak repair}
  - {keyword: Boiler service, slug: boilers}
  - {keyword: tub repair, id: en-sink-repair}
service_areas:
  - {city: Warwick, state: RI}
  - {city: Bristol, state: RI, id: newport-ri}
`
	for name, c := range map[string]struct {
		keywords, areas string
		want            []string
	}{
		"Created": {keywordHeader + "toilet repair,,,\nplomero,es,,local\nsump pump,EN,bomba de sumidero,Commercial\n", "", []string{
			"k.csv: row 2: created: toilet repair",
			"k.csv: row 3: created: plomero",
			"k.csv: row 4: created: sump pump + bomba de sumidero"}},
		"HeaderInAnyOrder": {"\ufeff Search_Intent ,\"keyword\"\r\nlocal,\"gas, oil and \"\"wood\"\" heating\"\r\n", "", []string{
			`k.csv: row 2: created: gas, oil and "wood" heating`}},
		"Duplicates": {keywordHeader + "DRAIN  cleaning,,,\ndrain-cleaning,,,\nboiler service,,,\nlimpieza de drenajes,es,,\ndrain cleaning,,Limpieza de Drenajes,\n" +
			"new one,,,\nnew one,,,\n", "", []string{
			"k.csv: row 2: duplicate: DRAIN cleaning is in the catalog (slug drain-cleaning)",
			"k.csv: row 3: duplicate: drain-cleaning would have the slug of drain cleaning",
			"k.csv: row 4: duplicate: boiler service is in the catalog (slug boilers)",
			"k.csv: row 5: duplicate: limpieza de drenajes is in the catalog (slug drain-cleaning)",
			"k.csv: row 6: duplicate: drain cleaning is in the catalog (slug drain-cleaning)",
			"k.csv: row 7: created: new one",
			"k.csv: row 8: duplicate: new one is in the catalog (slug new-one)"}},
		"Twins": {keywordHeader + "leak repair,,reparación de fugas,\nboiler service,,servicio de calderas,\ndrain cleaning,,destape de drenajes,\n" +
			"pipe repair,,reparación de fugas,\nleak-repair,,otra cosa,\ntub repair,,drain cleaning,\n", "", []string{
			"k.csv: row 2: created: reparación de fugas",
			"k.csv: row 3: created: servicio de calderas",
			"k.csv: row 4: error: keyword_es: drain cleaning has the Spanish twin limpieza de drenajes already; change it in the catalog",
			"k.csv: row 5: error: keyword_es: reparación de fugas is in the catalog (slug leak-repair); give that one translation_of, or leave keyword_es empty",
			"k.csv: row 6: duplicate: leak-repair would have the slug of leak repair",
			"k.csv: row 7: created: drain cleaning"}},
		"TwinTextTaken": {keywordHeader + "plomero,es,,\nleak repair,,plomero,\n", "", []string{
			"k.csv: row 2: created: plomero",
			"k.csv: row 3: error: keyword_es: plomero is in the catalog (slug plomero); give that one translation_of, or leave keyword_es empty"}},
		"BadRows": {keywordHeader + ",,,\nx,,,\nplumber,fr,,\nplumber,es,plomero,\nplumber,en,,buying\n東京,,,\nblog,,,\nsink repair,,,\nplumber,,,\n", "", []string{
			"k.csv: row 2: error: keyword: missing; fill it in",
			`k.csv: row 3: error: keyword: "x" is too short; write at least 2 characters`,
			`k.csv: row 4: error: language: "fr" is not allowed here; use one of en, es`,
			"k.csv: row 5: error: keyword_es: this keyword is Spanish itself; remove keyword_es, or language: es",
			`k.csv: row 6: error: search_intent: "buying" is not allowed here; use one of transactional, informational, navigational, local, commercial`,
			`k.csv: row 7: error: slug: "東京" has no letters or digits that a path can have; write a slug`,
			`k.csv: row 8: error: slug: "blog" is reserved; write another slug`,
			"k.csv: row 9: error: another keyword of the catalog has the id en-sink-repair; change that id",
			"k.csv: row 10: created: plumber"}},
		"BrokenRows": {keywordHeader + "one plumber,,\n\"two plumber,,,\nthree plumber,,,\n\nfour \"plumber,,,\nfive plumber,,,,\n\"six\nplumber\",,,\nseven \xff,,,\n\"eight plumber\",,,\n,,,\n,,,\n", "", []string{
			"k.csv: row 2: error: 3 cells where the header has 4; put a text with a comma in quotes, and leave no comma out",
			`k.csv: row 3: error: a double quote is not closed or not doubled; write a quote inside of a quoted text as ""`,
			"k.csv: row 4: created: three plumber",
			`k.csv: row 6: error: a double quote is not closed or not doubled; write a quote inside of a quoted text as ""`,
			"k.csv: row 7: error: 5 cells where the header has 4; put a text with a comma in quotes, and leave no comma out",
			"k.csv: row 8: created: six plumber",
			"k.csv: row 10: error: keyword: not valid UTF-8; save the file as CSV in UTF-8",
			"k.csv: row 11: created: eight plumber"}},
		"Areas": {"", "priority,state,city,country,county\n9,ri,Newport Beach,,Newport County\n,ON,Toronto,CA,\n5,RI,warwick,,\nx,RI,Exeter,,\n11,RI,Exeter,,\n,,Exeter,,\n5,RI,Newport,,\n,RI,Exeter,,\n,RI,Exeter,,\n", []string{
			"a.csv: row 2: created: Newport Beach, RI",
			"a.csv: row 3: created: Toronto, ON",
			"a.csv: row 4: duplicate: warwick, RI is in the catalog (slug warwick-ri)",
			"a.csv: row 5: error: priority: x is no whole number; write 1 to 10",
			"a.csv: row 6: error: priority: 11 is out of range; use a whole number from 1 to 10",
			"a.csv: row 7: error: state: missing; fill it in",
			"a.csv: row 8: error: another service area of the catalog has the id newport-ri; change that id",
			"a.csv: row 9: created: Exeter, RI",
			"a.csv: row 10: duplicate: Exeter, RI is in the catalog (slug exeter-ri)"}},
		"Both": {"keyword\nplumber\n", "city,state\nExeter,RI\n", []string{
			"k.csv: row 2: created: plumber", "a.csv: row 2: created: Exeter, RI"}},
		"Nothing":      {"keyword\n", "", []string{}},
		"AllDuplicate": {"keyword\nleak repair\n", "", []string{"k.csv: row 2: duplicate: leak repair is in the catalog (slug leak-repair)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := put(t, "c.yaml", existing)
			before := load(t, into)
			got := rows(t, into, c.keywords, c.areas)
			require.Equal(t, c.want, got)
			if !strings.Contains(strings.Join(got, "\n"), ": created: ") {
				require.Equal(t, existing, get(t, into), "not touched")
				return
			}
			after := load(t, into)
			require.Equal(t, before.Keywords, after.Keywords[:len(before.Keywords)])
			require.Equal(t, before.ServiceAreas, after.ServiceAreas[:len(before.ServiceAreas)])
			// What was created is there, and once only.
			again := rows(t, into, c.keywords, c.areas)
			require.NotContains(t, strings.Join(again, "\n"), ": created: ")
			require.Equal(t, after, load(t, into))
		})
	}
}

func TestImportRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ keywords, areas, into, want string }{
		"UnknownColumn":     {"keyword,Intent\nx,y\n", "", smallest, `k.csv:1:1: unknown column "intent"; the columns are keyword,language,keyword_es,search_intent`},
		"MissingColumn":     {"", "city,county\nx,y\n", smallest, "a.csv:1:1: the column state is missing; the first row must name it"},
		"NoHeader":          {"plumber,en,,\n", "", smallest, `k.csv:1:1: unknown column "plumber"`},
		"ColumnTwice":       {"keyword,keyword\n", "", smallest, `k.csv:1:1: the column "keyword" is there twice; remove one`},
		"Semicolons":        {"keyword;language\nx;en\n", "", smallest, "this file separates by semicolons, save it separated by commas"},
		"Tabs":              {"keyword\tlanguage\nx\ten\n", "", smallest, "this file separates by tabs, save it separated by commas"},
		"BrokenHeader":      {"\"keyword\nx\n", "", smallest, "k.csv:1:1: a double quote is not closed"},
		"EmptyFile":         {"\n\n", "", smallest, "k.csv: the file is empty; the first row must name the columns keyword,language,keyword_es,search_intent"},
		"UTF16":             {"\xff\xfek\x00", "", smallest, "k.csv: this is UTF-16; save the file as CSV in UTF-8"},
		"UTF16BE":           {"\xfe\xff\x00k", "", smallest, "k.csv: this is UTF-16; save the file as CSV in UTF-8"},
		"TooManyRows":       {"keyword\n" + strings.Repeat("x\n", 10_001), "", smallest, "k.csv: 10001 rows; import at most 10000 at a time"},
		"TooLarge":          {"keyword\n" + strings.Repeat("xxxxxxxxxxxx\n", 90_000), "", smallest, "k.csv: larger than 1 MiB; make it smaller"},
		"BadCatalog":        {"keyword\nplumber\n", "", smallest + "  phone: 1\n", `c.yaml:5:3: /business/phone: expected a text, found a number; put it in quotes: "1"`},
		"NothingGiven":      {"", "", smallest, "nothing to import: name a CSV file of keywords, of areas or both"},
		"ListIsAnAlias":     {"keyword\nplumber\n", "", smallest + "locations: &l []\nkeywords: *l\n", "c.yaml: keywords is an alias of another list; write it out first"},
		"EntriesShareStyle": {"keyword\nplumber\n", "", "{\"business\": {\"id\": \"a\", \"name\": \"Acme\", \"industry_type\": \"Plumber\"}, \"keywords\": &k [{keyword: gas repair}]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := put(t, "c.yaml", c.into)
			_, err := importTexts(t, into, c.keywords, c.areas)
			if c.want == "" {
				require.NoError(t, err)
				require.Len(t, load(t, into).Keywords, 2)
				return
			}
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, c.into, get(t, into), "not touched")
		})
	}
	t.Run("NoRoomForATemporaryName", func(t *testing.T) {
		t.Parallel()
		into := put(t, strings.Repeat("c", 250)+".yaml", smallest)
		_, err := importTexts(t, into, "keyword\nplumber\n", "")
		require.ErrorIs(t, err, fault.Invalid)
		require.ErrorContains(t, err, "cannot be written: file name too long")
		require.Equal(t, smallest, get(t, into))
	})
	t.Run("MissingFiles", func(t *testing.T) {
		t.Parallel()
		into := put(t, "c.yaml", smallest)
		missing := filepath.Join(t.TempDir(), "none.csv")
		for _, paths := range [][3]string{{missing, "", into}, {"", missing, into}, {put(t, "k.csv", "keyword\nplumber\n"), "", missing}} {
			_, err := catalogfile.Import(paths[0], paths[1], paths[2])
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, "none.csv: there is no such file; check its name")
		}
	})
}

func TestImportLimits(t *testing.T) {
	t.Parallel()
	var keywords, areas strings.Builder
	for i := range catalog.MaxKeywords - 1 {
		fmt.Fprintf(&keywords, "- {keyword: plumber %d}\n", i)
	}
	for i := range catalog.MaxServiceAreas {
		fmt.Fprintf(&areas, "- {city: Town %s, state: RI}\n", strings.Repeat("x", i%60+1)+strings.Repeat("y", i/60+1))
	}
	into := put(t, "c.yaml", smallest+"keywords:\n"+keywords.String()+"service_areas:\n"+areas.String())
	require.Equal(t, []string{
		"k.csv: row 2: error: the catalog has 1999 keywords, at most 2000 are allowed; remove some",
		"k.csv: row 3: created: last one",
		"k.csv: row 4: error: the catalog has 2000 keywords, at most 2000 are allowed; remove some",
		"a.csv: row 2: error: the catalog has 2000 service areas, which is the most allowed; remove some",
	}, rows(t, into, keywordHeader+"two of them,,dos de ellos,\nlast one,,,\nno more,,,\n", "city,state\nExeter,RI\n"))
}

// TestImportBrokenQuotes gives a file up that would have to be read again and again.
func TestImportBrokenQuotes(t *testing.T) {
	t.Parallel()
	got := rows(t, put(t, "c.yaml", smallest), "keyword\n"+strings.Repeat("\"x\n", 501)+"plumber\n", "")
	require.Len(t, got, 100)
	require.Contains(t, got[99], "this is the 100th such row, the rest of the file has not been read")
}

func TestImportReplacesInOneStep(t *testing.T) {
	t.Parallel()
	t.Run("LinkAndModeStay", func(t *testing.T) {
		t.Parallel()
		real := put(t, "real.yaml", smallest)
		require.NoError(t, os.Chmod(real, 0o640))
		link := filepath.Join(t.TempDir(), "link.yaml")
		require.NoError(t, os.Symlink(real, link))
		require.Equal(t, []string{"k.csv: row 2: created: plumber"}, rows(t, link, "keyword\nplumber\n", ""))
		info, err := os.Lstat(link)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink)
		info, err = os.Stat(real)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
		entries, err := os.ReadDir(filepath.Dir(real))
		require.NoError(t, err)
		require.Len(t, entries, 1, "no temporary file stays")
	})
	t.Run("ByteOrderMarkStays", func(t *testing.T) {
		t.Parallel()
		into := put(t, "c.yaml", "\ufeff"+smallest)
		require.Len(t, rows(t, into, "keyword\nplumber\n", ""), 1)
		require.Equal(t, "\ufeff"+smallest+"keywords:\n  - keyword: plumber\n", get(t, into))
	})
}
