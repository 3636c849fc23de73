package claudesim

import (
	"net/http"
	"strings"
)

// modelBody is a model as the API lists it.
type modelBody struct {
	Type           string  `json:"type"`
	ID             string  `json:"id"`
	DisplayName    string  `json:"display_name"`
	CreatedAt      string  `json:"created_at"`
	Lifecycle      string  `json:"lifecycle"`
	Line           string  `json:"line"`
	MaxInputTokens int64   `json:"max_input_tokens"`
	MaxTokens      int64   `json:"max_tokens"`
	DeprecatedAt   *string `json:"deprecated_at"`
}

func (m model) body() modelBody {
	return modelBody{
		Type: "model", ID: m.id, DisplayName: m.name, CreatedAt: m.created, Lifecycle: "active", Line: m.line,
		MaxInputTokens: m.context, MaxTokens: m.output,
	}
}

// serveModel answers GET /v1/models/{id}.
func (s *Sim) serveModel(w http.ResponseWriter, r *http.Request) {
	if e := s.authenticate(r); e != nil {
		s.refuse(w, e)
		return
	}
	id := strings.TrimPrefix(r.URL.Path, modelsPath)
	m := modelsByID[id]
	if m == nil {
		s.refuse(w, notFound("model: "+id))
		return
	}
	writeJSON(w, http.StatusOK, m.body())
}

// serveModels answers GET /v1/models.
func (s *Sim) serveModels(w http.ResponseWriter, r *http.Request) {
	if e := s.authenticate(r); e != nil {
		s.refuse(w, e)
		return
	}
	page, e := cutPage(models, r.URL.Query(), func(m model) string { return m.id })
	if e != nil {
		s.refuse(w, e)
		return
	}
	writeJSON(w, http.StatusOK, listOf(page, func(m model) modelBody { return m.body() }))
}

// serveCount answers POST /v1/messages/count_tokens, which is free and has its own request limit.
func (s *Sim) serveCount(w http.ResponseWriter, r *http.Request) {
	body, refusal := s.readBody(r, mostBody)
	if refusal != nil {
		s.refuse(w, refusal)
		return
	}
	q := newRequest()
	if err := s.parse(q, body, countParameters, "model", "messages"); err != nil {
		s.refuse(w, asAPIError(err))
		return
	}
	_, wait := s.limits.admit(countPool, 0, s.clock.seconds())
	s.addLimits(w.Header(), countPool)
	if wait > 0 {
		refusal := s.rateLimited(q.model, limitRequests, wait)
		s.refuse(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, countBody{q.promptTokens()})
}

type countBody struct {
	InputTokens int64 `json:"input_tokens"`
}
