package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// The headers that other origins may send and read. Nothing else in the system says who may call from a browser.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsRequest = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id"
	corsAnswer  = "X-Request-Id, ETag, Link, Location, Retry-After, Idempotency-Replayed"
	corsMaxAge  = "600"
)

// cors is who may call from a browser besides the API's own pages.
type cors struct{ origins []string }

func newCORS(origins []string, cross *http.CrossOriginProtection) (cors, error) {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || origin != u.Scheme+"://"+u.Host || strings.Contains(u.Host, "*") {
			return cors{}, fault.New(fault.Invalid, "httpapi: an origin is scheme and host, such as https://app.example.com, and never *")
		}
		if err := cross.AddTrustedOrigin(origin); err != nil {
			return cors{}, fault.New(fault.Invalid, "httpapi: an origin is scheme and host, such as https://app.example.com")
		}
	}
	return cors{origins: slices.Clone(origins)}, nil
}

// serve sets what a browser asks for, and answers its question before a request of another origin. It reports whether it did.
func (c cors) serve(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := origin != "" && slices.Contains(c.origins, origin)
	if allowed {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", corsAnswer)
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	if allowed {
		w.Header().Set("Access-Control-Allow-Methods", corsMethods)
		w.Header().Set("Access-Control-Allow-Headers", corsRequest)
		w.Header().Set("Access-Control-Max-Age", corsMaxAge)
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
