package claudemodel_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// listen starts a server below HTTP: it gets each connection with what reads it, and closes it afterwards.
func listen(t *testing.T, serve func(conn net.Conn, r *bufio.Reader)) (url string, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	connections = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			serve(conn, bufio.NewReader(conn))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), connections
}

// readRequest reads one whole request.
func readRequest(r *bufio.Reader) error {
	request, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err
}

// reset makes the closing of a connection a reset.
func reset(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }

// TestBrokenExchanges: what breaks after the request was sent has an unknown outcome.
func TestBrokenExchanges(t *testing.T) {
	t.Parallel()
	whole := message()
	for name, test := range map[string]struct {
		respond string
		reset   bool
		want    string
	}{
		"closed without a word":     {"", false, "the connection was closed before the answer was there"},
		"reset without a word":      {"", true, "the connection was reset before the answer was there"},
		"closed in the status line": {"HTTP/1.1 20", false, "the exchange failed before the answer was there"},
		"closed in a header":        {"HTTP/1.1 200 OK\r\nContent-Le", false, "the exchange failed before the answer was there"},
		"no HTTP":                   {"hello, here is an answer\r\n\r\n", false, "the exchange failed before the answer was there"},
		"a bad header":              {"HTTP/1.1 200 OK\r\n: x\r\n\r\n", false, "the exchange failed before the answer was there"},
		"a cut body":                {"HTTP/1.1 200 OK\r\nrequest-id: req_9\r\nContent-Length: 5000\r\n\r\n" + whole, false, "200 and then the connection was closed (request req_9)"},
		"a body cut by a reset":     {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + whole, true, "200 and then the connection was"},
		"a cut chunk":               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + whole, false, "200 and then the connection was closed"},
		"no last chunk":             {fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(whole), whole), false, "200 and then the connection was closed"},
		"no chunk at all":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", false, "200 and then the exchange failed"},
		"broken gzip":               {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", false, "200 and then"},
		"a cut 500":                 {"HTTP/1.1 500 Oops\r\nContent-Length: 5000\r\n\r\n{", false, "500 and then the connection was closed"},
		"a cut 529":                 {"HTTP/1.1 529 Busy\r\nContent-Length: 5000\r\n\r\n{", false, "529 and then the connection was closed"},
		"another protocol":          {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", false, "101"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, connections := listen(t, func(conn net.Conn, r *bufio.Reader) {
				if readRequest(r) != nil {
					return
				}
				_, _ = io.WriteString(conn, test.respond)
				if test.reset {
					reset(conn)
				}
			})
			reply, err := newModel(t, address, nil).Call(t.Context(), request())
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.True(t, fault.Unknown(err))
			require.ErrorContains(t, err, "claudemodel: call claude-haiku-5-5: "+test.want)
			require.NotContains(t, err.Error(), "hello")
			require.Empty(t, reply.Text)
			require.EqualValues(t, 1, connections.Load(), "it is not tried again")
			checkMessage(t, err)
		})
	}
}

// TestCutRefusals: the status of a refusal is enough, except for a 400 that may be a limit on spending.
func TestCutRefusals(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]fault.Kind{
		400: fault.Overloaded, 401: fault.Unauthorized, 402: fault.SpendCap, 404: fault.Rejected, 413: fault.Rejected,
		429: fault.Throttled,
	} {
		address, _ := listen(t, func(conn net.Conn, r *bufio.Reader) {
			if readRequest(r) == nil {
				_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d No\r\nRetry-After: 3\r\nContent-Length: 5000\r\n\r\n{", status)
			}
		})
		_, err := newModel(t, address, nil).Call(t.Context(), request())
		require.Equal(t, kind, fault.KindOf(err), status)
		require.False(t, fault.Unknown(err))
		require.Equal(t, 3*time.Second, fault.RetryAfter(err))
	}
}

// TestRefusedBeforeItReadsTheRequest: a server may answer and close without having read it all.
func TestRefusedBeforeItReadsTheRequest(t *testing.T) {
	t.Parallel()
	address, _ := listen(t, func(conn net.Conn, r *bufio.Reader) {
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_, _ = io.Copy(io.Discard, r)
	})
	large := request()
	large.Prompt = strings.Repeat("x", 1<<20)
	_, err := newModel(t, address, nil).Call(t.Context(), large)
	require.ErrorIs(t, err, fault.Rejected)
}

// closedPort is an address at which nobody listens. A port that was free a moment ago may be that of another test by now; this one
// is never given to anybody who asks for any.
const closedPort = "127.0.0.1:1"

func TestNoConnection(t *testing.T) {
	t.Parallel()
	plain := serve(t, responds(200, message()))
	secure := httptest.NewUnstartedServer(responds(200, message()))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of those who do not trust it
	secure.StartTLS()
	t.Cleanup(secure.Close)
	refusing := &claudemodel.Options{Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New("there is no proxy")
	}}
	nowhere := &claudemodel.Options{Proxy: func(*http.Request) (*url.URL, error) {
		return url.Parse("http://" + closedPort)
	}}
	for name, test := range map[string]struct {
		address string
		options *claudemodel.Options
		want    string
	}{
		"refused":                 {"http://" + closedPort, nil, "connection refused"},
		"a name that is no name":  {"http://no-such-host.invalid.", nil, "no connection: "},
		"a certificate unknown":   {secure.URL, nil, "certificate"},
		"no TLS on the other end": {"https" + strings.TrimPrefix(plain.URL, "http"), nil, "no connection: "},
		"no proxy":                {plain.URL, refusing, "there is no proxy"},
		"a proxy that is away":    {plain.URL, nowhere, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := newModel(t, test.address, test.options).Call(t.Context(), request())
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.False(t, fault.Unknown(err), "%v: nothing was sent", err)
			require.ErrorContains(t, err, test.want)
			require.Zero(t, reply)
			checkMessage(t, err)
			require.Zero(t, plain.requests.Load())
		})
	}
}

// TestAClientThatDoesNotReport: without knowing about its connections, every failure may have been sent.
func TestAClientThatDoesNotReport(t *testing.T) {
	t.Parallel()
	for want, cause := range map[string]error{
		"the exchange failed":       errors.New("no luck"),
		"the connection timed out":  &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
		"the connection was reset":  &net.OpError{Op: "write", Err: syscall.EPIPE},
		"the connection was closed": io.EOF,
	} {
		fails := doer(func(*http.Request) (*http.Response, error) { return nil, cause })
		_, err := newModel(t, "", &claudemodel.Options{HTTPClient: fails}).Call(t.Context(), request())
		require.True(t, fault.Unknown(err))
		require.EqualError(t, err, "claudemodel: call claude-haiku-5-5: "+want+" before the answer was there")
	}

	transport := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("no luck") })
	client := &http.Client{Transport: transport}
	_, err := newModel(t, "", &claudemodel.Options{HTTPClient: client}).Call(t.Context(), request())
	require.True(t, fault.Unknown(err))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestAGivenClient is used as it is, but for redirects, and stays as it was.
func TestAGivenClient(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, message()))
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	options := &claudemodel.Options{HTTPClient: client}
	reply, err := newModel(t, p.URL, options).Call(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, "hello", reply.Text)
	require.Nil(t, client.CheckRedirect)

	_, err = newModel(t, "http://"+closedPort, options).Call(t.Context(), request())
	require.False(t, fault.Unknown(err), "its transport is known to report")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other := serve(t, func(http.ResponseWriter, *http.Request) {})
	for status, kind := range map[int]fault.Kind{
		301: fault.Rejected, 302: fault.Unavailable, 303: fault.Unavailable, 307: fault.Rejected, 308: fault.Rejected,
	} {
		for _, client := range []*http.Client{nil, {Transport: http.DefaultTransport}} {
			p := serve(t, responds(status, "", "Location", other.URL+"/v1/messages"))
			options := &claudemodel.Options{}
			if client != nil {
				options.HTTPClient = client
			}
			_, err := newModel(t, p.URL, options).Call(t.Context(), request())
			require.Equal(t, kind, fault.KindOf(err), status)
			require.Equal(t, kind == fault.Unavailable, fault.Unknown(err))
			require.EqualValues(t, 1, p.requests.Load())
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	require.Zero(t, other.requests.Load())
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const most = 8 << 20
	padded := func(size int) string {
		body := message()
		return body + strings.Repeat(" ", size-len(body))
	}
	reply, err := call(t, responds(200, padded(most)))
	require.NoError(t, err)
	require.Equal(t, "hello", reply.Text)
	_, err = call(t, responds(200, padded(most+1)))
	require.True(t, fault.Unknown(err))
	require.ErrorContains(t, err, "200 and then the answer is larger than 8 MiB (request req_123)")
}
