package attack

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// twisted is the simulated Claude with its messages changed on the way: a provider, or a model, that means harm.
func twisted(change func(message map[string]any)) func(http.Handler) http.Handler {
	return func(claude http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			said := httptest.NewRecorder()
			claude.ServeHTTP(said, r)
			body := said.Body.Bytes()
			var message map[string]any
			if r.URL.Path == "/v1/messages" && said.Code == http.StatusOK && json.Unmarshal(body, &message) == nil {
				change(message)
				body = must(json.Marshal(message))
			}
			for name, values := range said.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(said.Code)
			_, _ = w.Write(body)
		})
	}
}

// writes changes the page that the model has written.
func writes(change func(page *pages.Content)) func(http.Handler) http.Handler {
	return twisted(func(message map[string]any) {
		content, _ := message["content"].([]any)
		for _, block := range content {
			if block, is := block.(map[string]any); is && block["type"] == "text" {
				var page pages.Content
				_ = json.Unmarshal([]byte(block["text"].(string)), &page) // the simulator writes pages
				change(&page)
				block["text"] = encoded(page)
			}
		}
	})
}

func encoded(page pages.Content) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(page) // texts always encode
	return strings.TrimSpace(b.String())
}

// gullible are pages whose rules let everything pass: what stands behind the rules has to hold without them.
type gullible struct{ pages.Kind }

// Open implements job.Kind.
func (g gullible) Open(input []byte) (job.Plan, error) {
	plan, err := pages.Open(input)
	return gulliblePlan{plan}, err
}

type gulliblePlan struct{ *pages.Plan }

// Accept implements job.Plan.
func (gulliblePlan) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}
