package backoffice

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// newToken gives the service a new token and returns it: its first 16 characters name the principal.
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

// RotateToken gives a service a new token, shown this once; the old one ends. It must stand at the revision; ExpiresAt is
// the new one's. Errors: as ChangePrincipal's; Conflict (a user has no token).
func (o *Office) RotateToken(ctx context.Context, by Caller, id string, seen int64, expiresAt time.Time) (p Principal, token ports.Secret, err error) {
	p, err = o.changePrincipal(ctx, by, "principal.rotate", id, seen, true, func(p *Principal) error {
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

// AuthenticateToken finds who bears a service's token. It is fault.Unauthorized when the token is none, has expired or was
// replaced, or the service is disabled: which of them is not told. With that error the caller has no role, and a name where the token is
// a known service's whole one, for the trail alone.
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
	if subtle.ConstantTimeCompare([]byte(digest(text)), []byte(p.TokenHash)) != 1 {
		return Caller{}, refused() // nobody is named by a part that lists show
	}
	if !p.current(o.now()) {
		return p.outside(requestID), refused()
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
