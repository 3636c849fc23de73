package attack

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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// receivers is section C: webhooks.
func receivers() []attack {
	return []attack{
		registration(25, "the address of metadata", "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/"),
		registration(26, "loopback in other words", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/",
			"https://017700000001/", "https://127.0.0.1./", "https://localhost/", "https://a.localhost/"),
		{number: 27, name: "a public name of a private address", run: case27},
		{number: 28, name: "a name that changes its mind", run: case28},
		{number: 29, name: "a redirect to the inside", run: case29},
		registration(30, "other addresses", "https://user:pass@hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/", "https://hooks.example.com:22/", "http://hooks.example.com/",
			"//hooks.example.com/", "https:hooks.example.com", "https://hooks.example.com\\@evil.example/", "https://hooks.example.com/#x", "javascript:alert(1)"),
		{number: 31, name: "an answer without end, or drop by drop", run: case31},
		{number: 32, name: "forged, old and repeated deliveries", run: case32},
		{number: 33, name: "rotation of the secret", run: case33},
	}
}

// registration is a case of addresses that no webhook may have.
func registration(number int, name string, addresses ...string) attack {
	return attack{number: number, name: name, run: func(t *testing.T) {
		w := newWorld(t, nil)
		admin := w.service(backoffice.Admin, backoffice.AllBusinesses)
		body := fields{"url": "https://hooks.example.com/in", "events": []string{"job.completed"}}
		a := w.must(http.StatusCreated, admin, http.MethodPost, "/api/webhooks", body)
		id, _ := a.get("webhook.id").(string)
		for _, address := range addresses {
			w.refused(http.StatusBadRequest, admin, http.MethodPost, "/api/webhooks", body.with(fields{"url": address}))
			w.refused(http.StatusBadRequest, admin, http.MethodPatch, "/api/webhooks/"+id, fields{"url": address}, "If-Match", "*")
		}
		a = w.must(http.StatusOK, admin, http.MethodGet, "/api/webhooks", nil)
		require.Len(t, a.get("webhooks"), 1)
	}}
}

// inside is a server that nobody may reach, and counts who does.
func inside(t *testing.T) (netip.AddrPort, *atomic.Int32) {
	t.Helper()
	visits := &atomic.Int32{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		all.Wait()
	})
	return netip.MustParseAddrPort(listener.Addr().String()), visits
}

// receiver is a public receiver as far as the sender knows: a test's own resolver and certificate lead to it.
type receiver struct {
	*httptest.Server
	at      netip.AddrPort
	options *webhooks.Options
	clock   *expiring
}

func newReceiver(t *testing.T, handler http.HandlerFunc) *receiver {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that the sender cuts off
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r := &receiver{Server: server, at: netip.MustParseAddrPort(server.Listener.Addr().String()), clock: &expiring{clock: clock{now: noon}}}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	r.options = &webhooks.Options{
		RootCAs: roots,
		Route:   func(context.Context, string) ([]netip.AddrPort, error) { return []netip.AddrPort{r.at}, nil },
		Allow:   func(a netip.AddrPort) bool { return a == r.at },
	}
	return r
}

// expiring is a clock whose contexts end when the test says so.
type expiring struct {
	clock
	mu     sync.Mutex
	cancel []context.CancelFunc
}

func (e *expiring) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancel(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cancel = append(e.cancel, cancel)
	return limited, cancel
}

// expire ends them all, as their deadlines would.
func (e *expiring) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, cancel := range e.cancel {
		cancel()
	}
}

func key(b byte) ports.Secret {
	return ports.Secret("whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32))))
}

func delivery(secrets ...ports.Secret) webhooks.Delivery {
	if len(secrets) == 0 {
		secrets = []ports.Secret{key('a')}
	}
	return webhooks.Delivery{ID: "msg_1", URL: "https://hooks.example.com/in?key=" + canaryBody, Body: []byte(`{"type":"webhook.test"}`), Secrets: secrets}
}

// kept demands that an error tells neither the address nor the secret.
func kept(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{canaryBody, "whsec_", "10.0.0.5", "127.0.0.1", "169.254", "hooks.example.com"} {
		require.NotContains(t, err.Error(), secret)
	}
}

func case27(t *testing.T) {
	for _, address := range []string{"10.0.0.5:443", "169.254.169.254:443", "127.0.0.1:443", "[::1]:443", "[::ffff:10.0.0.5]:443", "[64:ff9b::a00:5]:443", "[2002:a00:5::1]:443", "100.64.0.1:443", "0.0.0.0:443", "224.0.0.1:443"} {
		sender := webhooks.New(&expiring{clock: clock{now: noon}}, &webhooks.Options{Route: func(context.Context, string) ([]netip.AddrPort, error) {
			return []netip.AddrPort{netip.MustParseAddrPort(address)}, nil
		}})
		result, err := sender.Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Rejected, address)
		require.Equal(t, backoffice.FailureAddress, result.Failure, address)
		kept(t, err)
	}
	w := newWorld(t, &settings{webhooks: webhooks.New(&expiring{clock: clock{now: noon}}, &webhooks.Options{Route: func(context.Context, string) ([]netip.AddrPort, error) {
		return []netip.AddrPort{netip.MustParseAddrPort("10.0.0.5:443")}, nil
	}})})
	admin := w.service(backoffice.Admin, backoffice.AllBusinesses)
	a := w.must(http.StatusCreated, admin, http.MethodPost, "/api/webhooks", fields{"url": "https://hooks.example.com/in", "events": []string{"job.completed"}})
	id, _ := a.get("webhook.id").(string)
	w.must(http.StatusAccepted, admin, http.MethodPost, "/api/webhooks/"+id+"/test", nil)
	w.deliver()
	a = w.must(http.StatusOK, admin, http.MethodGet, "/api/webhooks/"+id+"/deliveries", nil)
	require.Contains(t, string(a.body), `"address"`, "the log of deliveries says why")
	require.NotContains(t, string(a.body), "10.0.0.5")
}

func case28(t *testing.T) {
	at, visits := inside(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	looks := 0
	r.options.Route = func(context.Context, string) ([]netip.AddrPort, error) {
		if looks++; looks == 1 {
			return []netip.AddrPort{r.at}, nil
		}
		return []netip.AddrPort{at}, nil
	}
	sender := webhooks.New(r.clock, r.options)
	_, err := sender.Send(t.Context(), delivery())
	require.NoError(t, err, "the first look leads to the receiver")
	result, err := sender.Send(t.Context(), delivery())
	require.ErrorIs(t, err, fault.Rejected, "the second leads inside")
	require.Equal(t, backoffice.FailureAddress, result.Failure)
	kept(t, err)
	require.Zero(t, visits.Load())
}

func case29(t *testing.T) {
	at, visits := inside(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://"+at.String()+"/")
			w.WriteHeader(status)
		})
		result, err := webhooks.New(r.clock, r.options).Send(t.Context(), delivery())
		require.ErrorIs(t, err, fault.Rejected)
		require.Equal(t, backoffice.WebhookResult{Status: status, Failure: backoffice.FailureStatus}, result)
		kept(t, err)
	}
	require.Zero(t, visits.Load())
}

func case31(t *testing.T) {
	var sent atomic.Int64
	endless := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(10<<30))
		for block := make([]byte, 16<<10); ; {
			n, err := w.Write(block)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	result, err := webhooks.New(endless.clock, endless.options).Send(t.Context(), delivery())
	require.NoError(t, err, "what counts is the status")
	require.Equal(t, http.StatusOK, result.Status)
	require.Less(t, sent.Load(), int64(64<<20), "more was taken than the buffers of a connection hold")

	begun := make(chan struct{})
	slow := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		_ = readAll(r.Body) // then the server sees that the sender goes
		_, _ = w.Write([]byte("x"))
		_ = http.NewResponseController(w).Flush() // the first byte is on its way
		close(begun)
		<-r.Context().Done()
	})
	go func() {
		<-begun
		slow.clock.expire()
	}()
	result, err = webhooks.New(slow.clock, slow.options).Send(t.Context(), delivery())
	require.ErrorIs(t, err, fault.Unavailable)
	require.Equal(t, backoffice.FailureTimeout, result.Failure)
	kept(t, err)
}

// taken is a delivery as a receiver gets it.
type taken struct {
	header http.Header
	body   []byte
}

// take sends a delivery and returns what arrived.
func take(t *testing.T, secrets ...ports.Secret) taken {
	t.Helper()
	var got taken
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		got = taken{r.Header.Clone(), readAll(r.Body)}
		w.WriteHeader(http.StatusNoContent)
	})
	_, err := webhooks.New(r.clock, r.options).Send(t.Context(), delivery(secrets...))
	require.NoError(t, err)
	return got
}

func case32(t *testing.T) {
	c := &clock{now: noon}
	sample := webhooks.NewReceiver(c, key('a'))
	good := take(t)
	for name, value := range map[string]string{
		webhooks.HeaderSignature: "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		webhooks.HeaderID:        "msg_2",
		webhooks.HeaderTimestamp: strconv.FormatInt(noon.Unix()+1, 10),
	} {
		forged := good.header.Clone()
		forged.Set(name, value)
		require.ErrorIs(t, sample.Accept(forged, good.body), fault.Unauthorized, name)
	}
	require.ErrorIs(t, sample.Accept(good.header, append([]byte(" "), good.body...)), fault.Unauthorized)
	require.ErrorIs(t, sample.Accept(take(t, key('b')).header, good.body), fault.Unauthorized)
	require.ErrorIs(t, webhooks.Verify(key('a'), good.header, good.body, noon.Add(5*time.Minute+time.Second), 0), fault.Unauthorized, "too old")
	require.ErrorIs(t, webhooks.Verify(key('a'), good.header, good.body, noon.Add(-5*time.Minute-time.Second), 0), fault.Unauthorized, "ahead")
	require.NoError(t, sample.Accept(good.header, good.body))
	require.ErrorIs(t, sample.Accept(good.header, good.body), fault.Conflict, "a repeat")
}

func case33(t *testing.T) {
	older, newer := key('a'), key('b')
	both := take(t, newer, older)
	require.NoError(t, webhooks.Verify(older, both.header, both.body, noon, 0))
	require.NoError(t, webhooks.Verify(newer, both.header, both.body, noon, 0))
	after := take(t, newer)
	require.ErrorIs(t, webhooks.Verify(older, after.header, after.body, noon, 0), fault.Unauthorized)
	require.NoError(t, webhooks.Verify(newer, after.header, after.body, noon, 0))
	rotation(t)
}

// rotation rotates a secret through the API and looks at what is sent within 24 hours and after.
func rotation(t *testing.T) {
	t.Helper()
	var got taken
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		got = taken{r.Header.Clone(), readAll(r.Body)}
		w.WriteHeader(http.StatusNoContent)
	})
	late := &clock{now: noon}
	w := newWorld(t, &settings{webhooks: webhooks.New(late, r.options)})
	admin := w.service(backoffice.Admin, backoffice.AllBusinesses)
	a := w.must(http.StatusCreated, admin, http.MethodPost, "/api/webhooks", fields{"url": "https://hooks.example.com/in", "events": []string{"job.completed"}})
	id, _ := a.get("webhook.id").(string)
	secret := func(a answer) ports.Secret {
		for _, path := range []string{"secret", "webhook.secret"} {
			if s, is := a.get(path).(string); is {
				return ports.Secret(w.hide(s))
			}
		}
		t.Fatalf("there is no secret in %s", a.body)
		return ""
	}
	old := secret(a)
	fresh := secret(w.must(http.StatusOK, admin, http.MethodPost, "/api/webhooks/"+id+"/rotate-secret", nil, "If-Match", "*"))
	for _, step := range []struct {
		later time.Duration
		fails bool
	}{{0, false}, {23 * time.Hour, false}, {2 * time.Hour, true}} {
		w.clock.forward(step.later)
		late.forward(step.later)
		w.must(http.StatusAccepted, admin, http.MethodPost, "/api/webhooks/"+id+"/test", nil)
		got = taken{}
		w.deliver()
		require.NoError(t, webhooks.Verify(fresh, got.header, got.body, w.clock.Now(), 0))
		require.Equal(t, step.fails, webhooks.Verify(old, got.header, got.body, w.clock.Now(), 0) != nil, "the old secret after %v", step.later)
	}
	require.NotContains(t, string(w.must(http.StatusOK, admin, http.MethodGet, "/api/webhooks/"+id, nil).body), "whsec_")
}
