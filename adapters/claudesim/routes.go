package claudesim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// methods is what may be asked of one path.
type methods map[string]http.HandlerFunc

const (
	messagesPath = "/v1/messages"
	modelsPath   = "/v1/models/"
)

// find is the methods of a path; nil when there is no such path.
func (s *Sim) find(path string) methods {
	switch path {
	case messagesPath:
		return methods{http.MethodPost: s.serveMessages}
	case "/v1/messages/count_tokens":
		return methods{http.MethodPost: s.serveCount}
	case batchesPath:
		return methods{http.MethodPost: s.serveBatchCreate, http.MethodGet: s.serveBatches}
	case "/v1/models":
		return methods{http.MethodGet: s.serveModels}
	case "/sim/bill":
		return methods{http.MethodGet: s.serveBill}
	case "/sim/stats":
		return methods{http.MethodGet: s.serveStats}
	case "/sim/reset":
		return methods{http.MethodPost: s.serveReset}
	case "/sim/outage":
		return methods{http.MethodPost: s.serveOutage, http.MethodDelete: s.serveRecover}
	case "/sim/key":
		return methods{http.MethodPost: s.serveKey}
	}
	if id, ok := strings.CutPrefix(path, modelsPath); ok && id != "" {
		return methods{http.MethodGet: s.serveModel}
	}
	return s.findBatch(path)
}

// findBatch is the methods of a path below that of the batches.
func (s *Sim) findBatch(path string) methods {
	id, ok := strings.CutPrefix(path, batchesPath+"/")
	if !ok || id == "" {
		return nil
	}
	switch id, action, deeper := strings.Cut(id, "/"); {
	case !deeper:
		return methods{http.MethodGet: s.serveBatch, http.MethodDelete: s.serveBatchDelete}
	case id != "" && action == "results":
		return methods{http.MethodGet: s.serveBatchResults}
	case id != "" && action == "cancel":
		return methods{http.MethodPost: s.serveBatchCancel}
	}
	return nil
}

// ServeHTTP answers one request of the API, or of the simulator's own routes under /sim/. It aborts the
// connection (see http.ErrAbortHandler) where a fault asks for a lost or cut answer.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.advance()
	if !strings.HasPrefix(r.URL.Path, "/sim/") {
		s.addIdentity(w.Header())
		if e := s.down(); e != nil {
			s.refuseAll(w, r, e)
			return
		}
	}
	found := s.find(r.URL.Path)
	switch serve := found[r.Method]; {
	case found == nil:
		s.refuse(w, notFound("Not Found"))
	case serve == nil:
		w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(found)), ", "))
		s.refuse(w, &apiError{status: http.StatusMethodNotAllowed, kind: kindInvalid, message: "Method Not Allowed"})
	default:
		serve(w, r)
	}
}

// refuseAll refuses a request of the API in a total outage, and counts it if it is one for a message.
func (s *Sim) refuseAll(w http.ResponseWriter, r *http.Request, e *apiError) {
	if r.URL.Path == messagesPath {
		s.stats.arrive(r.Context()).end(e.status)
	}
	s.refuse(w, e)
}
