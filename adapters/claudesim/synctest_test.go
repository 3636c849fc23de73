package claudesim_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// pipes is a network inside the process: what is dialled is accepted.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.conns <- server
	return client, nil
}

// TestInABubble: over pipes, a day of the default clocks takes no time, and nothing is left running.
func TestInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim, err := claudesim.New(nil)
		require.NoError(t, err)
		network := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: sim}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(network) }()
		client := &http.Client{Transport: &http.Transport{DialContext: network.dial}}
		send := func(method, path, body string) []byte {
			r, err := http.NewRequestWithContext(t.Context(), method, "http://sim"+path, strings.NewReader(body))
			require.NoError(t, err)
			r.Header = request("").Header
			answer, err := client.Do(r)
			require.NoError(t, err)
			defer func() { _ = answer.Body.Close() }()
			content, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.StatusCode, string(content))
			return content
		}
		began := time.Now()
		send(http.MethodPost, "/v1/messages", askPage(1))
		require.Greater(t, time.Since(began), time.Second)
		require.Contains(t, string(send(http.MethodPost, "/v1/messages", askPage(1, "stream:true"))), "message_stop")
		var b batch
		require.NoError(t, json.Unmarshal(send(http.MethodPost, batchesPath, batchOf(manyPages(5)...)), &b))
		for b.Status != "ended" {
			time.Sleep(time.Minute)
			require.NoError(t, json.Unmarshal(send(http.MethodGet, batchesPath+"/"+b.ID, ""), &b))
		}
		require.Len(t, readResults(t, string(send(http.MethodGet, batchesPath+"/"+b.ID+"/results", ""))), 5)
		require.EqualValues(t, 7, sim.Bill().Answered)
		sim.Close()
		client.CloseIdleConnections()
		require.NoError(t, server.Shutdown(t.Context()))
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
}
