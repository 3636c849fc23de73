package attack

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// inputs is section D: what is sent, and how much of it.
func inputs() []attack {
	return []attack{
		{number: 34, name: "a body of 257 KB", run: case34},
		{number: 35, name: "JSON 10,000 deep", run: case35},
		{number: 36, name: "members that are there twice, or unknown", run: case36},
		{number: 37, name: "counts that are none", run: case37},
		{number: 38, name: "budgets that are none", run: case38},
		{number: 39, name: "texts that are not what they look like", run: case39},
		{number: 40, name: "cursors of others", run: case40},
		{number: 41, name: "a page of a million", run: case41},
		{number: 42, name: "one key a hundred times at once", run: case42},
		{number: 43, name: "a thousand creates in a minute", run: case43},
		{number: 44, name: "a compressed bomb", run: case44},
	}
}

// desk is one business and an operator of it.
type desk struct {
	*world
	business        string
	operator, admin string
}

func newDesk(t *testing.T, s *settings) *desk {
	t.Helper()
	w := newWorld(t, s)
	d := &desk{world: w, business: w.business("Attacked Plumbing")}
	d.operator, d.admin = w.service(backoffice.Operator, d.business), w.service(backoffice.Admin, backoffice.AllBusinesses)
	return d
}

// bad sends a body that has to be refused as invalid.
func (d *desk) bad(method, path string, body any, headers ...string) {
	d.t.Helper()
	d.refused(http.StatusBadRequest, d.admin, method, path, body, headers...)
}

func case34(t *testing.T) {
	d := newDesk(t, nil)
	body := `{"name":"` + strings.Repeat("a", 257<<10) + `"}`
	for path, headers := range map[string][]string{
		"/api/businesses": nil, in(d.business, "/keywords"): nil, in(d.business, "/generate"): {"Idempotency-Key", "k-1"}, "/api/principals": nil,
	} {
		d.refused(http.StatusRequestEntityTooLarge, d.admin, http.MethodPost, path, body, headers...)
	}
}

func case35(t *testing.T) {
	d := newDesk(t, nil)
	for _, body := range []string{strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat(`{"data":`, 10_000) + "1" + strings.Repeat("}", 10_000), strings.Repeat("[", 10_000)} {
		d.bad(http.MethodPost, "/api/businesses", body)
		d.bad(http.MethodPut, in(d.business, "/questionnaire"), body, "If-Match", "*")
		d.bad(http.MethodPost, in(d.business, "/generate"), body, "Idempotency-Key", "k-1")
	}
}

func case36(t *testing.T) {
	d := newDesk(t, nil)
	for _, body := range []string{
		`{"name":"One","name":"Two","industry_type":"Plumber"}`, `{"name":"One","industry_type":"Plumber","n\u0061me":"Two"}`, `{"name":"One","industry_type":"Plumber","` + canaryBody + `":1}`,
		`{"Name":"One","industry_type":"Plumber"}`, `{"name":"One","industry_type":"Plumber"} {}`, `{"name":"One","industry_type":"Plumber","status":"deleting"}`,
	} {
		d.bad(http.MethodPost, "/api/businesses", body)
	}
	d.bad(http.MethodPost, in(d.business, "/generate"), `{"page_type":"keyword-service-area","lane":"realtime","lane":"batch"}`, "Idempotency-Key", "k-1")
	d.bad(http.MethodPut, in(d.business, "/questionnaire"), `{"data":{"identity":{"tagline":"a","tagline":"b"}}}`, "If-Match", "*")
}

func case37(t *testing.T) {
	d := newDesk(t, nil)
	id := d.job(d.business, "one")
	for _, count := range []string{"1e9", "-1", "1.5", `"1"`, "1e400", "99999999999999999999"} {
		d.bad(http.MethodPost, in(d.business, "/service-areas"), `{"city":"Pflugerville","state":"TX","priority":`+count+`}`)
		d.bad(http.MethodPost, in(d.business, "/prompts"), `{"page_type":"keyword-service-area","template":"Write {{business_name}}","word_count_target":`+count+`}`)
		d.bad(http.MethodPost, in(d.business, "/jobs/"+string(id)+"/retry"), `{"ordinals":[`+count+`]}`, "Idempotency-Key", "k-"+strconv.Itoa(len(count)))
		query := strings.Trim(count, `"`)
		if query != "1" {
			d.bad(http.MethodGet, in(d.business, "/keywords?limit="+query), nil)
		}
	}
}

func case38(t *testing.T) {
	d := newDesk(t, nil)
	id := d.job(d.business, "one")
	for _, amount := range []string{`"NaN"`, "NaN", `"-0.01"`, `-0.01`, `1e309`, `"1e309"`, `"1.12345678901234567890"`, `"Infinity"`, `"0x10"`, `"1_000"`, `"1 0"`, `"1,5"`, `"99999999999999999999"`, `"+1"`} {
		d.bad(http.MethodPut, in(d.business, "/budget"), `{"limit_usd":`+amount+`,"enabled":true}`)
		d.bad(http.MethodPost, in(d.business, "/generate"), `{"page_type":"keyword-service-area","budget_usd":`+amount+`}`, "Idempotency-Key", "k-1")
		d.bad(http.MethodPatch, in(d.business, "/jobs/"+string(id)), `{"budget_usd":`+amount+`}`)
	}
	b, err := d.jobs.Budget(t.Context(), d.business)
	require.NoError(t, err)
	require.Equal(t, "50.000000000000", b.Limit.String())
}

func case39(t *testing.T) {
	d := newDesk(t, nil)
	for _, text := range []string{"Bad \xff\xfe bytes", "Null \x00 byte", "Null \\u0000 escape", "Right \u202e to left", "Right \\u202E to left", "Isolate \u2066 this", "Escape \\u001b[31m red", "Half \\ud800 pair", "Delete \\u007f", "Other \\u0085 line"} {
		d.bad(http.MethodPost, "/api/businesses", `{"name":"`+text+`","industry_type":"Plumber"}`)
		d.bad(http.MethodPost, in(d.business, "/keywords"), `{"keyword":"`+text+`"}`)
		d.bad(http.MethodPost, in(d.business, "/generate"), `{"page_type":"`+text+`"}`, "Idempotency-Key", "k-1")
	}
}

func case40(t *testing.T) {
	n := newNeighbours(t)
	for range 3 {
		_, err := n.office.CreateKeyword(t.Context(), preparer(), n.ours, keyword(n.nextWord()))
		require.NoError(t, err)
	}
	second := n.service(backoffice.Operator, n.ours)
	list := in(n.ours, "/keywords?limit=2")
	cursor, _ := n.must(http.StatusOK, n.operator, http.MethodGet, list, nil).get("next_cursor").(string)
	require.NotEmpty(t, cursor)
	n.must(http.StatusOK, n.operator, http.MethodGet, list+"&cursor="+cursor, nil)
	for i := range len(cursor) {
		flipped := []byte(cursor)
		if flipped[i]++; flipped[i] == '{' || flipped[i] == '[' || flipped[i] == ':' {
			flipped[i] = 'A'
		}
		n.refused(http.StatusBadRequest, n.operator, http.MethodGet, list+"&cursor="+strings.NewReplacer("`", "A", ".", "A").Replace(string(flipped)), nil)
	}
	for path, token := range map[string]string{
		in(n.ours, "/keywords?limit=2&language=en&cursor=") + cursor:        n.operator,
		in(n.ours, "/services?limit=2&cursor=") + cursor:                    n.operator,
		in(n.theirs, "/keywords?limit=2&cursor=") + cursor:                  n.stranger,
		in(n.ours, "/keywords?limit=2&cursor=") + cursor:                    second,
		in(n.ours, "/keywords?cursor=") + cursor[:len(cursor)-4]:            n.operator,
		in(n.ours, "/keywords?cursor=") + strings.Repeat("A", len(cursor)):  n.operator,
		in(n.ours, "/keywords?cursor=") + strings.Repeat(cursor, 20)[:2048]: n.operator,
		in(n.ours, "/keywords?cursor=") + "bGltaXQ%3D":                      n.operator,
	} {
		n.refused(http.StatusBadRequest, token, http.MethodGet, path, nil)
	}
	n.clock.forward(49 * time.Hour)
	n.refused(http.StatusBadRequest, n.operator, http.MethodGet, list+"&cursor="+cursor, nil)
}

func case41(t *testing.T) {
	d := newDesk(t, nil)
	for _, limit := range []string{"1000000", "201", "0", "-1", "abc", "1.5", "9223372036854775808", "5&limit=200"} {
		for _, list := range []string{"/api/businesses", in(d.business, "/keywords"), in(d.business, "/jobs"), "/api/audit", "/api/principals"} {
			d.bad(http.MethodGet, list+"?limit="+limit, nil)
		}
	}
}

// create sends an order until there is an answer that is not "in progress".
func (d *desk) create(key string, body any) answer {
	d.t.Helper()
	for {
		a := d.attack(d.operator, http.MethodPost, in(d.business, "/generate"), body, "Idempotency-Key", key)
		if a.StatusCode != http.StatusConflict || a.get("code") != "IDEMPOTENCY_IN_PROGRESS" {
			return a
		}
		require.NotEmpty(d.t, a.Header.Get("Retry-After"))
	}
}

func case42(t *testing.T) {
	d := newDesk(t, nil)
	body := fields{"page_type": "keyword-service-area"}
	answers := make([]answer, 100)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = d.create("one-key", body) })
	}
	all.Wait()
	fresh := 0
	for _, a := range answers {
		require.Equal(t, http.StatusAccepted, a.StatusCode, "%s", a.body)
		require.JSONEq(t, string(answers[0].body), string(a.body))
		require.Equal(t, answers[0].Header.Get("Location"), a.Header.Get("Location"))
		if a.Header.Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	require.Equal(t, 1, fresh)
	d.refused(http.StatusUnprocessableEntity, d.operator, http.MethodPost, in(d.business, "/generate"), fields{"page_type": "keyword-location"}, "Idempotency-Key", "one-key")
	require.Len(t, d.must(http.StatusOK, d.operator, http.MethodGet, in(d.business, "/jobs"), nil).get("jobs"), 1)
	created, err := d.jobs.Find(t.Context(), d.business, job.ID(answers[0].get("job.id").(string)))
	require.NoError(t, err)
	require.Equal(t, 4, created.Layout.Tasks)
}

func case43(t *testing.T) {
	d := newDesk(t, &settings{api: httpapi.Options{PerMinute: 120, PerAddress: 100_000}})
	other := d.service(backoffice.Operator, d.business)
	limited := 0
	for i := range 1000 {
		a := d.attack(d.operator, http.MethodPost, in(d.business, "/generate"), fields{"page_type": "keyword-service-area"}, "Idempotency-Key", fmt.Sprint("flood-", i))
		if a.StatusCode == http.StatusTooManyRequests {
			limited++
			wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, wait)
		}
		if i%100 == 99 {
			d.must(http.StatusOK, other, http.MethodGet, in(d.business, "/jobs"), nil)
		}
		d.clock.forward(59 * time.Millisecond)
	}
	require.GreaterOrEqual(t, limited, 1000-240, "the allowance of a minute, and what came back within it")
	require.Len(t, d.must(http.StatusOK, other, http.MethodGet, in(d.business, "/jobs"), nil).get("jobs"), 3, "no more jobs at once than a business may have")
	d.clock.forward(time.Minute)
	d.must(http.StatusOK, d.operator, http.MethodGet, in(d.business, "/jobs"), nil)
}

func case44(t *testing.T) {
	d := newDesk(t, nil)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, err := z.Write(bytes.Repeat([]byte(" "), 100<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for _, encoding := range []string{"gzip", "deflate", "br", "GZIP", "gzip, gzip"} {
		a := d.attack(d.operator, http.MethodPost, in(d.business, "/keywords"), bomb.Bytes(), "Content-Encoding", encoding)
		require.Contains(t, []int{http.StatusUnsupportedMediaType, http.StatusRequestEntityTooLarge}, a.StatusCode, "%s", a.body)
	}
	d.refused(http.StatusUnsupportedMediaType, d.operator, http.MethodPost, in(d.business, "/keywords"), bomb.Bytes()[:1000], "Content-Type", "application/gzip")
}
