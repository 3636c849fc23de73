package claudemodel

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultBaseURL is where the provider serves its API.
	DefaultBaseURL = "https://api.anthropic.com"
	// DefaultTimeout bounds a call when neither its context nor Options does.
	DefaultTimeout = 10 * time.Minute
)

// Options are the settings of a Model. Nil, and each field's zero value, are sensible.
type Options struct {
	// BaseURL is the address that "/v1/messages" is added to; empty means DefaultBaseURL. It is an absolute http or https
	// URL without user, query and fragment.
	BaseURL string
	// Timeout bounds each request from its beginning to the last byte of its answer, beside the context's deadline; 0 means
	// DefaultTimeout. A call that it ends has an unknown outcome. Of a batch's results it bounds each wait for more.
	Timeout time.Duration
	// HTTPClient sends the requests; nil means one of the Model's own, for one host and many calls at once. An
	// *http.Client is copied and its copy follows no redirects. Whatever it is, it must not send a request twice.
	HTTPClient interface {
		Do(*http.Request) (*http.Response, error)
	}
	// Key is where keys come from; nil means that the key given to New never changes. It is called before the first request
	// with nothing refused, if New was given no key, and after a 401 with the key that was refused. If it then returns
	// another key, the request is sent once more with that. Several calls may be in it at once: it should answer those with
	// the same refused key by one reading. Its errors of kind Throttled, Overloaded and Unavailable are handed on, those of
	// another kind become Unauthorized, those of none Unavailable. A key is used until it is refused.
	Key func(ctx context.Context, refused ports.Secret) (ports.Secret, error)
	// Proxy chooses the proxy of a request for the Model's own HTTP client; nil means none. The environment is not read.
	Proxy func(*http.Request) (*url.URL, error)
}

// Model is Claude.
type Model struct {
	client anthropic.Client
	sender *sender
	// screen takes secrets out of a text, key and renewed give the key. They are functions so that no printing of a Model
	// shows one.
	screen  func(text string, prompts []string) string
	key     func(ctx context.Context) (ports.Secret, error)
	renewed func(ctx context.Context, refused ports.Secret) (ports.Secret, error)
	timeout time.Duration
}

var (
	_ ports.Model      = (*Model)(nil)
	_ ports.BatchModel = (*Model)(nil)
)

// New returns a Model for the key, which may be empty if Options.Key is set. It sends nothing and asks for no key. Errors:
// Invalid for a key or an option that cannot work.
func New(key ports.Secret, options *Options) (*Model, error) {
	if options == nil {
		options = &Options{}
	}
	ring, err := newKeyring(key, options)
	if err != nil {
		return nil, err
	}
	base, err := baseURL(options.BaseURL)
	if err != nil {
		return nil, err
	}
	if options.Timeout < 0 {
		return nil, fault.New(fault.Invalid, "claudemodel: the timeout is %s, it must not be negative", options.Timeout)
	}
	m := &Model{sender: newSender(options), timeout: options.Timeout, screen: ring.screen, key: ring.key, renewed: ring.renewed}
	if m.timeout == 0 {
		m.timeout = DefaultTimeout
	}
	m.client = anthropic.NewClient(
		option.WithoutEnvironmentDefaults(),
		option.WithoutOpenTelemetry(),
		option.WithMaxRetries(0),
		option.WithBaseURL(base),
		option.WithHTTPClient(m.sender),
		// Also lifts the client's own limit on max_tokens, which it has for calls without a set timeout.
		option.WithRequestTimeout(m.timeout),
	)
	return m, nil
}

func baseURL(text string) (string, error) {
	if text == "" {
		return DefaultBaseURL, nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return "", fault.New(fault.Invalid,
			"claudemodel: the base URL is not an absolute http or https URL: give one such as %s", DefaultBaseURL)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fault.New(fault.Invalid, "claudemodel: the base URL must have no user, query or fragment")
	}
	return text, nil
}

// Call makes one call. See ports.Model for what its errors say about money. When ctx ends it, the error is of kind
// Unavailable and matches the context's error too; it is marked unknown if any of the request may have been sent.
func (m *Model) Call(ctx context.Context, request job.Request) (ports.Reply, error) {
	params, err := paramsOf(request)
	if err != nil {
		return ports.Reply{}, err
	}
	x := &exchange{doing: "call " + request.Model, wants: "message", prompts: []string{request.Prompt, request.System}}
	// What the client makes of the response is of no use here: it drops the status of a body that was cut, and a whole
	// answer whose context ended in the same moment. The exchange keeps all of it.
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.New(x.within(ctx), params, key, unread())
		return err
	})
	return m.reply(x, request)
}

// Close closes the connections that no call is using.
func (m *Model) Close() { m.sender.close() }

// reply reads the outcome of an exchange.
func (m *Model) reply(x *exchange, request job.Request) (ports.Reply, error) {
	reply := ports.Reply{Limits: limitsOf(x.header)}
	if x.status == http.StatusOK && x.whole {
		if answer, ok := answerOf(x.body, request.Cache); ok {
			answer.RequestID = x.requestID()
			reply.Answer = answer
			return reply, nil
		}
	}
	reply.RequestID = x.requestID()
	return reply, m.failure(x)
}
