package webhooks_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/ports"
)

// noon is when every test begins.
var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// address is one that webhooks may have; the server's certificate names example.com and all below it.
const address = "https://hooks.example.com/marketbrewer?key=canary"

// clock is moved by hand, and so are the ends of its contexts.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	asked  []time.Time
	cancel []context.CancelFunc
	// endAt makes the so-manieth look at the clock the end of all contexts.
	looks, endAt int
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks++; c.looks == c.endAt {
		for _, cancel := range c.cancel {
			cancel()
		}
	}
	return c.now
}

func (*clock) Sleep(context.Context, time.Time) error { panic("a sender does not sleep") }

func (c *clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.cancel = append(c.asked, at), append(c.cancel, cancel)
	return limited, cancel
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// expire ends all contexts, as their deadlines would.
func (c *clock) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cancel := range c.cancel {
		cancel()
	}
}

// secret is a key of 32 bytes, each the given one.
func secret(b byte) ports.Secret {
	key := make([]byte, 32)
	for i := range key {
		key[i] = b
	}
	return ports.Secret("whsec_" + base64.StdEncoding.EncodeToString(key))
}

func delivery(secrets ...ports.Secret) webhooks.Delivery {
	if len(secrets) == 0 {
		secrets = []ports.Secret{secret(1)}
	}
	return webhooks.Delivery{ID: "msg_1", URL: address, Body: []byte(`{"type":"webhook.test"}`), Secrets: secrets}
}

// setup is a receiver over real TLS and a sender that every name leads to it for.
func setup(t *testing.T, handler http.HandlerFunc) (*webhooks.Sender, *clock) {
	t.Helper()
	options, c := serve(t, handler)
	return webhooks.New(c, options), c
}

func serve(t *testing.T, handler http.HandlerFunc) (*webhooks.Options, *clock) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes are what some tests are about
	server.StartTLS()
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &webhooks.Options{
		RootCAs: roots,
		Route:   func(context.Context, string) ([]netip.AddrPort, error) { return []netip.AddrPort{at}, nil },
		Allow:   func(a netip.AddrPort) bool { return a == at },
	}, &clock{now: noon}
}

// listen is a bare server that does with each connection as it likes.
func listen(t *testing.T, serve func(net.Conn)) (*webhooks.Options, *clock) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		all.Wait()
	})
	at := netip.MustParseAddrPort(listener.Addr().String())
	return &webhooks.Options{
		Route: func(context.Context, string) ([]netip.AddrPort, error) { return []netip.AddrPort{at}, nil },
		Allow: func(a netip.AddrPort) bool { return a == at },
	}, &clock{now: noon}
}
