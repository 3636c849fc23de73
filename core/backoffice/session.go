package backoffice

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// longestSession is the longest that a sign-in lasts.
	longestSession = 8 * time.Hour
	// codeLife is how long a one-time code of local mode can be used.
	codeLife = 10 * time.Minute
)

// Identity is a person as Google has verified them.
type Identity struct {
	// Subject is Google's name for the account, which never changes; Email is verified and in lower case; HostedDomain is the
	// organisation that the account belongs to, empty for none.
	Subject, Email, HostedDomain string
}

// Session is a sign-in. Token is what the browser keeps; only its hash is stored.
type Session struct {
	Token   ports.Secret
	Expires time.Time
	Caller  Caller
}

// session is its stored form.
type session struct {
	Principal string    `json:"principal_id"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func sessionKey(token ports.Secret) ports.Key {
	return ports.Key{Partition: "session/" + digest(string(token))[:2], Sort: digest(string(token))}
}

// SignIn begins a session for a person; of the caller only request and address are known. It is fault.Rejected, which stands for "forbidden", when the person may not come in: the
// address is on no list, belongs to another organisation than it says, is bound to another account, or is disabled.
func (o *Office) SignIn(ctx context.Context, by Caller, who Identity) (Session, error) {
	who.Email = strings.ToLower(who.Email)
	if who.Subject == "" || !validEmail(who.Email) || !hosted(who) {
		return Session{}, notAdmitted()
	}
	var p Principal
	s, expires := o.newSession()
	fresh := o.IDs.NewID()
	keys := []ports.Key{subjectKey(who.Subject), emailKey(who.Email), adminsKey(), sessionKey(s)}
	err := o.act(ctx, by, Action{Name: "session.create"}, keys, func(tx ports.Tx, n *note) (err error) {
		if p, err = o.admit(tx, who, fresh); err != nil {
			return err
		}
		n.on(p.target())
		o.putSession(tx, s, p, expires)
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	return Session{Token: s, Expires: expires, Caller: p.caller(by.RequestID)}, nil
}

// hosted reports whether the address belongs to the organisation that the account is of: only a consumer's account is of none.
func hosted(who Identity) bool {
	_, domain, _ := strings.Cut(who.Email, "@")
	if domain == "gmail.com" || domain == "googlemail.com" {
		return who.HostedDomain == ""
	}
	return strings.EqualFold(who.HostedDomain, domain)
}

func notAdmitted() error {
	return fault.New(fault.Rejected, "this account may not sign in: ask an admin to add it")
}

// admit finds the person's principal, binds it to the account, or makes one for an address of the lists.
func (o *Office) admit(tx ports.Tx, who Identity, fresh string) (Principal, error) {
	id, bound, err := get[string](tx, subjectKey(who.Subject))
	if err != nil {
		return Principal{}, err
	}
	named, known, err := get[string](tx, emailKey(who.Email))
	if err != nil {
		return Principal{}, err
	}
	switch {
	case bound:
		return principalOf(tx, id)
	case known:
		return o.bind(tx, named, who)
	case o.listed(who):
		return o.welcome(tx, fresh, who)
	}
	return Principal{}, notAdmitted()
}

func principalOf(tx ports.Tx, id string) (Principal, error) {
	p, found, err := get[Principal](tx, principalKey(id))
	if err == nil && (!found || p.Status != Active) {
		err = notAdmitted()
	}
	return p, err
}

// bind ties a principal to the account of its first sign-in. One that is tied to another account is not this person's.
func (o *Office) bind(tx ports.Tx, id string, who Identity) (Principal, error) {
	was, err := principalOf(tx, id)
	if err != nil {
		return was, err
	}
	if was.GoogleSub != "" {
		return was, notAdmitted()
	}
	is := was
	is.GoogleSub, is.Meta = who.Subject, was.next(o.now())
	tx.Put(record(subjectKey(who.Subject), kindPointer, id))
	return is, writePrincipal(tx, o.now(), was, is)
}

func (o *Office) listed(who Identity) bool {
	_, domain, _ := strings.Cut(who.Email, "@")
	return slices.Contains(o.options.AllowedEmails, who.Email) || slices.Contains(o.options.AllowedDomains, domain)
}

// welcome makes a principal for an address of the lists: the first one of all is an admin, those after it see nothing until
// an admin says what.
func (o *Office) welcome(tx ports.Tx, id string, who Identity) (Principal, error) {
	admins, _, err := get[[]string](tx, adminsKey())
	if err != nil {
		return Principal{}, err
	}
	p := Principal{
		ID: id, Kind: User, Name: who.Email, Email: who.Email, GoogleSub: who.Subject, Role: Viewer, Businesses: []string{}, Status: Active, Meta: Meta{}.next(o.now()),
	}
	if len(admins) == 0 {
		p.Role, p.Businesses = Admin, []string{AllBusinesses}
	}
	tx.Put(record(subjectKey(who.Subject), kindPointer, id))
	tx.Put(record(emailKey(who.Email), kindPointer, id))
	return p, writePrincipal(tx, o.now(), Principal{}, p)
}

func (o *Office) newSession() (ports.Secret, time.Time) {
	a, b := o.IDs.NewToken(), o.IDs.NewToken()
	return ports.Secret("mbs_" + hex.EncodeToString(a[:]) + hex.EncodeToString(b[:])), o.now().Add(o.options.Session)
}

func (o *Office) putSession(tx ports.Tx, token ports.Secret, p Principal, expires time.Time) {
	key := sessionKey(token)
	tx.Get(key)
	r := record(key, kindSession, session{Principal: p.ID, CreatedAt: o.now(), ExpiresAt: expires})
	r.Expires = expires
	tx.Put(r)
}

// AuthenticateSession finds whose session the token is of. It is fault.Unauthorized when it is nobody's, has ended, or the
// principal is disabled. With that error the caller has no role, and a name where the session is known, for the trail alone.
func (o *Office) AuthenticateSession(ctx context.Context, token ports.Secret, requestID string) (Caller, error) {
	if !strings.HasPrefix(string(token), "mbs_") || len(token) != len("mbs_")+64 {
		return Caller{}, refused()
	}
	r, err := o.Store.Get(ctx, sessionKey(token))
	if fault.KindOf(err) == fault.NotFound {
		return Caller{}, refused()
	}
	if err != nil {
		return Caller{}, err
	}
	s, err := read[session](r)
	if err != nil {
		return Caller{}, err
	}
	p, err := o.Principal(ctx, s.Principal)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Caller{}, err
	}
	if err != nil {
		return Caller{}, refused()
	}
	if p.Status != Active || !o.now().Before(s.ExpiresAt) {
		return p.outside(requestID), refused()
	}
	return p.caller(requestID), nil
}

// SignOut ends the session; one that is none is no error.
func (o *Office) SignOut(ctx context.Context, by Caller, token ports.Secret) error {
	key := sessionKey(token)
	return o.act(ctx, by, Action{"session.end", Target{Type: "principal", ID: by.Principal}}, []ports.Key{key}, func(tx ports.Tx, _ *note) error {
		tx.Get(key)
		tx.Delete(key)
		return nil
	})
}

// localAdmin is the principal that the one-time links of local mode sign in.
const localAdmin = "local-admin"

func codeKey(code ports.Secret) ports.Key {
	return ports.Key{Partition: partAccess, Sort: "code/" + digest(string(code))}
}

// NewCode makes a code that signs the admin of local mode in once, within ten minutes. It is for programs that run on the
// person's own machine.
func (o *Office) NewCode(ctx context.Context) (ports.Secret, error) {
	a, b := o.IDs.NewToken(), o.IDs.NewToken()
	code := ports.Secret(hex.EncodeToString(a[:]) + hex.EncodeToString(b[:]))
	r := record(codeKey(code), kindSecret, o.now())
	r.Expires = o.now().Add(codeLife)
	keys := []ports.Key{r.Key, principalKey(localAdmin), adminsKey()}
	return code, o.Store.Update(ctx, keys, func(tx ports.Tx) error {
		tx.Get(r.Key)
		tx.Put(r)
		if _, found := tx.Get(principalKey(localAdmin)); found {
			return nil
		}
		return writePrincipal(tx, o.now(), Principal{}, Principal{
			ID: localAdmin, Kind: User, Name: "Local admin", Role: Admin, Businesses: []string{AllBusinesses}, Status: Active, Meta: Meta{}.next(o.now()),
		})
	})
}

// UseCode begins a session for a code, which ends with it. It is fault.Unauthorized when the code is none, was used, or is too old.
func (o *Office) UseCode(ctx context.Context, by Caller, code ports.Secret) (Session, error) {
	var p Principal
	s, expires := o.newSession()
	keys := []ports.Key{codeKey(code), principalKey(localAdmin), sessionKey(s)}
	err := o.act(ctx, by, Action{"session.create", Target{Type: "principal", ID: localAdmin}}, keys, func(tx ports.Tx, _ *note) (err error) {
		made, found, err := get[time.Time](tx, codeKey(code))
		if err != nil {
			return err
		}
		if !found || o.now().Sub(made) >= codeLife {
			return fault.New(fault.Unauthorized, "this link was used or is older than ten minutes: make another one")
		}
		if p, err = principalOf(tx, localAdmin); err != nil {
			return err
		}
		tx.Delete(codeKey(code))
		o.putSession(tx, s, p, expires)
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	return Session{Token: s, Expires: expires, Caller: p.caller(by.RequestID)}, nil
}

// Key is a secret of 32 bytes that all programs over this store share, made when it is first asked for. It seals what is given
// out and comes back, such as cursors.
func (o *Office) Key(ctx context.Context, name string) (ports.Secret, error) {
	key := ports.Key{Partition: partAccess, Sort: "key/" + name}
	a, b := o.IDs.NewToken(), o.IDs.NewToken()
	var text string
	err := o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) (err error) {
		var found bool
		if text, found, err = get[string](tx, key); err != nil || found {
			return err
		}
		text = hex.EncodeToString(a[:]) + hex.EncodeToString(b[:])
		tx.Put(record(key, kindSecret, text))
		return nil
	})
	if err != nil {
		return "", err
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) != 32 {
		return "", fault.New(fault.Corrupt, "backoffice: the key %s cannot be read", name)
	}
	return ports.Secret(secret), nil
}
