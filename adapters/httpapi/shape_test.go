package httpapi_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// many joins n texts that a form makes of their numbers.
func many(n int, form string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(form, i)
	}
	return strings.Join(list, ",")
}

// TestWhatIsWrongCostsWhatItIsLong: what a hostile body costs goes with its length, and what is answered not even with that. It is not
// parallel, because it measures the process.
func TestWhatIsWrongCostsWhatItIsLong(t *testing.T) { //nolint:paralleltest // it measures the process
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	const most = 50
	for name, c := range map[string]struct {
		method, path, body string
		errors             int
	}{
		"members of a sign-in":   {http.MethodPost, "/api/session", `{` + many(3800, `"a%d":1`) + `}`, most},
		"members in a member":    {http.MethodPut, b + "/questionnaire", `{"data":{"brand":{` + many(3800, `"a%d":1`) + `}}}`, most},
		"members in items":       {http.MethodPut, b + "/hours", `{"hours":[` + many(7, `{"n":%d,`+many(540, `"a%d":1`)+`}`) + `]}`, most},
		"items of a list":        {http.MethodPost, b + "/generate/preview", `{"page_type":"service-area","languages":[` + many(20_000, `%d`) + `]}`, 1},
		"lists of a list":        {http.MethodPost, b + "/generate/preview", `{"page_type":"service-area","selection":{"keyword_ids":[` + many(20_000, `[%d]`) + `]}}`, 1},
		"as many items as may":   {http.MethodPost, b + "/jobs/x/retry", `{"ordinals":[` + many(1000, `"%d"`) + `]}`, most},
		"items that are null":    {http.MethodPost, b + "/jobs/x/retry", `{"ordinals":[` + strings.Repeat("null,", 999) + `null]}`, most},
		"facts of an industry":   {http.MethodPut, b + "/questionnaire", `{"data":{"industry_data":{` + many(5000, `"a%d":1`) + `}}}`, 1},
		"rows of an import":      {http.MethodPost, b + "/services/bulk", `{"rows":[` + many(20_000, `%d`) + `]}`, 1},
		"parameters":             {http.MethodGet, b + "/services?" + strings.ReplaceAll(many(2000, `a%d`), ",", "&"), ``, most},
		"values to try a prompt": {http.MethodPost, b + "/prompts/render", `{"page_type":"service-area","sample":{"overrides":{` + many(5000, `"a%d":1`) + `}}}`, 1},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a := w.refused(http.StatusBadRequest, c.method, c.path, c.body, "Idempotency-Key", "k", "If-Match", "*")
		runtime.ReadMemStats(&after)
		require.Len(t, a.errors(t), c.errors, name)
		require.Less(t, len(a.body), 12<<10, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), name)
		require.Equal(t, c.errors == most, strings.Contains(a.get(t, "detail").(string), strconv.Itoa(most)), name)
	}
	row := `{` + many(100, `"a%d":1`) + `}`
	a := w.must(http.StatusOK, http.MethodPost, b+"/services/bulk", `{"rows":[`+row+strings.Repeat(","+row, 200)+`]}`)
	require.Less(t, len(a.body), 400<<10)
	first := a.get(t, "results").([]any)[0].(object)["errors"].([]any)
	require.Len(t, first, 11)
	require.Equal(t, "there is more wrong with this row", first[10].(object)["message"])
}

// TestAllThatIsWrongIsTold: unknown members beside what else is wrong. Their names are told where they are like names of ours.
func TestAllThatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.refused(http.StatusBadRequest, http.MethodPost, "/api/businesses", `{"name":"","colour":1,"canary~/name":1,"`+strings.Repeat("x", 41)+`":1}`)
	require.ElementsMatch(t, []fieldError{
		{"/colour", "invalid", "unexpected property"}, {"", "invalid", "unexpected property"}, {"", "invalid", "unexpected property"},
		{"/industry_type", "required", "missing; fill it in"}, {"/name", "invalid", "expected length >= 2"},
	}, a.errors(t))
	a = w.refused(http.StatusBadRequest, http.MethodPost, "/api/businesses", `{"name":"Joe's","industry_type":"Plumber","enabled_languages":["en","es","en"]}`)
	require.Equal(t, []fieldError{{"/enabled_languages", "invalid", "at most 2 items are allowed here"}}, a.errors(t))
	a = w.refused(http.StatusBadRequest, http.MethodPost, w.plumber(1, 1)+"/jobs/x/retry", `{"ordinals":[1e400]}`, "Idempotency-Key", "k")
	require.Equal(t, []fieldError{{"/ordinals/0", "invalid", "expected integer"}}, a.errors(t))
}

// TestARenderedPromptHasALimit: 28 KB of a request do not come to 20 MB of an answer.
func TestARenderedPromptHasALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.refused(http.StatusBadRequest, http.MethodPost, w.plumber(1, 1)+"/prompts/render", object{
		"page_type": "service-area", "template": strings.Repeat("{{county}}", 1_999), "sample": object{"overrides": object{"county": strings.Repeat("🏠", 2_000)}},
	})
	require.Contains(t, a.get(t, "detail"), "it has at most 65536")
}
