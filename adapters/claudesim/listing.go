package claudesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

type modelList struct {
	Data    []modelBody `json:"data"`
	HasMore bool        `json:"has_more"`
	FirstID *string     `json:"first_id"`
	LastID  *string     `json:"last_id"`
}

func (m *model) body() modelBody {
	return modelBody{
		Type: "model", ID: m.id, DisplayName: m.name, CreatedAt: m.created, Lifecycle: "active", Line: m.line,
		MaxInputTokens: m.context, MaxTokens: m.output,
	}
}

// serveModel answers GET /v1/models/{id}.
func (s *Sim) serveModel(w http.ResponseWriter, r *http.Request) {
	if e := authenticate(r); e != nil {
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
	if e := authenticate(r); e != nil {
		s.refuse(w, e)
		return
	}
	list, e := listModels(r.URL.Query())
	if e != nil {
		s.refuse(w, e)
		return
	}
	writeJSON(w, http.StatusOK, list)
}

// listModels is one page of the models: limit of them after, or before, an id.
func listModels(query url.Values) (modelList, *apiError) {
	const usual, most = 20, 1000
	limit := usual
	if given := query.Get("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > most {
			return modelList{}, invalid("limit: Input should be an integer from 1 to %d", most)
		}
		limit = n
	}
	page, more := models, false
	switch after, before := query.Get("after_id"), query.Get("before_id"); {
	case after != "" && before != "":
		return modelList{}, invalid("Only one of after_id and before_id may be given")
	case before != "":
		page = page[:max(indexOf(before), 0)]
		more = len(page) > limit
		page = page[len(page)-min(limit, len(page)):]
	default:
		page = page[indexOf(after)+1:]
		more = len(page) > limit
		page = page[:min(limit, len(page))]
	}
	return newModelList(page, more), nil
}

func indexOf(id string) int {
	return slices.IndexFunc(models, func(m model) bool { return m.id == id })
}

func newModelList(page []model, more bool) modelList {
	list := modelList{Data: make([]modelBody, len(page)), HasMore: more}
	for i := range page {
		list.Data[i] = page[i].body()
	}
	if len(page) > 0 {
		list.FirstID, list.LastID = &page[0].id, &page[len(page)-1].id
	}
	return list
}

// serveCount answers POST /v1/messages/count_tokens, which is free and has its own request limit.
func (s *Sim) serveCount(w http.ResponseWriter, r *http.Request) {
	body, refusal := readBody(r)
	if refusal != nil {
		s.refuse(w, refusal)
		return
	}
	q, err := s.parse(body, countParameters, "model", "messages")
	if err != nil {
		s.refuse(w, asAPIError(err))
		return
	}
	_, wait := s.limits.admit(countPool, 0, s.clock.seconds())
	s.addLimits(w.Header(), countPool)
	if wait > 0 {
		refusal := s.rateLimited(q.model, "requests", wait)
		s.refuse(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, countBody{q.promptTokens()})
}

type countBody struct {
	InputTokens int64 `json:"input_tokens"`
}
