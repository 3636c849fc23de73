package backoffice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// PrincipalKind says whether a principal is a person or a program.
type PrincipalKind string

// The kinds of principals.
const (
	User    PrincipalKind = "user"
	Service PrincipalKind = "service"
)

// PrincipalStatus says whether a principal may come in.
type PrincipalStatus string

// The statuses of a principal.
const (
	Active   PrincipalStatus = "active"
	Disabled PrincipalStatus = "disabled"
)

const (
	// longestToken is the longest life of a service's token.
	longestToken = 366 * 24 * time.Hour
	partAccess   = "access"
)

// Principal is a person or a program with access.
type Principal struct {
	ID   string        `json:"id"`
	Kind PrincipalKind `json:"kind"`
	// Name is for people, 1 to 80 characters; a user's is its e-mail address where none is given.
	Name string `json:"name"`
	// Email names a user; it is bound to the first verified sign-in with it, whose subject is GoogleSub.
	Email     string `json:"email,omitempty"`
	GoogleSub string `json:"google_sub,omitempty"`
	Role      Role   `json:"role"`
	// Businesses are ids, or AllBusinesses alone.
	Businesses []string        `json:"business_ids"`
	Status     PrincipalStatus `json:"status"`
	// TokenPrefix is how a service's token begins, TokenHash the hex SHA-256 of the whole.
	TokenPrefix string `json:"token_prefix,omitempty"`
	TokenHash   string `json:"token_sha256,omitempty"`
	// ExpiresAt ends the token of a service; zero for a user.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Meta
}

// caller is the principal as one who calls.
func (p Principal) caller(requestID string) Caller {
	return Caller{Principal: p.ID, Kind: p.Kind, Role: p.Role, Businesses: p.Businesses, RequestID: requestID}
}

// outside is the principal as one who is known and may not come in: the trail names it, and it may do nothing.
func (p Principal) outside(requestID string) Caller {
	return Caller{Principal: p.ID, Kind: p.Kind, RequestID: requestID}
}

// target is the principal in the audit trail.
func (p Principal) target() Target { return Target{Type: "principal", ID: p.ID} }

// known is the principal without what identifies a person or a token, for hashes of the trail.
func (p Principal) known() any {
	if p.ID == "" {
		return nil
	}
	p.GoogleSub, p.TokenHash, p.TokenPrefix = "", "", ""
	if p.Name == p.Email {
		p.Name = ""
	}
	if p.Email != "" {
		p.Email = digest(p.Email)
	}
	return p
}

func principalKey(id string) ports.Key {
	return ports.Key{Partition: partAccess, Sort: "principal/" + id}
}
func emailKey(email string) ports.Key {
	return ports.Key{Partition: partAccess, Sort: "email/" + digest(email)}
}
func subjectKey(sub string) ports.Key {
	return ports.Key{Partition: partAccess, Sort: "subject/" + digest(sub)}
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// NewPrincipal says who is given access.
type NewPrincipal struct {
	Kind PrincipalKind
	// Name may be empty for a user.
	Name       string
	Email      string
	Role       Role
	Businesses []string
	// ExpiresAt ends a service's token, at most a year and a day from now.
	ExpiresAt time.Time
}

// CreatePrincipal gives access. A service's token is returned this once. Errors: catalog.Problems, Conflict (the e-mail is
// known), Rejected (the caller's own access was taken away meanwhile).
func (o *Office) CreatePrincipal(ctx context.Context, by Caller, n NewPrincipal) (p Principal, token ports.Secret, err error) {
	p = Principal{
		ID: o.IDs.NewID(), Kind: n.Kind, Name: catalog.Line(n.Name), Email: strings.ToLower(strings.TrimSpace(n.Email)), Role: n.Role,
		Businesses: slices.Clone(n.Businesses), Status: Active, ExpiresAt: toMilli(n.ExpiresAt), Meta: Meta{}.next(o.now()),
	}
	if p.Kind == User && p.Name == "" {
		p.Name = p.Email
	}
	if err := p.check(o.now()).Err(); err != nil {
		return Principal{}, "", err
	}
	if err := o.checkBusinesses(ctx, p.Businesses, nil); err != nil {
		return Principal{}, "", err
	}
	if p.Kind == Service {
		token = o.newToken(&p)
	}
	keys := []ports.Key{principalKey(p.ID), adminsKey(), principalKey(by.Principal)}
	err = o.act(ctx, by, Action{"principal.create", p.target()}, keys, func(tx ports.Tx, n *note) error {
		if err := still(tx, by); err != nil {
			return err
		}
		if p.Email != "" {
			if _, known := tx.Get(emailKey(p.Email)); known {
				return fault.New(fault.Conflict, "a user with this e-mail address is known already: change that one")
			}
			tx.Put(record(emailKey(p.Email), kindPointer, p.ID))
		}
		n.changed(nil, p.known())
		return writePrincipal(tx, o.now(), Principal{}, p)
	})
	if err != nil {
		return Principal{}, "", err
	}
	return p, token, nil
}

// writePrincipal writes the principal with what leads to it, and keeps the list of admins. The decision has read the record.
func writePrincipal(tx ports.Tx, now time.Time, was, is Principal) error {
	if was.TokenPrefix != is.TokenPrefix && was.TokenPrefix != "" {
		tx.Get(tokenKey(was.TokenPrefix))
		tx.Delete(tokenKey(was.TokenPrefix))
	}
	if was.TokenPrefix != is.TokenPrefix {
		tx.Create(record(tokenKey(is.TokenPrefix), kindPointer, is.ID))
	}
	if err := keepAdmins(tx, now, was, is); err != nil {
		return err
	}
	tx.Get(principalKey(is.ID))
	tx.Put(record(principalKey(is.ID), kindPrincipal, is))
	return nil
}

// Principal reads one. It is fault.NotFound when there is none.
func (o *Office) Principal(ctx context.Context, id string) (Principal, error) {
	r, err := o.Store.Get(ctx, principalKey(id))
	if err != nil {
		return Principal{}, missing(err, "principal")
	}
	return read[Principal](r)
}

// missing says what was not found without naming what was asked for.
func missing(err error, what string) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.NotFound, "there is no such %s", what)
	}
	return err
}

// Principals lists them by id, which is the order of their making.
func (o *Office) Principals(ctx context.Context, limit int, cursor string) ([]Principal, string, error) {
	r := ports.Prefix(partAccess, "principal/")
	r.Limit = pageSize(limit)
	if cursor != "" {
		r.From = "principal/" + cursor + "\x01"
	}
	page, err := o.Store.List(ctx, r)
	if err != nil {
		return nil, "", err
	}
	list := make([]Principal, 0, len(page.Records))
	for _, r := range page.Records {
		p, err := read[Principal](r)
		if err != nil {
			return nil, "", err
		}
		list = append(list, p)
		cursor = p.ID
	}
	if page.Cursor == "" {
		cursor = ""
	}
	return list, cursor, nil
}
