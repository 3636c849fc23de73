package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// headerID names a request from its caller to the ledger.
	headerID = "X-Request-Id"
	// mostHeader is how many bytes the headers of a request may have together, as the gateway in front allows.
	mostHeader = 10 << 10
)

type contextKey int

const (
	keyRequestID contextKey = iota
	keyCall
)

// requestID is the name of the request that the context belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// edge is what every request passes before it meets a route.
func (a *API) edge(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := a.nameOf(r)
		r = r.WithContext(context.WithValue(r.Context(), keyRequestID, id))
		told := &teller{ResponseWriter: w, from: a.clock.Now()}
		w = told
		defer func() { a.tell(r.Context(), told) }()
		secure(w.Header(), id)
		defer a.recover(w, r)
		if p := badRequest(r); p != nil {
			p.write(w, r)
			return
		}
		if a.cors.serve(w, r) {
			return
		}
		if wait := a.crowded(r); wait > 0 {
			limited(wait).write(w, r)
			return
		}
		if a.front(w, r) {
			told.route = "/"
			return
		}
		_, pattern := mux.Handler(r)
		if r.Method == http.MethodHead && r.URL.Path == oncePath { // who only looks at a link does not use it up
			pattern = ""
		}
		if told.route = pattern; pattern == "" {
			a.nowhere(r.URL.Path).write(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// teller remembers what an answer began with.
type teller struct {
	http.ResponseWriter
	from   time.Time
	route  string
	status int
}

// WriteHeader implements http.ResponseWriter.
func (t *teller) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find what it controls.
func (t *teller) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// tell tells the observer of an answer.
func (a *API) tell(ctx context.Context, t *teller) {
	now := a.clock.Now()
	a.observe.Observe(ctx, ports.Event{Name: ports.EventRequest, At: now, RequestID: requestID(ctx), Count: t.status, Duration: now.Sub(t.from), Detail: t.route})
}

// nameOf is the caller's name for the request if it is a good one, else ours.
func (a *API) nameOf(r *http.Request) string {
	id := r.Header.Get(headerID)
	if len(id) >= 8 && len(id) <= 64 && strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") == "" {
		return id
	}
	return a.ids.NewID()
}

// secure sets what every answer carries: it is data, and a browser that is made to show it runs, frames and keeps nothing.
func secure(h http.Header, id string) {
	h.Set(headerID, id)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// badRequest refuses what no route is asked for with: paths that mean something else than they say, compressed bodies, and
// headers beyond measure.
func badRequest(r *http.Request) *Problem {
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v) + 4
		}
	}
	switch {
	case size > mostHeader:
		return problem(http.StatusRequestHeaderFieldsTooLarge, CodeHeadersTooLarge, "the headers have more than 10 KiB together")
	case !cleanPath(r.URL.Path) || strings.Contains(strings.ToLower(r.URL.RawPath), "%2f"):
		return problem(http.StatusBadRequest, CodeValidation, "the path has characters or parts that no route has")
	case repeated(r, "Content-Type", "Content-Encoding", "Idempotency-Key") > 1:
		return problem(http.StatusBadRequest, CodeValidation, "a header is there twice")
	case r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity"):
		return problem(http.StatusUnsupportedMediaType, CodeMediaType, "send the body uncompressed")
	}
	return nil
}

// repeated is how often the header of these that is there most often is there.
func repeated(r *http.Request, names ...string) (most int) {
	for _, name := range names {
		most = max(most, len(r.Header.Values(name)))
	}
	return most
}

// cleanPath reports whether a path is plain ASCII without empty parts and parts that go up.
func cleanPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] > '~' || path[i] == '\\' {
			return false
		}
	}
	return !strings.Contains(path, "//") && !strings.Contains(path+"/", "/./") && !strings.Contains(path+"/", "/../")
}

// nowhere is the answer where there is no route: another method may have one.
func (a *API) nowhere(path string) *Problem {
	if methods := a.methods(path); len(methods) > 0 {
		p := problem(http.StatusMethodNotAllowed, CodeMethodNotAllowed, "this path is there, but not for this method: see Allow")
		p.allow = strings.Join(methods, ", ")
		return p
	}
	return problem(http.StatusNotFound, CodeNotFound, "there is nothing here that you may see")
}

// methods are those of the rows of a path; where several paths fit, those of the one that names it the most exactly.
func (a *API) methods(path string) (list []string) {
	best := -1
	for _, r := range a.routes {
		exact, fits := fit(r.path, path)
		if !fits || exact < best {
			continue
		}
		if exact > best {
			best, list = exact, nil
		}
		if list = append(list, r.method); r.method == http.MethodGet && r.path != oncePath {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// fit reports whether a path is one of a row's, and how many of its parts the row names.
func fit(row, path string) (exact int, fits bool) {
	names, parts := strings.Split(row, "/"), strings.Split(path, "/")
	if len(names) != len(parts) {
		return 0, false
	}
	for i, name := range names {
		switch {
		case name == parts[i]:
			exact++
		case !strings.HasPrefix(name, "{") || parts[i] == "":
			return 0, false
		}
	}
	return exact, true
}
