package claudemodel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// nextKey is the key after testKey; the two have nothing in common that would hide one for the other.
const nextKey = "QWERTZ/uiop+ASDFGH=jkl"

// rotating is a source whose keys come one after the other; the last one stays.
type rotating struct {
	mu      sync.Mutex
	keys    []ports.Secret
	refused []ports.Secret
}

func (r *rotating) key(_ context.Context, refused ports.Secret) (ports.Secret, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = append(r.refused, refused)
	if len(r.keys) > 1 && r.keys[0] == refused {
		r.keys = r.keys[1:]
	}
	return r.keys[0], nil
}

// accepts is a handler that answers whoever has the key.
func accepts(key string, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != key {
			responds(401, errorBody("authentication_error", "invalid x-api-key "+r.Header.Get("X-Api-Key")))(w, r)
			return
		}
		then(w, r)
	}
}

// keyless returns a Model that has no key but what the source gives.
func keyless(t *testing.T, url string, key func(context.Context, ports.Secret) (ports.Secret, error)) *claudemodel.Model {
	t.Helper()
	model, err := claudemodel.New("", &claudemodel.Options{BaseURL: url, Key: key})
	require.NoError(t, err)
	t.Cleanup(model.Close)
	return model
}

func TestTheKeyIsReadAtTheFirstCall(t *testing.T) {
	t.Parallel()
	p := serve(t, accepts(testKey, responds(200, message())))
	source := &rotating{keys: []ports.Secret{testKey}}
	model := keyless(t, p.URL, source.key)
	require.Empty(t, source.refused)
	for range 3 {
		_, err := model.Call(t.Context(), request())
		require.NoError(t, err)
	}
	require.Len(t, source.refused, 1, "a key that works is kept")
	require.Empty(t, string(source.refused[0]))
	require.EqualValues(t, 3, p.requests.Load())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		shows(t, fmt.Sprintf(verb, *model))
	}
}

// TestRotationUnderCalls changes the key while 20 calls wait for their answers to it.
func TestRotationUnderCalls(t *testing.T) {
	t.Parallel()
	const calls = 20
	var waiting sync.WaitGroup
	waiting.Add(calls)
	var paid atomic.Int32
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") == testKey {
			waiting.Done()
			waiting.Wait() // all have come with the old key
		} else {
			paid.Add(1)
		}
		accepts(nextKey, responds(200, message()))(w, r)
	})
	source := &rotating{keys: []ports.Secret{testKey, nextKey}}
	model := keyless(t, p.URL, source.key)
	var running sync.WaitGroup
	for range calls {
		running.Go(func() {
			if _, err := model.Call(t.Context(), request()); err != nil {
				t.Errorf("a call failed: %v", err)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, calls, paid.Load(), "each was answered once")
	require.EqualValues(t, 2*calls, p.requests.Load())
	require.LessOrEqual(t, len(source.refused), 2*calls, "each asked at most once for the first key and once for another")
	_, err := model.Call(t.Context(), request())
	require.NoError(t, err)
	require.EqualValues(t, 2*calls+1, p.requests.Load(), "the new key is in use")
}

// TestALateRefusal: a call that was refused the old key after another had renewed it does not ask the source again.
func TestALateRefusal(t *testing.T) {
	t.Parallel()
	source := &rotating{keys: []ports.Secret{testKey, nextKey}}
	var model *claudemodel.Model
	var nested atomic.Bool
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") == testKey && !nested.Swap(true) {
			_, err := model.Call(t.Context(), request())
			if err != nil {
				t.Errorf("the inner call failed: %v", err)
			}
		}
		accepts(nextKey, responds(200, message()))(w, r)
	})
	model = keyless(t, p.URL, source.key)
	_, err := model.Call(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, []ports.Secret{"", testKey}, source.refused)
	require.EqualValues(t, 4, p.requests.Load())
}

func TestWrongKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status   int
		keys     []ports.Secret
		requests int32
		asked    int
	}{
		"the same again":        {401, []ports.Secret{testKey}, 1, 2},
		"another wrong one":     {401, []ports.Secret{testKey, nextKey}, 2, 2},
		"a third is not tried":  {401, []ports.Secret{testKey, nextKey, "third-key"}, 2, 2},
		"a permission is none":  {403, []ports.Secret{testKey, nextKey}, 1, 1},
		"a limit asks for none": {429, []ports.Secret{testKey, nextKey}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				responds(test.status, errorBody("some_error", "no "+testKey+" and no "+nextKey))(w, r)
			})
			source := &rotating{keys: test.keys}
			reply, err := keyless(t, p.URL, source.key).Call(t.Context(), request())
			require.Equal(t, test.status != 429, errors.Is(err, fault.Unauthorized))
			require.False(t, fault.Unknown(err))
			require.Equal(t, "req_123", reply.RequestID)
			require.Equal(t, test.requests, p.requests.Load())
			require.Len(t, source.refused, test.asked)
			shows(t, err.Error())
			if test.requests == 2 {
				require.NotContains(t, err.Error(), nextKey[:6], "all keys that were used are hidden")
			}
		})
	}
}

// TestSourceFails: what the source says never looks as if anything was billed, and what it lets slip is not shown.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key  ports.Secret
		err  error
		want fault.Kind
		says string
	}{
		"unreached":    {"", fault.New(fault.Unavailable, "store: reset").MaybeDone(), fault.Unavailable, "store: reset"},
		"throttled":    {"", fault.New(fault.Throttled, "store: slow").After(7 * time.Second), fault.Throttled, "store: slow"},
		"overloaded":   {"", fault.New(fault.Overloaded, "store: busy"), fault.Overloaded, "store: busy"},
		"missing":      {"", fault.New(fault.NotFound, "store: no parameter"), fault.Unauthorized, "store: no parameter"},
		"forbidden":    {"", fault.New(fault.Unauthorized, "store: denied"), fault.Unauthorized, "store: denied"},
		"plain":        {"", errors.New("broken"), fault.Unavailable, "broken"},
		"no key":       {"", nil, fault.Unauthorized, "has none"},
		"a broken key": {testKey + "\n", nil, fault.Unauthorized, "at byte 25"},
		"it tells":     {"", fault.New(fault.NotFound, "not %s", testKey), fault.Unauthorized, "not [...]"},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", first ", first), func(t *testing.T) {
				t.Parallel()
				p := serve(t, responds(401, errorBody("authentication_error", "invalid x-api-key")))
				model := keyless(t, p.URL, func(_ context.Context, refused ports.Secret) (ports.Secret, error) {
					if !first && refused == "" {
						return testKey, nil
					}
					return test.key, test.err
				})
				_, err := model.Call(t.Context(), request())
				require.Equal(t, test.want, fault.KindOf(err))
				require.False(t, fault.Unknown(err))
				require.Equal(t, fault.RetryAfter(test.err), fault.RetryAfter(err))
				if name != "it tells" || !first { // a key that was never used cannot be known
					require.ErrorContains(t, err, test.says)
					shows(t, err.Error())
				}
				require.EqualValues(t, map[bool]int{true: 0, false: 1}[first], p.requests.Load())
			})
		}
	}
}

func TestContextEndsWhileTheKeyIsRead(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	model := keyless(t, "", func(ctx context.Context, _ ports.Secret) (ports.Secret, error) {
		cancel()
		return "", ctx.Err()
	})
	_, err := model.Call(ctx, request())
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, fault.Unavailable)
	require.False(t, fault.Unknown(err))
}

// TestTheSecondRequestIsJudgedByItself: it may have been done if it was sent, and was not if it got no connection.
func TestTheSecondRequestIsJudgedByItself(t *testing.T) {
	t.Parallel()
	for name, connections := range map[string]int32{"sent and lost": 2, "not sent": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, accepts(nextKey, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
			var dialled atomic.Int32
			transport := &http.Transport{DisableKeepAlives: true}
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dialled.Add(1) > connections {
					return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			model, err := claudemodel.New("", &claudemodel.Options{BaseURL: p.URL, HTTPClient: &http.Client{Transport: transport},
				Key: (&rotating{keys: []ports.Secret{testKey, nextKey}}).key})
			require.NoError(t, err)
			reply, err := model.Call(t.Context(), request())
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.Equal(t, connections == 2, fault.Unknown(err), "%v", err)
			require.Empty(t, reply.RequestID, "that of the refusal names another request")
			require.Equal(t, connections, p.requests.Load())
		})
	}
}

// TestEverythingRenews takes each operation through a refusal.
func TestEverythingRenews(t *testing.T) {
	t.Parallel()
	const batch = `{"type":"message_batch","id":"b-1","processing_status":"ended","created_at":"2026-03-01T12:00:00Z",` +
		`"expires_at":"2026-03-02T12:00:00Z","request_counts":{"processing":0,"succeeded":1,"errored":0,"canceled":0,"expired":0}}`
	for name, test := range map[string]struct {
		answer string
		do     func(ctx context.Context, m *claudemodel.Model) error
	}{
		"CountTokens": {`{"input_tokens":7}`, func(ctx context.Context, m *claudemodel.Model) error {
			n, err := m.CountTokens(ctx, request())
			return either(n == 7, err)
		}},
		"CreateBatch": {batch, func(ctx context.Context, m *claudemodel.Model) error {
			b, err := m.CreateBatch(ctx, []ports.BatchLine{{ID: "a-1", Request: request()}})
			return either(b.ID == "b-1", err)
		}},
		"GetBatch": {batch, func(ctx context.Context, m *claudemodel.Model) error {
			b, err := m.GetBatch(ctx, "b-1")
			return either(b.ID == "b-1", err)
		}},
		"CancelBatch": {batch, func(ctx context.Context, m *claudemodel.Model) error {
			b, err := m.CancelBatch(ctx, "b-1")
			return either(b.ID == "b-1", err)
		}},
		"ListBatches": {`{"data":[` + batch + `],"has_more":false}`, func(ctx context.Context, m *claudemodel.Model) error {
			bs, err := m.ListBatches(ctx, time.Time{})
			return either(len(bs) == 1, err)
		}},
		"BatchResults": {`{"custom_id":"a-1","result":{"type":"canceled"}}` + "\n", func(ctx context.Context, m *claudemodel.Model) error {
			n := 0
			err := m.BatchResults(ctx, "b-1", func(ports.BatchResult) error { n++; return nil })
			return either(n == 1, err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, accepts(nextKey, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.answer) }))
			source := &rotating{keys: []ports.Secret{testKey, nextKey}}
			require.NoError(t, test.do(t.Context(), keyless(t, p.URL, source.key)))
			require.EqualValues(t, 2, p.requests.Load())

			lost := fault.New(fault.Throttled, "store: slow")
			none := keyless(t, p.URL, func(context.Context, ports.Secret) (ports.Secret, error) { return "", lost })
			require.ErrorIs(t, test.do(t.Context(), none), fault.Throttled)
			require.EqualValues(t, 2, p.requests.Load(), "without a key nothing is sent")
		})
	}
}

// either is the error, or one that says that the answer was not the one sent.
func either(right bool, err error) error {
	if err == nil && !right {
		return errors.New("another answer")
	}
	return err
}

// TestManyKeys: a source that gives another key each time is kept to one renewal a call.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(401, errorBody("authentication_error", "invalid x-api-key key-0199")))
	n := 100
	model := keyless(t, p.URL, func(context.Context, ports.Secret) (ports.Secret, error) {
		n++
		return ports.Secret(fmt.Sprintf("key-%04d", n)), nil
	})
	for calls := range 100 {
		_, err := model.Call(t.Context(), request())
		require.ErrorIs(t, err, fault.Unauthorized)
		require.EqualValues(t, 2*(calls+1), p.requests.Load())
	}
	_, err := model.Call(t.Context(), request())
	require.NotContains(t, err.Error(), "key-0199", "it was used a moment ago")
}
