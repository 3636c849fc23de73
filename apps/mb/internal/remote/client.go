// Package remote is a client of the HTTP API for the commands about jobs: what they need of the contract, and no more.
//
// Questions are asked again when the server does not answer, and so are orders, each under the one key that it was first sent with. The
// token goes over https alone, or to this machine. Errors have the kinds of core/fault and never the token.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// tries is how often a request is sent at most, firstWait how long it rests before the second try, doubled for each that follows, and
	// longestWait how long a server may ask to wait.
	tries       = 4
	firstWait   = 250 * time.Millisecond
	longestWait = time.Minute
	// answerTime bounds the wait for an answer to begin; mostAnswer how much of one is read that is no file.
	answerTime = 2 * time.Minute
	mostAnswer = 64 << 20
)

// Options are a client's settings; each zero value means the default that its comment names.
type Options struct {
	// Clock waits between tries. Default: the machine's.
	Clock ports.Clock
	// Jitter is a chance in [0, 1) for the waits. Default: the machine's.
	Jitter func() float64
	// NewKey makes the key of an order. Default: a UUID.
	NewKey func() string
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	base    string
	token   ports.Secret
	http    *http.Client
	options Options
}

// New returns a client of the server at an address such as https://api.example.com. Nothing is sent. It is fault.Invalid for an address
// that is none, or that a token would go to in plain text, and without a token.
func New(address string, token ports.Secret, options *Options) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil:
		return nil, fault.New(fault.Invalid, "remote: the server's address is no URL: give one such as https://api.example.com or http://127.0.0.1:8080")
	case u.Scheme == "http" && !own(u.Hostname()):
		return nil, fault.New(fault.Invalid, "remote: the token would go to %s in plain text: give an address that begins with https://", u.Hostname())
	case strings.TrimSpace(string(token)) == "":
		return nil, fault.New(fault.Invalid, "remote: a token is needed")
	}
	c := &Client{base: u.String(), token: ports.Secret(strings.TrimSpace(string(token)))}
	if options != nil {
		c.options = *options
	}
	if c.options.Clock == nil {
		c.options.Clock = sysclock.Clock{}
	}
	if c.options.Jitter == nil {
		c.options.Jitter = rand.Float64
	}
	if c.options.NewKey == nil {
		c.options.NewKey = sysclock.NewIDs().NewID
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: answerTime, TLSHandshakeTimeout: answerTime}
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

func own(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Close gives connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// get asks for what is at a path.
func (c *Client) get(ctx context.Context, path string, into any) error {
	return c.exchange(ctx, http.MethodGet, path, nil, into)
}

// post sends an order or a wish.
func (c *Client) post(ctx context.Context, path string, body, into any) error {
	return c.exchange(ctx, http.MethodPost, path, body, into)
}

// exchange sends a request until it is answered and reads the answer, which may be asked for as bytes.
func (c *Client) exchange(ctx context.Context, method, path string, body, into any) error {
	answer, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return c.broken(ctx, err)
	}
	if json.Unmarshal(text, into) != nil {
		return fault.New(fault.Internal, "remote: the server's answer cannot be read: is %s the API's address?", c.base)
	}
	return nil
}

// send sends a request again and again, as long as that may help.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) // texts and numbers always marshal
	}
	key := ""
	if method == http.MethodPost {
		key = c.options.NewKey()
	}
	for n := 1; ; n++ {
		answer, err := c.once(ctx, method, path, key, text)
		if err == nil || n == tries || !again(err) || ctx.Err() != nil {
			return answer, err
		}
		wait := max(fault.RetryAfter(err), time.Duration((0.5+c.options.Jitter()/2)*float64(firstWait<<(n-1))))
		if wait > longestWait {
			return nil, err
		}
		if stopped := c.options.Clock.Sleep(ctx, c.options.Clock.Now().Add(wait)); stopped != nil {
			return nil, stopped
		}
	}
}

// again reports whether another try may help.
func again(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.Throttled || kind == fault.Locked
}

// once sends a request one time.
func (c *Client) once(ctx context.Context, method, path, key string, text []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "remote: there is no such path")
	}
	r.Header.Set("Authorization", "Bearer "+string(c.token))
	if text != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	if answer.StatusCode >= http.StatusOK && answer.StatusCode < http.StatusMultipleChoices {
		return answer, nil
	}
	defer func() { _ = answer.Body.Close() }()
	return nil, refusal(answer)
}

// broken is a request that was not answered.
func (c *Client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the URL, which is said already
	}
	return fault.New(fault.Unavailable, "remote: the server %s does not answer: %w", c.base, err)
}

// seconds reads a Retry-After.
func seconds(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}
