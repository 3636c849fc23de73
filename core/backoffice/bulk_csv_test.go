package backoffice_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestParseBulk(t *testing.T) {
	t.Parallel()
	t.Run("Keywords", func(t *testing.T) {
		t.Parallel()
		rows, err := backoffice.ParseBulkKeywords("text/csv; charset=utf-8", []byte("\ufeffKeyword,language,Keyword ES,search_intent\r\n"+
			"\"drain, \"\"fast\"\"\",EN,drenaje,Local\r\nplomero, es,,\r\n,,,\r\n"))
		require.NoError(t, err)
		require.Equal(t, rowsOf(
			catalog.Keyword{Keyword: `drain, "fast"`, Language: "en", KeywordES: "drenaje", SearchIntent: "local"}, catalog.Keyword{Keyword: "plomero", Language: "es"},
		), rows)
	})
	t.Run("TSV", func(t *testing.T) {
		t.Parallel()
		rows, err := backoffice.ParseBulkServiceAreas("text/tab-separated-values", []byte("city\tstate\tcounty\tpriority\tslug\tcountry\tlocation_id\nBath\tME\t\t7\t\t\tl1\nYork\tME\tYork\tmany\t\t\t\n"))
		require.NoError(t, err)
		require.Equal(t, catalog.ServiceArea{City: "Bath", State: "ME", Priority: number(7), LocationID: "l1"}, rows[0].Value)
		require.Equal(t, catalog.Problems{{Path: "/priority", Code: "invalid", Message: "write a whole number"}}, rows[1].Problems)
	})
	t.Run("Services", func(t *testing.T) {
		t.Parallel()
		rows, err := backoffice.ParseBulkServices("text/csv", []byte("name,name_es,slug,is_primary\nA,B,c,yes\nD,,,no\nE,,,perhaps\nF\n"))
		require.NoError(t, err)
		require.Equal(t, catalog.Service{Name: "A", NameES: "B", Slug: "c", IsPrimary: true}, rows[0].Value)
		require.Empty(t, rows[1].Problems)
		require.Equal(t, "/is_primary", rows[2].Problems[0].Path)
		require.Contains(t, rows[3].Problems[0].Message, "1 cells where the header has 4")
	})
	t.Run("OldLocations", func(t *testing.T) {
		t.Parallel()
		rows, err := backoffice.ParseBulkLocations("text/csv", []byte("name,city,state,address,Zip-Code,status,lat,lng,is_headquarters,priority,notes,order_link,store_id,email,phone,google_maps_url,display_name,location_type,slug,country,is_primary\n"+
			"Main,Portland,ME,1 Wharf St,04101,Coming-Soon,43.65,-70.25,TRUE,3,n,https://o.example,s1,a@b.example,2075550142,https://m.example,Mine,Physical,main-1,US,1\n"+
			"X,Y,ME,,,Active,NaN,,,,,,,,,,,,,,\n"))
		require.NoError(t, err)
		lat, lon := 43.65, -70.25
		require.Equal(t, catalog.Location{
			Name: "Main", City: "Portland", State: "ME", StreetAddress: "1 Wharf St", PostalCode: "04101", Status: "upcoming", Latitude: &lat, Longitude: &lon,
			IsHeadquarters: true, Priority: 3, Note: "n", OrderLink: "https://o.example", StoreID: "s1", Email: "a@b.example", Phone: "2075550142",
			GoogleMapsURL: "https://m.example", DisplayName: "Mine", LocationType: "physical", Slug: "main-1", Country: "US", IsPrimary: true,
		}, rows[0].Value)
		require.Equal(t, "/latitude", rows[1].Problems[0].Path)
	})
	t.Run("BrokenRows", func(t *testing.T) {
		t.Parallel()
		rows, err := backoffice.ParseBulkKeywords("text/csv", []byte("keyword\n\"open\ngood\na\"b\nbad \xff\nlast\n"))
		require.NoError(t, err)
		require.Len(t, rows, 5)
		require.Contains(t, rows[0].Problems[0].Message, "double quote")
		require.Equal(t, "good", rows[1].Value.Keyword)
		require.Contains(t, rows[2].Problems[0].Message, "double quote")
		require.Equal(t, "/keyword", rows[3].Problems[0].Path)
		require.Equal(t, "last", rows[4].Value.Keyword)
		many, err := backoffice.ParseBulkKeywords("text/csv", []byte("keyword\n"+strings.Repeat("a\"b\n", 300)))
		require.NoError(t, err)
		require.Len(t, many, 100)
		require.Contains(t, many[99].Problems[0].Message, "has not been read")
	})
}

func TestParseBulkRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ kind, data, want string }{
		"Kind":      {"application/json", "keyword\na\n", " not_allowed"},
		"NoKind":    {"", "keyword\na\n", " not_allowed"},
		"Empty":     {"text/csv", "\n\n", " required"},
		"Large":     {"text/csv", "keyword\n" + strings.Repeat("a\n", 1<<19), " too_long"},
		"UTF16":     {"text/csv", "\xff\xfek\x00", " invalid"},
		"Unknown":   {"text/csv", "keyword,secret\na,b\n", " not_allowed"},
		"Semicolon": {"text/csv", "keyword;language\na;en\n", " not_allowed"},
		"Twice":     {"text/csv", "keyword,Keyword\na,b\n", " duplicate"},
		"Missing":   {"text/csv", "language\nen\n", " required"},
		"Quote":     {"text/csv", "\"keyword\na\n", " invalid"},
		"Rows":      {"text/csv", "keyword\n" + strings.Repeat("a\n", 501), " too_many"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := backoffice.ParseBulkKeywords(tc.kind, []byte(tc.data))
			told(t, err, tc.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
	_, err := backoffice.ParseBulkKeywords("text/csv", []byte("keyword\n"+strings.Repeat("a\n", 500)))
	require.NoError(t, err)
}

// FuzzParseBulk: no file breaks the parser, and every row that an honest reading finds is given, good or with its problem.
func FuzzParseBulk(f *testing.F) {
	for _, seed := range []string{
		"keyword\na\nb\n", "keyword,language\n\"a,\"\"b\"\"\",en\n", "keyword\n\"open\nnext\n", "\ufeffname,city,state\nA,B,C\r\n,,\n", "city\tstate\nBath\tME\n",
		"name,city,state,lat\na,b,c,1e999\n", "keyword\n\xff\n", "keyword\na\"b\n\"\"\"\n",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, data string, tabs bool) {
		kind, comma := "text/csv", ","
		if tabs {
			kind, comma = "text/tab-separated-values", "\t"
		}
		keywords, err := backoffice.ParseBulkKeywords(kind, []byte(data))
		rowsAreAccounted(t, data, comma, keywords, err)
		services, err := backoffice.ParseBulkServices(kind, []byte(data))
		rowsAreAccounted(t, data, comma, services, err)
		places, err := backoffice.ParseBulkServiceAreas(kind, []byte(data))
		rowsAreAccounted(t, data, comma, places, err)
		stores, err := backoffice.ParseBulkLocations(kind, []byte(data))
		rowsAreAccounted(t, data, comma, stores, err)
	})
}

func rowsAreAccounted[T any](t *testing.T, data, comma string, rows []backoffice.BulkInput[T], err error) {
	t.Helper()
	if err != nil {
		require.Empty(t, rows)
		require.IsType(t, catalog.Problems{}, err)
		return
	}
	require.LessOrEqual(t, len(rows), backoffice.MaxBulkRows)
	if strings.ContainsAny(data, "\"\r") { // only then can a row be something else than a line
		return
	}
	want := -1 // the header
	blank := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(data, "\ufeff"), "\n") {
		if line == "" {
			continue
		}
		want, blank = want+1, blank+1
		if strings.TrimSpace(strings.ReplaceAll(line, comma, "")) != "" {
			blank = 0
		}
	}
	require.Len(t, rows, want-blank, strconv.Quote(data))
}
