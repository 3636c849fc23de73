package httpapi

import (
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Front answers GET / with a page for people. It learns whether a session comes along, and nothing of whom it is of.
type Front func(w http.ResponseWriter, r *http.Request, signedIn bool)

// front answers a request for the page, if there is one; it is no row of the contract.
func (a *API) front(w http.ResponseWriter, r *http.Request) bool {
	if a.options.Front == nil || r.URL.Path != "/" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	in := false
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		_, err = a.office.AuthenticateSession(r.Context(), ports.Secret(cookie.Value), requestID(r.Context()))
		if err != nil && fault.KindOf(err) != fault.Unauthorized {
			problemOf(err).write(w, r)
			return true
		}
		in = err == nil
	}
	a.options.Front(w, r, in)
	return true
}
