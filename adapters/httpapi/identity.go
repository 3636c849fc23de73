package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// oncePath is where the one-time links of local mode lead.
const oncePath = "/api/session/once"

// cookieOut is an answer that sets or ends the session.
type cookieOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type onceOut struct {
	Status    int
	SetCookie http.Cookie `header:"Set-Cookie"`
	Location  string      `header:"Location"`
}

type signIn struct {
	Body struct {
		IDToken string `json:"id_token" minLength:"20" maxLength:"16384" doc:"the ID token of Google's sign-in"`
		Nonce   string `json:"nonce" minLength:"8" maxLength:"200" doc:"the nonce that the sign-in was begun with"`
	}
}

// principalOut is a principal without anything that identifies a token.
type principalOut struct {
	ID         string                     `json:"id"`
	Kind       backoffice.PrincipalKind   `json:"kind" enum:"user,service"`
	Name       string                     `json:"name"`
	Email      string                     `json:"email,omitempty"`
	Role       backoffice.Role            `json:"role" enum:"viewer,operator,admin"`
	Businesses []string                   `json:"business_ids" nullable:"false" doc:"ids of businesses, or * alone for all"`
	Status     backoffice.PrincipalStatus `json:"status" enum:"active,disabled"`
	// Prefix is how a service's token begins.
	Prefix    string  `json:"token_prefix,omitempty"`
	ExpiresAt instant `json:"expires_at,omitzero"`
	CreatedAt instant `json:"created_at"`
	UpdatedAt instant `json:"updated_at"`
	Revision  int64   `json:"revision" minimum:"1"`
}

func shownPrincipal(p backoffice.Principal) principalOut {
	return principalOut{
		ID: p.ID, Kind: p.Kind, Name: p.Name, Email: p.Email, Role: p.Role, Businesses: listed(p.Businesses), Status: p.Status, Prefix: p.TokenPrefix,
		ExpiresAt: utc(p.ExpiresAt), CreatedAt: utc(p.CreatedAt), UpdatedAt: utc(p.UpdatedAt), Revision: p.Revision,
	}
}

// listed is a list that is written as [] when it is empty.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// defineIdentity are the rows about who calls.
func defineIdentity(a *API) {
	add(a, route{
		method: http.MethodPost, path: "/api/session", id: "session-create", summary: "Sign in with a Google ID token", tag: "session", status: http.StatusNoContent,
		errors: []int{http.StatusUnauthorized},
	}, a.signIn)
	add(a, route{
		method: http.MethodDelete, path: "/api/session", id: "session-end", summary: "Sign out", tag: "session", status: http.StatusNoContent,
	}, a.signOut)
	add(a, route{
		method: http.MethodGet, path: oncePath, id: "session-once", summary: "Sign in by the one-time link of local mode", tag: "session",
		status: http.StatusSeeOther, errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, action: "session.create",
	}, a.signInOnce)
	add(a, route{method: http.MethodGet, path: "/api/me", id: "me", summary: "Who calls", tag: "session", role: backoffice.Viewer}, a.me)
}

// sessionIs is the cookie of a session; one without a token ends it.
func (a *API) sessionIs(token ports.Secret, until time.Time) http.Cookie {
	c := http.Cookie{Name: sessionCookie, Value: string(token), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
	if token != "" {
		c.MaxAge = int(until.Sub(a.clock.Now()).Seconds())
	}
	return c
}

func (a *API) signIn(ctx context.Context, c *call, in *signIn) (*cookieOut, error) {
	if a.options.Verifier == nil {
		return nil, problem(http.StatusForbidden, CodeForbidden, "sign-in with Google is not set up here")
	}
	who, err := a.options.Verifier.Verify(ctx, ports.Secret(in.Body.IDToken), in.Body.Nonce)
	if err != nil {
		return nil, err
	}
	s, err := a.office.SignIn(ctx, c.Caller, who)
	if err != nil {
		return nil, err
	}
	return &cookieOut{SetCookie: a.sessionIs(s.Token, s.Expires)}, nil
}

func (a *API) signInOnce(ctx context.Context, c *call, in *struct {
	Code string `query:"code" required:"true" minLength:"16" maxLength:"128"`
},
) (*onceOut, error) {
	if !a.options.Local {
		return nil, fault.NotFound
	}
	s, err := a.office.UseCode(ctx, c.Caller, ports.Secret(in.Code))
	if err != nil {
		return nil, err
	}
	return &onceOut{Status: http.StatusSeeOther, SetCookie: a.sessionIs(s.Token, s.Expires), Location: "/"}, nil
}

// signOut needs nobody to be known: whose session has ended gets rid of the cookie too.
func (a *API) signOut(ctx context.Context, c *call, in *struct {
	Session string `cookie:"__Host-session"`
},
) (*cookieOut, error) {
	by, err := a.office.AuthenticateSession(ctx, ports.Secret(in.Session), c.RequestID)
	if err == nil {
		by.From = c.From
		err = a.office.SignOut(ctx, by, ports.Secret(in.Session))
	}
	if err != nil && fault.KindOf(err) != fault.Unauthorized {
		return nil, err
	}
	return &cookieOut{SetCookie: a.sessionIs("", time.Time{})}, nil
}

type meOut struct {
	Body struct {
		Principal principalOut `json:"principal"`
	}
}

func (a *API) me(ctx context.Context, c *call, _ *none) (*meOut, error) {
	p, err := a.office.Principal(ctx, c.Principal)
	if err != nil {
		return nil, err
	}
	var out meOut
	out.Body.Principal = shownPrincipal(p)
	return &out, nil
}
