package googleauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultJWKSURL is where Google publishes its keys (jwks_uri of its discovery document).
	DefaultJWKSURL = "https://www.googleapis.com/oauth2/v3/certs"
	// Timeout bounds one request for keys.
	Timeout = 5 * time.Second
	// MaxKeys is the longest answer with keys in bytes. Google's has about 1,500.
	MaxKeys = 150_000
)

// Options are the settings of a Verifier. Nil, and each field's zero value, are sensible.
type Options struct {
	// JWKSURL is the one address that keys come from; empty means DefaultJWKSURL. It is https, or http on this machine.
	JWKSURL string
	// Client makes the requests; nil means one of its own. It follows no redirect, whatever its own rule.
	Client *http.Client
}

// source is where keys come from.
type source struct {
	clock  ports.Clock
	client http.Client
	// request is copied for each one that is made.
	request *http.Request
}

func newSource(clock ports.Clock, options *Options) (*source, error) {
	address, s := DefaultJWKSURL, &source{clock: clock}
	if options != nil && options.JWKSURL != "" {
		address = options.JWKSURL
	}
	if options != nil && options.Client != nil {
		s.client = *options.Client
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request, err := http.NewRequest(http.MethodGet, address, http.NoBody)
	if err != nil || !trustworthy(request.URL) {
		return nil, fault.New(fault.Invalid, "googleauth: the address of the keys must be an absolute https address")
	}
	s.request = request
	return s, nil
}

// trustworthy reports whether nobody on the way can swap what comes from an address.
func trustworthy(u *url.URL) bool {
	if u.Hostname() == "" || u.User != nil {
		return false
	}
	here := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

// fetch makes one request under a time limit. Its errors say what went wrong, without a kind and never wrapping a
// context's error: the limit is not the caller's.
func (s *source) fetch(ctx context.Context) (*keySet, error) {
	now := s.clock.Now()
	ctx, cancel := s.clock.WithDeadline(ctx, now.Add(Timeout))
	defer cancel()
	response, err := s.client.Do(s.request.Clone(ctx))
	if err != nil {
		return nil, unreached(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxKeys+1))
	if err != nil {
		return nil, unreached(err)
	}
	keys, err := decode(body)
	if err != nil {
		return nil, err
	}
	return &keySet{keys: keys, fetched: now, life: life(response.Header)}, nil
}

// unreached says why there was no answer, in our own words: those of the network name addresses.
func unreached(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return errors.New("the server could not be reached")
}
