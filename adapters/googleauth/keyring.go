package googleauth

import (
	"context"
	"crypto/rsa"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// Stale is how long after they were fetched keys serve when no newer ones can be had.
	Stale = 24 * time.Hour
	// Pause is the least time between two requests for keys while there are some, whatever the tokens name.
	Pause = time.Minute
	// FirstPause is the least time after a failed request for keys while there are none: nobody can sign in, so a minute
	// would be too long.
	FirstPause = 5 * time.Second
)

// keyring is what is known of the issuer's keys. It is safe for concurrent use.
type keyring struct {
	clock ports.Clock
	fetch func(context.Context) (*keySet, error)

	// mu is held for moments only, never over a request.
	mu sync.Mutex
	// set is the last one that could be had; nil means none yet.
	set *keySet
	// tried is when the last request ended, and failure its error.
	tried   time.Time
	failure error
	// flight is closed when the request that goes on ends; nil means that none does.
	flight chan struct{}
}

// keySet is one answer of the issuer. It does not change.
type keySet struct {
	keys map[string]*rsa.PublicKey
	// fetched is when it was asked for, life how long it is fresh from then on.
	fetched time.Time
	life    time.Duration
}

// usable reports whether the set may serve at all.
func (s *keySet) usable(now time.Time) bool { return s != nil && within(now, s.fetched, Stale) }

// enough reports whether the set is fresh and has the key.
func (s *keySet) enough(now time.Time, kid string) bool {
	return s.usable(now) && within(now, s.fetched, s.life) && s.keys[kid] != nil
}

// find returns the key with this id, after a request if one is due. Errors: Unauthorized (the issuer has no such key),
// Unavailable, and the context's.
func (k *keyring) find(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	if flight := k.board(ctx, kid); flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return k.answer(kid)
}

// board returns the request to wait for, which it begins if need be; nil when none is due or may be made yet.
func (k *keyring) board(ctx context.Context, kid string) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if k.set.enough(now, kid) {
		return nil
	}
	if k.flight == nil && !within(now, k.tried, k.pause(now)) {
		k.flight = make(chan struct{})
		// Whoever comes later must not fail because the first one has left.
		go k.fly(context.WithoutCancel(ctx))
	}
	return k.flight
}

// pause is the least time between two requests. The caller holds mu.
func (k *keyring) pause(now time.Time) time.Duration {
	if k.set.usable(now) {
		return Pause
	}
	return FirstPause
}

// fly makes one request. What it does not bring leaves the old keys where they are.
func (k *keyring) fly(ctx context.Context) {
	set, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.set = set
	}
	k.tried, k.failure = k.clock.Now(), err
	close(k.flight)
	k.flight = nil
}

// answer is what is known of a key now. One that is missing may be new if the last request failed: nobody can say that the
// token is a bad one.
func (k *keyring) answer(kid string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	usable := k.set.usable(now)
	if usable && k.set.keys[kid] != nil {
		return k.set.keys[kid], nil
	}
	if usable && k.failure == nil {
		return nil, refuse("the token is not signed with one of the issuer's keys")
	}
	wait := k.tried.Add(k.pause(now)).Sub(now)
	return nil, fault.New(fault.Unavailable, "googleauth: the issuer's keys cannot be had: %v", k.failure).After(wait)
}

// within reports whether now is in the span that began at from. A clock that was set back ends it.
func within(now, from time.Time, span time.Duration) bool {
	return !from.IsZero() && !now.Before(from) && now.Before(from.Add(span))
}
