package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// serving is mb serve while it runs, in this process.
type serving struct {
	*shop
	url    string
	stdout *tail
	stderr *tail
	// stop carries the wishes to stop; ended has the exit code.
	stop  chan os.Signal
	ended chan int
}

// tail keeps what is written, and tells of each line.
type tail struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan string
}

func newTail() *tail { return &tail{lines: make(chan string, 10_000)} }

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.Write(p)
	for line := range strings.Lines(string(p)) {
		t.lines <- strings.TrimSuffix(line, "\n")
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// line waits for the next line that has the text.
func (v *serving) line(from *tail, has string) string {
	v.Helper()
	for {
		select {
		case line := <-from.lines:
			if strings.Contains(line, has) {
				return line
			}
		case code := <-v.ended:
			v.ended <- code
			require.FailNow(v, "it has ended", "code %d\nstdout: %s\nstderr: %s", code, v.stdout, v.stderr)
		}
	}
}

// serve runs mb serve on a free port until the test ends.
func (s *shop) serve(args ...string) *serving {
	s.Helper()
	v := &serving{shop: s, stdout: newTail(), stderr: newTail(), stop: make(chan os.Signal, 2), ended: make(chan int, 1)}
	w := world{stdout: v.stdout, stderr: v.stderr, env: func(name string) string { return s.env[name] }, width: func() int { return 0 }, signals: v.stop}
	args = append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.ended <- run(context.Background(), args, w)
	}()
	s.Cleanup(func() {
		v.stop <- os.Interrupt
		v.stop <- os.Interrupt
		<-done
	})
	v.url = strings.TrimPrefix(v.line(v.stdout, "listening on "), "listening on ")
	return v
}

// serving serves the store of the shop, whose simulator answers the calls.
func (s *shop) serving(args ...string) *serving {
	s.Helper()
	return s.serve(s.calling(args...)...)
}

// end waits for the end after one wish to stop.
func (v *serving) end() ran {
	v.Helper()
	v.stop <- syscall.SIGTERM
	code := <-v.ended
	v.ended <- code
	return ran{v.T, code, v.stdout.String(), v.stderr.String()}
}

// response is an answer of the API.
type response struct {
	*http.Response
	body string
}

// ask sends one request with a token, which may be empty, and a body that is no string as JSON.
func (v *serving) ask(token, method, path string, body any, headers ...string) response {
	v.Helper()
	var text io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(v, err)
		text = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(v.Context(), method, v.url+path, text)
	require.NoError(v, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(v, err)
	defer func() { require.NoError(v, resp.Body.Close()) }()
	all, err := io.ReadAll(resp.Body)
	require.NoError(v, err)
	return response{resp, string(all)}
}

// token makes a token in the store of the shop.
func (s *shop) token(role string, more ...string) string {
	s.Helper()
	made := s.run(s.on(append([]string{"tokens", "create", "--name", role, "--role", role}, more...)...)...).want(exitDone)
	return strings.TrimSuffix(made.stdout, "\n")
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	admin := s.token("admin")
	v := s.serving()
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, v.url)

	health := v.ask("", http.MethodGet, "/health", nil)
	require.Equal(t, http.StatusOK, health.StatusCode)
	require.JSONEq(t, `{"status":"ok"}`, health.body)
	require.Equal(t, http.StatusUnauthorized, v.ask("", http.MethodGet, "/api/me", nil).StatusCode)
	require.Equal(t, http.StatusOK, v.ask(admin, http.MethodGet, "/api/me", nil).StatusCode)

	// Whoever finds the store in use is told how to go on.
	s.run(s.on("jobs", "list")...).want(exitUsage).complains("is in use by", "mb serve at "+v.url, "mb --server "+v.url)

	done := v.end().want(exitDone)
	require.Contains(t, done.stderr, "stopping: requests and calls in flight finish")
	require.Equal(t, "no jobs\n", s.run(s.on("jobs", "list")...).want(exitDone).stdout, "the store is closed")
}

func TestServeForTheFirstTime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	v := s.serving()
	link := v.line(v.stdout, "sign in (once")
	require.Contains(t, v.line(v.stderr, "mb tokens create"), s.store())
	_, path, found := strings.Cut(link, v.url)
	require.True(t, found, link)

	front := v.ask("", http.MethodGet, "/", nil)
	require.Equal(t, http.StatusOK, front.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", front.Header.Get("Content-Type"))
	require.Contains(t, front.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, front.body, "You are not signed in.")
	require.Contains(t, front.body, "/api/openapi.json")
	require.NotContains(t, front.body, "<script")

	signedIn := v.ask("", http.MethodGet, path, nil)
	require.Equal(t, http.StatusSeeOther, signedIn.StatusCode)
	require.Equal(t, "/", signedIn.Header.Get("Location"))
	require.Len(t, signedIn.Cookies(), 1)
	cookie := signedIn.Cookies()[0]
	require.Equal(t, http.StatusOK, v.ask("", http.MethodGet, "/api/me", nil, "Cookie", cookie.Name+"="+cookie.Value).StatusCode)
	require.Equal(t, http.StatusUnauthorized, v.ask("", http.MethodGet, path, nil).StatusCode, "it works once")
	front = v.ask("", http.MethodGet, "/", nil, "Cookie", cookie.Name+"="+cookie.Value)
	require.Contains(t, front.body, "You are signed in")
	require.NotContains(t, front.body, cookie.Value)
	require.Equal(t, http.StatusNotFound, v.ask("", http.MethodPost, "/", nil).StatusCode)
	require.NotContains(t, v.end().want(exitDone).stderr, strings.TrimPrefix(path, "/api/session/once?code="), "the log has no code")

	again := s.serving()
	require.NotContains(t, again.end().want(exitDone).stdout, "sign in", "only the first time")
	asked := s.serving("--sign-in")
	asked.line(asked.stdout, "sign in (once")
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	on := func(args ...string) []string { return append([]string{"serve"}, s.calling(args...)...) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{on("--listen", "0.0.0.0:0", "--local"), "--local is for an address of this machine alone"},
		{on("--listen", ":0", "--local"), "--local is for an address of this machine alone"},
		{on("--listen", "example.com:80", "--local"), "--local is for an address of this machine alone"},
		{on("--listen", "0.0.0.0:0", "--rate-limit", "off"), "--rate-limit off is for an address of this machine alone"},
		{on("--listen", "0.0.0.0:0"), "nobody could come in: make a token first"},
		{on("--listen", "127.0.0.1:0", "--local=false"), "nobody could come in"},
		{on("--listen", "127.0.0.1"), "is no address"},
		{on("--listen", "127.0.0.1:http"), "is no address"},
		{on("--listen", "127.0.0.1:99999"), "is no address"},
		{on("--listen", "127.0.0.1:0", "--rate-limit", "0"), "--rate-limit: \"0\" is not off, or a number from 1 to 1000000"},
		{on("--listen", "127.0.0.1:0", "--concurrency", "0"), "--concurrency 0 is out of range"},
		{on("--listen", "127.0.0.1:0", "--allow-email", "a@example.com"), "add --google-client-id"},
		{on("--listen", "127.0.0.1:0", "--google-client-id", "c", "--allow-email", "example.com"), "is no e-mail address"},
		{on("--listen", "127.0.0.1:0", "--google-client-id", "c", "--allow-domain", "a@example.com"), "is no domain"},
		{on("--listen", "127.0.0.1:0", "--google-client-id", " "), "client id"},
		{on("--listen", "127.0.0.1:0", "--origin", "*"), "origin"},
		{on("--listen", "127.0.0.1:0", "--trusted-proxy", "proxy.example.com"), "is not the address of a proxy"},
		{on("--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0.0/33"), "is not the address of a proxy"},
		{on("--listen", "127.0.0.1:0", "--trusted-proxy", "0.0.0.0/0"), "is not the address of a proxy"},
		{on("--listen", "127.0.0.1:0", "--trusted-proxy", "::/0"), "is not the address of a proxy"},
		{on("--listen", "127.0.0.1:0", "--simulate"), "exclude each other"},
		{[]string{"serve", "--store", "s3:x"}, "is no store"},
	} {
		ended := s.runWith(world{}, test.args...)
		require.Equal(t, exitUsage, ended.code, "%v: %s", test.args, ended.stderr)
		ended.complains(test.want)
	}
	taken := s.serving()
	other := newShop(t)
	other.run(append([]string{"serve", "--listen", strings.TrimPrefix(taken.url, "http://")}, other.calling()...)...).want(exitUsage).
		complains("cannot be listened on", "give another address or port")
}

func TestServeForOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	viewer := s.token("viewer")
	v := s.serve(s.calling("--local=false")...)
	require.NotContains(t, v.stdout.String(), "sign in")
	require.Equal(t, http.StatusOK, v.ask(viewer, http.MethodGet, "/api/me", nil).StatusCode)
	require.NotEqual(t, http.StatusSeeOther, v.ask("", http.MethodGet, "/api/session/once?code="+strings.Repeat("0", 64), nil).StatusCode)
	v.end().want(exitDone)

	google := newShop(t)
	v = google.serve(google.calling("--local=false", "--google-client-id", "web-client", "--allow-domain", "Example.com")...)
	refused := v.ask("", http.MethodPost, "/api/session", map[string]string{"id_token": strings.Repeat("x", 30), "nonce": "12345678"})
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode, refused.body)
	v.stop <- os.Interrupt
	google.run(google.on("tokens", "list")...)
}

// TestServeBehindAProxy: each client has its own allowance where the proxy is known, and none is asked of who looks whether the server is there.
func TestServeBehindAProxy(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	knock := func(v *serving, from string) int {
		return v.ask("", http.MethodGet, "/api/me", nil, "X-Forwarded-For", "192.0.2.99, "+from).StatusCode
	}
	for _, args := range [][]string{{"--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "127.0.0.1"}, {}} {
		v := s.serve(s.calling(append([]string{"--rate-limit", "1"}, args...)...)...)
		for range perAddress {
			require.Equal(t, http.StatusUnauthorized, knock(v, "198.51.100.7"))
		}
		require.Equal(t, http.StatusTooManyRequests, knock(v, "198.51.100.7"))
		require.Equal(t, http.StatusOK, v.ask("", http.MethodGet, "/health", nil).StatusCode)
		other := http.StatusUnauthorized
		if len(args) == 0 {
			other = http.StatusTooManyRequests
		}
		require.Equal(t, other, knock(v, "198.51.100.8"), args)
		v.end().want(exitDone)
	}
}

// TestServeAnswersOptionsOfAll: it is the API's answer, with what every answer has.
func TestServeAnswersOptionsOfAll(t *testing.T) {
	t.Parallel()
	v := newShop(t).serving()
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: api\r\nX-Request-Id: options-of-all\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Equal(t, "options-of-all", resp.Header.Get("X-Request-Id"))
	require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
}

// TestServeRequiresBudgets: outside local mode what a job may spend is bounded by what an admin has set.
func TestServeRequiresBudgets(t *testing.T) {
	t.Parallel()
	begin := func(args ...string) func(status int, method, path string, body map[string]any) string {
		s := newShop(t)
		admin := s.token("admin")
		v := s.serve(s.calling(append([]string{"--sample"}, args...)...)...)
		_, business, found := strings.Cut(v.line(v.stderr, "its id is"), "its id is ")
		require.True(t, found)
		keys := 0
		return func(status int, method, path string, body map[string]any) string {
			t.Helper()
			keys++
			a := v.ask(admin, method, "/api/businesses/"+business+path, body, "Idempotency-Key", strconv.Itoa(keys))
			require.Equal(t, status, a.StatusCode, a.body)
			return a.body
		}
	}
	order := map[string]any{"page_type": "keyword-service-area", "budget_usd": "50"}
	ask := begin("--local=false")
	require.Contains(t, ask(http.StatusPaymentRequired, http.MethodPost, "/generate", order), "set one")
	require.Contains(t, ask(http.StatusOK, http.MethodPost, "/generate/forecast", order), `"verdict":"short"`)
	ask(http.StatusOK, http.MethodPut, "/budget", map[string]any{"limit_usd": "60", "enabled": true})
	ask(http.StatusAccepted, http.MethodPost, "/generate", order)
	begin("--local=false", "--require-budget=false")(http.StatusAccepted, http.MethodPost, "/generate", order)
	begin("--require-budget")(http.StatusPaymentRequired, http.MethodPost, "/generate", order)
	begin()(http.StatusAccepted, http.MethodPost, "/generate", order)
}

// TestServeLogs: in JSON every line is an object, and no token is in it.
func TestServeLogs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	admin := s.token("admin")
	v := s.serving("--json", "-v")
	v.ask(admin, http.MethodGet, "/api/me", nil)
	v.ask("mbt_"+strings.Repeat("0", 12)+"_"+strings.Repeat("0", 64), http.MethodGet, "/api/me", nil)
	ended := v.end().want(exitDone)
	require.NotContains(t, ended.stdout+ended.stderr, admin)
}

func TestServeEndsAtOnceAtTheSecondWish(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	v := s.serving()
	v.stop <- os.Interrupt
	v.stop <- os.Interrupt
	code := <-v.ended
	v.ended <- code
	// The second may come after all is over already.
	require.Contains(t, []int{exitDone, exitInterrupted}, code)
}

// TestServeASample adds a business once, and makes a job of it over the API.
func TestServeASample(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	admin := s.token("admin")
	v := s.serving("--sample")
	require.Contains(t, v.line(v.stderr, "sample "), "Harbor Plumbing & Heating was added")
	v.end().want(exitDone)

	v = s.serving("--sample", "--rate-limit", "off")
	require.Contains(t, v.line(v.stderr, "sample "), "Harbor Plumbing & Heating is there already")
	require.Equal(t, http.StatusOK, v.ask(admin, http.MethodGet, "/api/me", nil).StatusCode)
}
