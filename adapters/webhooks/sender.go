package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultTimeout bounds an attempt, from the look-up of the name to the last byte that is read.
	DefaultTimeout = 15 * time.Second
	// MaxBody is the largest body of a delivery in bytes: Standard Webhooks advises less than 20 KB.
	MaxBody = 20 << 10
	// MaxAnswer is how much of an answer's body is read, and how large its header may be, in bytes.
	MaxAnswer = 64 << 10
	// longestID is the longest webhook-id in bytes.
	longestID = 64
)

type (
	// Delivery is that of core/backoffice.
	Delivery = backoffice.WebhookDelivery
	// Result is that of core/backoffice.
	Result = backoffice.WebhookResult
)

// Options are the settings of a Sender. Nil, and each field's zero value, are sensible.
type Options struct {
	// Timeout bounds an attempt; 0 means DefaultTimeout.
	Timeout time.Duration
	// Resolver looks up names; nil means the system's.
	Resolver *net.Resolver
	// Route, for tests and local mode, gives the addresses of a host in place of the Resolver, to be tried in their order.
	// They pass the same guard. Nil for none.
	Route func(ctx context.Context, host string) ([]netip.AddrPort, error)
	// Allow, for tests and local mode, makes exceptions from the rule that addresses are public and the port is 443. Nil
	// means that there are none.
	Allow func(netip.AddrPort) bool
	// RootCAs are the authorities that receivers' certificates are checked by; nil means the system's.
	RootCAs *x509.CertPool
}

// Sender makes attempts to deliver. It is safe for concurrent use.
type Sender struct {
	clock     ports.Clock
	timeout   time.Duration
	transport *http.Transport
}

var _ backoffice.WebhookSender = (*Sender)(nil)

// New returns a sender. It connects to nothing yet.
func New(clock ports.Clock, options *Options) *Sender {
	if options == nil {
		options = &Options{}
	}
	timeout := options.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	dialer := newDialer(timeout, options)
	return &Sender{clock: clock, timeout: timeout, transport: &http.Transport{
		Proxy:                  nil, // a proxy would do the look-up and the connecting, out of the guard's sight
		DialContext:            dialer.dial,
		TLSClientConfig:        &tls.Config{RootCAs: options.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    timeout,
		DisableKeepAlives:      true, // each attempt has its own look-up and its own check
		DisableCompression:     true, // no answer grows while it is read
		MaxResponseHeaderBytes: MaxAnswer,
	}}
}

// Send makes one attempt. See backoffice.WebhookSender.
func (s *Sender) Send(ctx context.Context, d Delivery) (Result, error) {
	began := s.clock.Now()
	request, err := s.request(d, began)
	if err != nil {
		return Result{Failure: backoffice.FailureRequest}, err
	}
	limited, cancel := s.clock.WithDeadline(ctx, began.Add(s.timeout))
	defer cancel()
	result, err := s.exchange(limited, d.ID, request)
	result.Duration = max(s.clock.Now().Sub(began), 0)
	if ctx.Err() != nil && err != nil {
		return result, ctx.Err()
	}
	return result, err
}

// request is the signed request, or why there can be none.
func (s *Sender) request(d Delivery, now time.Time) (*http.Request, error) {
	if err := checkDelivery(d); err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "webhooks: delivery %s: its url is none", d.ID)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "MarketBrewer-Webhooks/1")
	return request, sign(request.Header, d, now)
}

func checkDelivery(d Delivery) error {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	if d.ID == "" || len(d.ID) > longestID || strings.Trim(d.ID, letters) != "" {
		return fault.New(fault.Invalid, "webhooks: a delivery's id must be 1 to %d of A-Z a-z 0-9 _ -", longestID)
	}
	if len(d.Body) > MaxBody {
		return fault.New(fault.Invalid, "webhooks: delivery %s: its body has %d bytes, more than %d", d.ID, len(d.Body), MaxBody)
	}
	return backoffice.CheckURL(d.URL)
}

// exchange sends the request once, whatever comes back: RoundTrip follows no redirect.
func (s *Sender) exchange(ctx context.Context, id string, request *http.Request) (Result, error) {
	defer s.transport.CloseIdleConnections() // ends a dial that nobody waits for any more; the transport lets it go on
	response, err := s.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return failed(ctx, id, err)
	}
	defer response.Body.Close()
	result := Result{Status: response.StatusCode, RetryAfter: retryAfter(response.Header, s.clock.Now())}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, MaxAnswer))
	if err != nil && ctx.Err() != nil {
		result.Failure = backoffice.FailureTimeout
		return result, fault.New(fault.Unavailable, "webhooks: delivery %s: the end of the answer did not come in time", id).MaybeDone()
	}
	return judged(result, id) // a body that broke off changes nothing: the status had come
}
