package httpapi_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pick is one of the words.
func pick[T any](r *rand.Rand, words ...T) T { return words[r.IntN(len(words))] }

// randomRow is a row of the list, of so few words that rows meet one another, and some of them wrong.
func randomRow(r *rand.Rand, list string) any {
	if r.IntN(25) == 0 {
		return pick[any](r, nil, 7, "row", object{}, object{"colour": "red"})
	}
	row := object{}
	maybe := func(name string, values ...any) {
		if v := pick(r, values...); v != "" {
			row[name] = v
		}
	}
	switch list {
	case "services":
		maybe("name", "Drains", "drains ", "Sinks", "Pipes", "東京", "Dráins", "x")
		maybe("slug", "", "", "drains", "sinks", "Bad Slug", "es")
		maybe("name_es", "", "Desagües")
		maybe("is_primary", "", "", true, false)
	case "keywords":
		maybe("keyword", "plumber", "PLUMBER", "drain cleaning", "drain-cleaning", "sink", "x", "東京", "plomero")
		maybe("language", "", "", "es", "en", "fr")
		maybe("keyword_es", "", "", "", "plomero", "desagüe", "x")
		maybe("slug", "", "", "", "plumber", "sink", "other", "es")
		maybe("translation_of", "", "", "", "", "plumber", "sink", "nobody")
	case "service-areas":
		maybe("city", "Bath", "BATH ", "Saco", "東京", "York")
		maybe("state", "ME", "me", "Maine", "NH")
		maybe("slug", "", "", "", "bath-me", "saco", "-")
		maybe("priority", "", 1, 11)
		maybe("location_id", "", "", "", "nobody")
	case "locations":
		maybe("name", "Main", "main", "Annex", "Shop", "東京")
		maybe("city", "Bath", "bath", "Saco", "東京")
		maybe("state", "ME", "me", "NH")
		maybe("country", "", "", "US", "JP")
		maybe("slug", "", "", "", "bath-me", "bath-me-main", "shop")
		maybe("street_address", "", "1 Main St", "1 main st", "2 Main St")
		maybe("status", "", "", "upcoming", "closed")
		maybe("is_primary", "", "", "", true)
		maybe("latitude", "", "", "", 91, 45)
	}
	return row
}

// rowsSaid are the rows of an answer. Ids of what is new are left out: a trial run has none.
func rowsSaid(t *testing.T, a answer, known []any) (said []any) {
	t.Helper()
	for _, row := range a.get(t, "results").([]any) {
		row := row.(object)
		if !slices.Contains(known, row["id"]) {
			row["id"] = nil
		}
		said = append(said, row)
	}
	return said
}

// TestATrialRunTellsWhatAnImportDoes, row for row, whatever the rows and whatever is there already.
func TestATrialRunTellsWhatAnImportDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 0))
		b := w.business("Joe's Plumbing")
		for range 3 {
			for list, plural := range map[string]string{"services": "services", "keywords": "keywords", "service-areas": "service_areas", "locations": "locations"} {
				body := object{"all_or_nothing": r.IntN(4) == 0, "on_duplicate": pick(r, "skip", "fail")}
				if list == "locations" {
					body["auto_create_service_areas"] = true
				}
				rows := []any{}
				for range 1 + r.IntN(12) {
					rows = append(rows, randomRow(r, list))
				}
				body["rows"] = rows
				compareRuns(t, w, b+"/"+list, plural, body)
			}
		}
	}
}

func compareRuns(t *testing.T, w *world, path, plural string, body object) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	before, _ := w.everything(path, plural, "id")
	dry := w.must(http.StatusOK, http.MethodPost, path+"/bulk?dry_run=true", body)
	same, _ := w.everything(path, plural, "id")
	require.Equal(t, before, same, "a trial run leaves nothing behind: %s", text)
	a := w.must(http.StatusOK, http.MethodPost, path+"/bulk", body)
	require.Equal(t, a.get(t, "summary"), dry.get(t, "summary"), "%s", text)
	ids := a.get(t, "results").([]any)
	require.Equal(t, rowsSaid(t, a, before), rowsSaid(t, dry, before), "%s", text)
	after, _ := w.everything(path, plural, "id")
	for _, row := range ids {
		row := row.(object)
		switch row["status"] {
		case "created":
			require.NotContains(t, before, row["id"])
			require.True(t, row["id"] == nil || slices.Contains(after, row["id"]), "%s", text)
		case "skipped":
			require.NotEmpty(t, row["errors"], "%s", text)
		case "failed":
			require.Nil(t, row["id"])
			require.NotEmpty(t, row["errors"], "%s", text)
		}
	}
	if body["all_or_nothing"] == true && a.get(t, "summary.failed") != 0.0 {
		require.Equal(t, before, after, "%s", text)
		return
	}
	again := w.must(http.StatusOK, http.MethodPost, path+"/bulk", body).statuses(t)
	for i, row := range ids {
		if status := row.(object)["status"]; status != "failed" {
			require.NotEqual(t, "created", again[i], "row %d was %s, so it is there: %s", i, status, text)
		}
	}
}

// TestFilesOfSpreadsheets: what spreadsheets write around and into cells.
func TestFilesOfSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	csv := func(status int, list, text string) answer {
		return w.must(status, http.MethodPost, b+"/"+list+"/bulk", text, "Content-Type", "text/csv")
	}
	a := csv(http.StatusOK, "locations", "\ufeff\"Name\",City,STATE,Zip Code,note\r\n\"Main\r\nstore\",Bath,ME,04530,\"two\r\nlines, \"\"quoted\"\"\"\r\n main  store ,bath,me,,\r\n,,,,\r\n\"open,Saco,ME,,\r\nLast,York,ME,03909,\r\n,,,,\r\n")
	require.Equal(t, []string{"created", "skipped", "failed", "failed", "created"}, a.statuses(t))
	names, _ := w.everything(b+"/locations", "locations", "name")
	require.ElementsMatch(t, []any{"Main store", "Last"}, names)
	notes, _ := w.everything(b+"/locations", "locations", "note")
	require.Contains(t, notes, "two\nlines, \"quoted\"")

	for _, header := range []string{"name,Name", "name,street_address,address,city,state", "name,zip,zip_code,city,state"} {
		told := w.refused(http.StatusBadRequest, http.MethodPost, b+"/locations/bulk", header+"\r\n", "Content-Type", "text/csv").errors(t)
		require.Equal(t, "duplicate", told[0].Code, header)
	}
	many := "keyword\n" + strings.Repeat("plumber\n", 5000)
	require.Equal(t, "too_many", w.refused(http.StatusBadRequest, http.MethodPost, b+"/keywords/bulk", many, "Content-Type", "text/csv").errors(t)[0].Code)
	same := "keyword\n" + strings.Repeat(" Plumber\n", 500)
	a = csv(http.StatusOK, "keywords", same)
	require.Equal(t, object{"created": 1.0, "skipped": 499.0, "failed": 0.0, "service_areas_created": 0.0}, a.get(t, "summary"))
	made := a.get(t, "results").([]any)[0].(object)["id"]
	require.Equal(t, made, a.get(t, "results").([]any)[499].(object)["id"], "all are the same one")
}

// TestAKeyOfAnImport: a trial run and the import are two requests, and so are two files.
func TestAKeyOfAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	path := b + "/services/bulk"
	file := []string{"Content-Type", "text/csv", "Idempotency-Key", "import-1", "If-Match", `"7"`}
	first := w.must(http.StatusOK, http.MethodPost, path+"?dry_run=true", "name\nDrains\n", file...)
	w.refused(http.StatusUnprocessableEntity, http.MethodPost, path, "name\nDrains\n", file...)
	again := w.must(http.StatusOK, http.MethodPost, path+"?dry_run=true", "name\nDrains\n", file...)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, string(first.body), string(again.body))
	file[3] = "import-2"
	first = w.must(http.StatusOK, http.MethodPost, path, "name\nDrains\n", file...)
	again = w.must(http.StatusOK, http.MethodPost, path, "name\nDrains\n", file...)
	require.Equal(t, string(first.body), string(again.body))
	names, _ := w.everything(b+"/services", "services", "name")
	require.Equal(t, []any{"Drains"}, names)
	w.refused(http.StatusUnprocessableEntity, http.MethodPost, path, "name\nSinks\n", file...)
}
