package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// statuses are those of the rows of a bulk answer, in their order.
func (a answer) statuses(t *testing.T) (list []string) {
	t.Helper()
	for i, row := range a.get(t, "results").([]any) {
		require.InDelta(t, i, row.(object)["index"], 0)
		list = append(list, row.(object)["status"].(string))
	}
	return list
}

func TestBulkJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/keywords"
	body := `{"rows":[{"keyword":"plumber","keyword_es":"plomero"},{"keyword":"x canary","language":"canary"},{"keyword":"Plumber"},{"keyword":7},{"keyword":"drains","colour":"canary"},{"keyword":null},{}]`
	dry := w.must(http.StatusOK, http.MethodPost, path+"/bulk", body+`,"dry_run":true}`)
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, path, nil).get(t, "keywords"))
	a := w.must(http.StatusOK, http.MethodPost, path+"/bulk", body+`,"on_duplicate":null}`)
	require.Equal(t, []string{"created", "failed", "skipped", "failed", "failed", "failed", "failed"}, a.statuses(t))
	require.Equal(t, a.statuses(t), dry.statuses(t))
	require.NotContains(t, string(a.body), "canary")
	require.Equal(t, object{"created": 1.0, "skipped": 1.0, "failed": 5.0, "service_areas_created": 0.0}, a.get(t, "summary"))
	rows := a.get(t, "results").([]any)
	made := rows[0].(object)["id"].(string)
	require.Equal(t, []any{}, rows[0].(object)["errors"])
	require.Equal(t, "/language", rows[1].(object)["errors"].([]any)[0].(object)["pointer"])
	require.Equal(t, "/keyword", rows[3].(object)["errors"].([]any)[0].(object)["pointer"])
	require.Equal(t, "plumber", w.must(http.StatusOK, http.MethodGet, path+"/"+made, nil).get(t, "keyword.keyword"))
	require.Len(t, w.must(http.StatusOK, http.MethodGet, path, nil).get(t, "keywords"), 2)

	a = w.must(http.StatusOK, http.MethodPost, path+"/bulk?on_duplicate=fail&all_or_nothing=true", `{"rows":[{"keyword":"heater"},{"keyword":"plumber"}]}`)
	require.Equal(t, []string{"skipped", "failed"}, a.statuses(t))
	a = w.must(http.StatusOK, http.MethodPost, path+"/bulk", `{"rows":[{"keyword":"heater"},{"keyword":"plumber"}],"all_or_nothing":true,"on_duplicate":"fail"}`)
	require.Equal(t, []string{"skipped", "failed"}, a.statuses(t))
	a = w.must(http.StatusOK, http.MethodPost, path+"/bulk", `{"rows":[]}`)
	require.Equal(t, []any{}, a.get(t, "results"))

	a = w.must(http.StatusOK, http.MethodPost, strings.TrimSuffix(path, "keywords")+"service-areas/bulk", `{"rows":[{"city":"Saco","state":"ME","priority":5.0},{"city":"Saco","state":"ME","priority":5}]}`)
	require.Equal(t, []string{"failed", "created"}, a.statuses(t))

	many := `{"rows":[` + strings.TrimSuffix(strings.Repeat(`{"keyword":"plumber"},`, 501), ",") + `]}`
	for _, bad := range []string{`{}`, `{"rows":{}}`, `{"rows":[],"dry_run":"yes"}`, `{"rows":[],"on_duplicate":"canary"}`, `{"rows":[],"colour":"canary"}`, `[]`, `{`, ``, `{"rows":[{"a":1,"a":2}]}`, `{"Rows":[]}`, many} {
		w.refused(http.StatusBadRequest, http.MethodPost, path+"/bulk", bad)
	}
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, path+"/bulk", `{"rows":[`+strings.Repeat(" ", 256<<10)+`]}`)
	w.refused(http.StatusBadRequest, http.MethodPost, path+"/bulk?on_duplicate=canary", `{"rows":[]}`)
	w.refused(http.StatusUnsupportedMediaType, http.MethodPost, path+"/bulk", `<rows/>`, "Content-Type", "application/xml")
	w.refused(http.StatusUnsupportedMediaType, http.MethodPost, path+"/bulk", `{"rows":[]}`, "Content-Type", "application/json/canary")
	w.refused(http.StatusNotFound, http.MethodPost, "/api/businesses/nobody/keywords/bulk", `{"rows":[]}`)
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Viewer, http.MethodPost, path+"/bulk", `{"rows":[]}`).StatusCode)
}

// TestBulkRowsOfAnyKindFailAlone: a row that is no object stops no other, and the members of a row are read as those of one entry.
func TestBulkRowsOfAnyKindFailAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/services"
	a := w.must(http.StatusOK, http.MethodPost, path+"/bulk", `{"rows":[{"name":" Good  row ","slug":"","is_primary":null},5,null,"canary",[{"name":"x"}],true,{"name":"Other"}],"on_duplicate":""}`)
	require.Equal(t, []string{"created", "failed", "failed", "failed", "failed", "failed", "created"}, a.statuses(t))
	require.NotContains(t, string(a.body), "canary")
	for _, row := range a.get(t, "results").([]any)[1:6] {
		require.Equal(t, []any{object{"pointer": "", "code": "invalid", "message": "expected object"}}, row.(object)["errors"])
	}
	names, _ := w.everything(path, "services", "name")
	require.Equal(t, []any{"Good row", "Other"}, names)
	a = w.must(http.StatusOK, http.MethodPost, path+"/bulk", `{"rows":[5,6]}`)
	require.Equal(t, []string{"failed", "failed"}, a.statuses(t))
}

// TestAreasComeOfStoresAlone: in the bulk rows of everything else the word is unknown.
func TestAreasComeOfStoresAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for _, list := range []string{"/services", "/keywords", "/service-areas"} {
		for _, value := range []string{"true", "false"} {
			a := w.refused(http.StatusBadRequest, http.MethodPost, b+list+"/bulk", `{"rows":[],"auto_create_service_areas":`+value+`}`)
			require.Equal(t, []fieldError{{"/auto_create_service_areas", "invalid", "unexpected property"}}, a.errors(t))
			w.refused(http.StatusBadRequest, http.MethodPost, b+list+"/bulk?auto_create_service_areas="+value, `{"rows":[]}`)
		}
	}
	for i, call := range []struct{ query, member string }{{"?auto_create_service_areas=true", ""}, {"", `,"auto_create_service_areas":true`}} {
		city := []string{"Bath", "Saco"}[i]
		a := w.must(http.StatusOK, http.MethodPost, b+"/locations/bulk"+call.query, `{"rows":[{"name":"x","city":"`+city+`","state":"ME"}]`+call.member+`}`)
		require.InDelta(t, 1, a.get(t, "summary.service_areas_created"), 0)
	}
}

// TestATownThatIsNoAreaStopsNoImport: its store is added with a word of why, and the trial run says the same.
func TestATownThatIsNoAreaStopsNoImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	body := `{"auto_create_service_areas":true,"rows":[{"name":"Ginza","city":"東京","state":"Tokyo","country":"JP","slug":"tokyo-ginza"},{"name":"Downtown","city":"Portland","state":"ME"}]`
	for _, dry := range []string{`,"dry_run":true}`, `}`} {
		a := w.must(http.StatusOK, http.MethodPost, b+"/locations/bulk", body+dry)
		require.Equal(t, []string{"created", "created"}, a.statuses(t))
		require.Equal(t, object{"created": 2.0, "skipped": 0.0, "failed": 0.0, "service_areas_created": 1.0}, a.get(t, "summary"))
		rows := a.get(t, "results").([]any)
		told := rows[0].(object)["errors"].([]any)[0].(object)
		require.Equal(t, []any{"/city", "not_applied"}, []any{told["pointer"], told["code"]})
		require.Empty(t, rows[1].(object)["errors"])
	}
	cities, _ := w.everything(b+"/service-areas", "service_areas", "city")
	require.Equal(t, []any{"Portland"}, cities)
}

func TestBulkFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	a := w.must(http.StatusOK, http.MethodPost, b+"/services/bulk", "name,name_es\r\n\"Drains, sinks\",Desagües\r\n,x\r\n", "Content-Type", "text/csv; charset=utf-8")
	require.Equal(t, []string{"created", "failed"}, a.statuses(t))
	a = w.must(http.StatusOK, http.MethodPost, b+"/service-areas/bulk?dry_run=true", "city\tstate\nSaco\tME\n", "Content-Type", "text/tab-separated-values")
	require.Equal(t, []string{"created"}, a.statuses(t))
	require.Nil(t, a.get(t, "results").([]any)[0].(object)["id"])
	a = w.must(http.StatusOK, http.MethodPost, b+"/service-areas/bulk", "city\tstate\nSaco\tME\n", "Content-Type", "text/tab-separated-values")
	require.Equal(t, []string{"created"}, a.statuses(t))
	a = w.must(http.StatusOK, http.MethodPost, b+"/locations/bulk?auto_create_service_areas=true", "name,city,state\nStore,Bath,ME\nOther,Saco,ME\nBad,,canary\n", "Content-Type", "text/csv")
	require.Equal(t, []string{"created", "created", "failed"}, a.statuses(t))
	require.InDelta(t, 1, a.get(t, "summary.service_areas_created"), 0)
	require.NotContains(t, string(a.body), "canary")
	cities, _ := w.everything(b+"/service-areas", "service_areas", "city")
	require.ElementsMatch(t, []any{"Saco", "Bath"}, cities)
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/services/bulk", "canary\nx\n", "Content-Type", "text/csv")
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, b+"/services/bulk", "name\n"+strings.Repeat("a", 1<<20), "Content-Type", "text/csv")
	w.must(http.StatusOK, http.MethodPost, b+"/services/bulk", "name\n"+strings.Repeat("\n", 300<<10), "Content-Type", "text/csv")
}
