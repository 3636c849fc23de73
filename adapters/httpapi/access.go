package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// InPrincipal is the parameter of every route of one principal.
type InPrincipal struct {
	ID string `path:"principal_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

type principalBody struct {
	ETag string `header:"ETag"`
	Body struct {
		Principal principalOut `json:"principal"`
	}
}

type tokenBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Principal principalOut `json:"principal"`
		// Token is shown this once.
		Token string `json:"token,omitempty" doc:"the token of a service, shown this once"`
	}
}

type principalList struct {
	Body struct {
		Principals []principalOut `json:"principals" nullable:"false"`
		NextCursor *string        `json:"next_cursor"`
	}
}

type newPrincipal struct {
	Body struct {
		Kind       backoffice.PrincipalKind `json:"kind" enum:"user,service"`
		Name       string                   `json:"name,omitempty" minLength:"1" maxLength:"80" doc:"a service's must be given; a user's is its e-mail address in lower case by default"`
		Email      string                   `json:"email,omitempty" maxLength:"254" doc:"of a user"`
		Role       backoffice.Role          `json:"role" enum:"viewer,operator,admin"`
		Businesses []string                 `json:"business_ids" minItems:"0" maxItems:"1000" nullable:"false" doc:"ids of businesses, or * alone for all"`
		ExpiresAt  time.Time                `json:"expires_at,omitzero" doc:"end of a service's token, at most a year ahead"`
	}
}

type changePrincipal struct {
	InPrincipal
	Revised
	Body struct {
		Name       *string                     `json:"name,omitempty" minLength:"1" maxLength:"80"`
		Role       *backoffice.Role            `json:"role,omitempty" enum:"viewer,operator,admin"`
		Businesses *[]string                   `json:"business_ids,omitempty" maxItems:"1000"`
		Status     *backoffice.PrincipalStatus `json:"status,omitempty" enum:"active,disabled"`
		ExpiresAt  *time.Time                  `json:"expires_at,omitempty"`
	}
}

// defineAccess are the rows about who has access.
func defineAccess(a *API) {
	const base, one = "/api/principals", "/api/principals/{principal_id}"
	add(a, route{method: http.MethodGet, path: base, id: "principal-list", summary: "Who has access", tag: "principal", role: backoffice.Admin}, a.principals)
	add(a, route{method: http.MethodPost, path: base, id: "principal-create", summary: "Give access", tag: "principal", secret: true, role: backoffice.Admin, status: http.StatusCreated}, a.createPrincipal)
	add(a, route{method: http.MethodGet, path: one, id: "principal-get", summary: "One principal", tag: "principal", role: backoffice.Admin}, a.principal)
	add(a, route{method: http.MethodPatch, path: one, id: "principal-update", summary: "Change or disable access", tag: "principal", role: backoffice.Admin, revised: true}, a.changePrincipal)
	add(a, route{method: http.MethodPost, path: one + "/rotate", id: "principal-rotate", summary: "Give a service a new token", tag: "principal", secret: true, role: backoffice.Admin, revised: true}, a.rotate)
}

func (a *API) principals(ctx context.Context, c *call, in *Paging) (*principalList, error) {
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.office.Principals(ctx, in.Limit, from)
	if err != nil {
		return nil, err
	}
	var out principalList
	out.Body.Principals = make([]principalOut, len(list))
	for i, p := range list {
		out.Body.Principals[i] = shownPrincipal(p)
	}
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}

func (a *API) createPrincipal(ctx context.Context, c *call, in *newPrincipal) (*tokenBody, error) {
	b := in.Body
	p, token, err := a.office.CreatePrincipal(ctx, c.Caller, backoffice.NewPrincipal{
		Kind: b.Kind, Name: b.Name, Email: b.Email, Role: b.Role, Businesses: b.Businesses, ExpiresAt: b.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	c.secret = token != "" // a user has none
	out := tokenBody{ETag: etag(p.Revision), Location: "/api/principals/" + p.ID}
	out.Body.Principal, out.Body.Token = shownPrincipal(p), string(token)
	return &out, nil
}

func (a *API) principal(ctx context.Context, _ *call, in *InPrincipal) (*principalBody, error) {
	p, err := a.office.Principal(ctx, in.ID)
	return onePrincipal(p, err)
}

func onePrincipal(p backoffice.Principal, err error) (*principalBody, error) {
	if err != nil {
		return nil, err
	}
	out := principalBody{ETag: etag(p.Revision)}
	out.Body.Principal = shownPrincipal(p)
	return &out, nil
}

func (a *API) changePrincipal(ctx context.Context, c *call, in *changePrincipal) (*principalBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	b := in.Body
	p, err := a.office.ChangePrincipal(ctx, c.Caller, in.ID, revision, backoffice.PrincipalChange{
		Name: b.Name, Role: b.Role, Businesses: b.Businesses, Status: b.Status, ExpiresAt: b.ExpiresAt,
	})
	return onePrincipal(p, err)
}

func (a *API) rotate(ctx context.Context, c *call, in *struct {
	InPrincipal
	Revised
	Body *struct {
		ExpiresAt time.Time `json:"expires_at,omitzero" doc:"end of the new token; by default that of the old one"`
	}
},
) (*tokenBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	var until time.Time
	if in.Body != nil {
		until = in.Body.ExpiresAt
	}
	p, token, err := a.office.RotateToken(ctx, c.Caller, in.ID, revision, until)
	if err != nil {
		return nil, err
	}
	out := tokenBody{ETag: etag(p.Revision), Location: "/api/principals/" + p.ID}
	out.Body.Principal, out.Body.Token = shownPrincipal(p), string(token)
	return &out, nil
}
