package claudemodel_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// TestAReusedConnectionThatCloses is the case in which an HTTP transport is tempted to send a request again: the
// connection was used before, and is closed after the server has read the second request.
func TestAReusedConnectionThatCloses(t *testing.T) {
	t.Parallel()
	for _, resets := range []bool{false, true} {
		var requests atomic.Int32
		address, connections := listen(t, func(conn net.Conn, r *bufio.Reader) {
			for readRequest(r) == nil {
				if requests.Add(1) > 1 {
					break
				}
				body := message()
				_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			}
			if resets {
				reset(conn)
			}
		})
		model := newModel(t, address, nil)
		_, err := model.Call(t.Context(), request())
		require.NoError(t, err)
		_, err = model.Call(t.Context(), request())
		require.True(t, fault.Unknown(err), "%v", err)
		require.EqualValues(t, 2, requests.Load(), "two calls are two requests")
		require.EqualValues(t, 1, connections.Load())
	}
}

// TestIdleConnectionsThatWereClosed: such a call goes through on another connection, or its outcome is unknown; in no
// case is more than one request read for it.
func TestIdleConnectionsThatWereClosed(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, message()))
	model := newModel(t, p.URL, nil)
	for calls := int32(1); calls <= 30; calls++ {
		_, err := model.Call(t.Context(), request())
		if err != nil {
			require.True(t, fault.Unknown(err), "%v", err)
		}
		require.LessOrEqual(t, p.requests.Load(), calls)
		p.CloseClientConnections()
	}
}

// TestManyCallsAtOnce has all of them under way at the same time, twice: the second round needs no new connection.
func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 100
	arrived, gate := make(chan struct{}, n), make(chan struct{})
	var opened sync.Map
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		opened.Store(r.RemoteAddr, true)
		arrived <- struct{}{}
		<-gate
		responds(200, message())(w, r)
	})
	model := newModel(t, p.URL, nil)
	results := make(chan error, n)
	for range 2 {
		for range n {
			go func() {
				_, err := model.Call(t.Context(), request())
				results <- err
			}()
		}
		for range n {
			<-arrived
		}
		for range n {
			gate <- struct{}{}
			require.NoError(t, <-results)
		}
	}
	require.EqualValues(t, 2*n, p.requests.Load())
	connections := 0
	opened.Range(func(any, any) bool {
		connections++
		return true
	})
	require.LessOrEqual(t, connections, n+n/10, "connections are kept")
}
