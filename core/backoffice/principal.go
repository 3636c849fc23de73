package backoffice

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	// Name is for people, 1 to 80 characters.
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

// target is the principal in the audit trail.
func (p Principal) target() Target { return Target{Type: "principal", ID: p.ID} }

// known is the principal without what identifies a person or a token, for hashes of the trail.
func (p Principal) known() any {
	if p.ID == "" {
		return nil
	}
	p.GoogleSub, p.TokenHash, p.TokenPrefix = "", "", ""
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

// adminsKey names the ids of the active admins, so that none of two who are lowered at once is the last one.
func adminsKey() ports.Key { return ports.Key{Partition: partAccess, Sort: "admins"} }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// NewPrincipal says who is given access.
type NewPrincipal struct {
	Kind       PrincipalKind
	Name       string
	Email      string
	Role       Role
	Businesses []string
	// ExpiresAt ends a service's token, at most a year and a day from now.
	ExpiresAt time.Time
}

// CreatePrincipal gives access. A service's token is returned this once. Errors: catalog.Problems, Conflict (the e-mail is
// known).
func (o *Office) CreatePrincipal(ctx context.Context, by Caller, n NewPrincipal) (p Principal, token ports.Secret, err error) {
	p = Principal{
		ID: o.IDs.NewID(), Kind: n.Kind, Name: strings.TrimSpace(n.Name), Email: strings.ToLower(strings.TrimSpace(n.Email)), Role: n.Role,
		Businesses: slices.Clone(n.Businesses), Status: Active, ExpiresAt: toMilli(n.ExpiresAt), Meta: Meta{}.next(o.now()),
	}
	if err := p.check(o.now()).Err(); err != nil {
		return Principal{}, "", err
	}
	if p.Kind == Service {
		token = o.newToken(&p)
	}
	keys := []ports.Key{principalKey(p.ID), adminsKey()}
	err = o.act(ctx, by, Action{"principal.create", p.target()}, keys, func(tx ports.Tx, n *note) error {
		if p.Email != "" {
			if _, known := tx.Get(emailKey(p.Email)); known {
				return fault.New(fault.Conflict, "a user with this e-mail address is known already: change that one")
			}
			tx.Put(record(emailKey(p.Email), kindPointer, p.ID))
		}
		n.changed(nil, p.known())
		return writePrincipal(tx, Principal{}, p)
	})
	if err != nil {
		return Principal{}, "", err
	}
	return p, token, nil
}

// check is every rule of a principal by itself.
func (p Principal) check(now time.Time) (problems catalog.Problems) {
	add := func(path, message string) {
		problems = append(problems, catalog.Problem{Path: path, Message: message})
	}
	if n := utf8.RuneCountInString(p.Name); n < 1 || n > 80 {
		add("/name", "a name has 1 to 80 characters")
	}
	if !slices.Contains(Roles(), p.Role) {
		add("/role", "a role is viewer, operator or admin")
	}
	if slices.Contains(p.Businesses, AllBusinesses) && len(p.Businesses) > 1 {
		add("/business_ids", "\"*\" stands alone: it means every business")
	}
	for _, id := range p.Businesses {
		if id != AllBusinesses && !catalog.ValidID(id) {
			add("/business_ids", "give ids of businesses, or \"*\" alone for all")
			break
		}
	}
	if p.Status != Active && p.Status != Disabled {
		add("/status", "a status is active or disabled")
	}
	switch p.Kind {
	case User:
		if !validEmail(p.Email) {
			add("/email", "a user is named by an e-mail address of at most 254 characters")
		}
		if !p.ExpiresAt.IsZero() {
			add("/expires_at", "only a service's token expires")
		}
	case Service:
		if p.Email != "" {
			add("/email", "a service has no e-mail address")
		}
		if !p.ExpiresAt.After(now) || p.ExpiresAt.Sub(now) > longestToken {
			add("/expires_at", "a token expires within a year: give a time between now and then")
		}
	default:
		add("/kind", "a kind is user or service")
	}
	return problems
}

// validEmail is the form of an address: the rest is for the one who sends a letter.
func validEmail(s string) bool {
	name, domain, found := strings.Cut(s, "@")
	return found && name != "" && strings.Contains(domain, ".") && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n<>\"") && !strings.Contains(domain, "@")
}

// newToken gives the service a new token and returns it: its first 22 characters name the principal.
func (o *Office) newToken(p *Principal) ports.Secret {
	a, b, c := o.IDs.NewToken(), o.IDs.NewToken(), o.IDs.NewToken()
	name := hex.EncodeToString(a[:6])
	text := tokenMark + name + "_" + hex.EncodeToString(b[:]) + hex.EncodeToString(c[:])
	p.TokenPrefix, p.TokenHash = tokenMark+name, digest(text)
	return ports.Secret(text)
}

const (
	// tokenMark begins every token, so that tools that look for leaked keys know one.
	tokenMark = "mbt_"
	// tokenLength is that of a whole token: the mark, 6 bytes that name it and 32 that are secret, in hex.
	tokenLength  = len(tokenMark) + 12 + 1 + 64
	prefixLength = len(tokenMark) + 12
)

func tokenKey(prefix string) ports.Key {
	return ports.Key{Partition: partAccess, Sort: "token/" + prefix}
}

// writePrincipal writes the principal with what leads to it, and keeps the list of admins. The decision has read the record.
func writePrincipal(tx ports.Tx, was, is Principal) error {
	if was.TokenPrefix != is.TokenPrefix && was.TokenPrefix != "" {
		tx.Get(tokenKey(was.TokenPrefix))
		tx.Delete(tokenKey(was.TokenPrefix))
	}
	if was.TokenPrefix != is.TokenPrefix {
		tx.Create(record(tokenKey(is.TokenPrefix), kindPointer, is.ID))
	}
	if err := keepAdmins(tx, was, is); err != nil {
		return err
	}
	tx.Get(principalKey(is.ID))
	tx.Put(record(principalKey(is.ID), kindPrincipal, is))
	return nil
}

func keepAdmins(tx ports.Tx, was, is Principal) error {
	led, leads := was.Role == Admin && was.Status == Active, is.Role == Admin && is.Status == Active
	if led == leads {
		return nil
	}
	admins, _, err := get[[]string](tx, adminsKey())
	if err != nil {
		return err
	}
	if leads {
		admins = append(admins, is.ID)
	} else if admins = slices.DeleteFunc(admins, func(id string) bool { return id == is.ID }); len(admins) == 0 {
		return fault.New(fault.Conflict, "this is the last admin: make somebody else one before")
	}
	tx.Put(record(adminsKey(), kindPointer, admins))
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

// PrincipalChange is what to change of a principal; nil keeps.
type PrincipalChange struct {
	Name       *string
	Role       *Role
	Businesses *[]string
	Status     *PrincipalStatus
	ExpiresAt  *time.Time
}

// ChangePrincipal changes a principal that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Conflict (it is
// the last admin, or the caller's own access).
func (o *Office) ChangePrincipal(ctx context.Context, by Caller, id string, seen int64, c PrincipalChange) (Principal, error) {
	access := c.Role != nil || c.Businesses != nil || c.Status != nil || c.ExpiresAt != nil
	return o.changePrincipal(ctx, by, "principal.update", id, seen, access, func(p *Principal) error {
		set(&p.Name, c.Name)
		p.Name = strings.TrimSpace(p.Name)
		set(&p.Role, c.Role)
		set(&p.Businesses, c.Businesses)
		set(&p.Status, c.Status)
		set(&p.ExpiresAt, c.ExpiresAt)
		p.ExpiresAt = toMilli(p.ExpiresAt)
		if c.ExpiresAt == nil && p.Kind == Service { // what has expired can still be renamed or disabled
			was := *p
			was.ExpiresAt = o.now().Add(time.Hour)
			return was.check(o.now()).Err()
		}
		return p.check(o.now()).Err()
	})
}

// toMilli is a time as records keep it: UTC, to the millisecond.
func toMilli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func set[T any](v *T, to *T) {
	if to != nil {
		*v = *to
	}
}

// RotateToken gives a service a new token, shown this once; the old one ends. ExpiresAt is the new one's. Errors: as
// ChangePrincipal's; Conflict (a user has no token).
func (o *Office) RotateToken(ctx context.Context, by Caller, id string, expiresAt time.Time) (p Principal, token ports.Secret, err error) {
	p, err = o.changePrincipal(ctx, by, "principal.rotate", id, Any, true, func(p *Principal) error {
		if p.Kind != Service {
			return fault.New(fault.Conflict, "a user has no token: rotate that of a service")
		}
		if !expiresAt.IsZero() {
			p.ExpiresAt = toMilli(expiresAt)
		}
		token = o.newToken(p)
		return p.check(o.now()).Err()
	})
	return p, token, err
}

// changePrincipal changes one; itself says that the change could lock out who makes it.
func (o *Office) changePrincipal(ctx context.Context, by Caller, action, id string, seen int64, itself bool, change func(*Principal) error) (is Principal, err error) {
	keys := []ports.Key{principalKey(id), adminsKey()}
	err = o.act(ctx, by, Action{action, Target{Type: "principal", ID: id}}, keys, func(tx ports.Tx, n *note) error {
		was, found, err := get[Principal](tx, principalKey(id))
		if err != nil || !found {
			return cmpErr(err, fault.New(fault.NotFound, "there is no such principal"))
		}
		if err := was.match(seen); err != nil {
			return err
		}
		if by.Principal == id && itself {
			return fault.New(fault.Conflict, "nobody takes their own access away: let another admin do it")
		}
		is = was
		is.Businesses = slices.Clone(was.Businesses)
		if err := change(&is); err != nil {
			return err
		}
		is.Meta = was.next(o.now())
		n.changed(was.known(), is.known())
		return writePrincipal(tx, was, is)
	})
	if err != nil {
		return Principal{}, err
	}
	return is, nil
}

// cmpErr is the first error that is one.
func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// AuthenticateToken finds who bears a service's token. It is fault.Unauthorized when the token is none, has expired or was
// replaced, or the service is disabled: which of them is not told.
func (o *Office) AuthenticateToken(ctx context.Context, token ports.Secret, requestID string) (Caller, error) {
	text := string(token)
	if len(text) != tokenLength || !strings.HasPrefix(text, tokenMark) || strings.Trim(text[len(tokenMark):], "0123456789abcdef_") != "" {
		return Caller{}, refused()
	}
	id, err := o.pointer(ctx, tokenKey(text[:prefixLength]))
	if err != nil {
		return Caller{}, err
	}
	p, err := o.Principal(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return Caller{}, refused()
	}
	if err != nil {
		return Caller{}, err
	}
	if subtle.ConstantTimeCompare([]byte(digest(text)), []byte(p.TokenHash)) != 1 || p.Status != Active || !o.now().Before(p.ExpiresAt) {
		return Caller{}, refused()
	}
	return p.caller(requestID), nil
}

// pointer reads the id that a record leads to; what leads nowhere is nobody's.
func (o *Office) pointer(ctx context.Context, key ports.Key) (string, error) {
	r, err := o.Store.Get(ctx, key)
	if fault.KindOf(err) == fault.NotFound {
		return "", refused()
	}
	if err != nil {
		return "", err
	}
	return read[string](r)
}

func refused() error {
	return fault.New(fault.Unauthorized, "sign in, or give a token that is valid")
}
