package claudemodel_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestContextEndedBefore(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, message()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newModel(t, p.URL, nil).Call(ctx, request())
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, fault.Unavailable)
	require.False(t, fault.Unknown(err))
	require.EqualError(t, err, "claudemodel: call claude-haiku-5-5: context canceled before the request was sent")
	require.Zero(t, p.requests.Load())
}

func TestContextEndsWhileWaiting(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(w http.ResponseWriter){
		"for the headers": func(http.ResponseWriter) {},
		"for the body": func(w http.ResponseWriter) {
			w.WriteHeader(200)
			_, _ = io.WriteString(w, `{"type":"mess`)
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				begin(w)
				cancel()
				<-r.Context().Done()
			})
			_, err := newModel(t, p.URL, nil).Call(ctx, request())
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, fault.Unavailable)
			require.True(t, fault.Unknown(err))
			require.ErrorContains(t, err, "context canceled")
			checkMessage(t, err)
		})
	}
}

// TestContextEndsWhileConnecting dials a proxy that never answers: nothing of the request has left.
func TestContextEndsWhileConnecting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	silent, _ := listen(t, func(_ net.Conn, r *bufio.Reader) {
		_, _ = r.ReadString('\n') // the proxy has been asked for a connection
		cancel()
		_, _ = io.Copy(io.Discard, r)
	})
	proxy := &claudemodel.Options{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(silent) }}
	_, err := newModel(t, "https://api.example.invalid", proxy).Call(ctx, request())
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, fault.Unknown(err), "%v", err)
}

// doer is an HTTP client made of a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// hangs never answers.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for timeout, want := range map[time.Duration]time.Duration{0: claudemodel.DefaultTimeout, time.Minute: time.Minute} {
			model := newModel(t, "", &claudemodel.Options{HTTPClient: doer(hangs), Timeout: timeout})
			begin := time.Now()
			_, err := model.Call(t.Context(), request())
			require.Equal(t, want, time.Since(begin))
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.True(t, fault.Unknown(err))
			require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's own deadline has not come")
			require.ErrorContains(t, err, "the call took longer than "+want.String())
		}
	})
}

// TestTimeoutBeforeTheRequest: what ran out before anything was sent costs nothing, and is no reason to give up.
func TestTimeoutBeforeTheRequest(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, message()))
	_, err := newModel(t, p.URL, &claudemodel.Options{Timeout: 1}).Call(t.Context(), request())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.False(t, fault.Unknown(err))
	require.EqualError(t, err, "claudemodel: call claude-haiku-5-5: the call took longer than 1ns before the request was sent")
	require.Zero(t, p.requests.Load())
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := newModel(t, "", &claudemodel.Options{HTTPClient: doer(hangs)}).Call(ctx, request())
		require.Equal(t, time.Second, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, fault.Unknown(err))
	})
}

// TestAnAnswerThatIsThereIsKept ends the context in the moment in which the last byte is read.
func TestAnAnswerThatIsThereIsKept(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{200: message(), 429: errorBody("rate_limit_error", "slow down")} {
		ctx, cancel := context.WithCancel(t.Context())
		client := doer(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: endsWith(body, cancel)}, nil
		})
		reply, err := newModel(t, "", &claudemodel.Options{HTTPClient: client}).Call(ctx, request())
		require.Error(t, ctx.Err())
		if status == 429 {
			require.Equal(t, fault.Throttled, fault.KindOf(err), "the refusal is certain")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "hello", reply.Text)
		require.True(t, reply.UsageOK)
	}
}

// endsWith reads as the body and calls then at its end.
func endsWith(body string, then func()) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(body), ending(then)))
}

type ending func()

func (e ending) Read([]byte) (int, error) {
	e()
	return 0, io.EOF
}
