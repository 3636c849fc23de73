package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// simulatedURL is the address under which the built-in simulator answers, inside this process alone.
const simulatedURL = "http://claude.simulated"

// simulator is the built-in simulator of the Claude API, served over connections in memory: the same client, the same
// HTTP, and nothing leaves the process.
type simulator struct {
	sim    *claudesim.Sim
	server *http.Server
	wire   *wireless
	ended  chan struct{}
}

// startSimulator serves a simulator of the options until it is closed.
func startSimulator(options *claudesim.Options) (*simulator, error) {
	sim, err := claudesim.New(options)
	if err != nil {
		return nil, invalid("%w", err)
	}
	s := &simulator{sim: sim, wire: newWireless(), ended: make(chan struct{}), server: &http.Server{
		Handler:           sim,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}}
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(s.wire) // ends with close
	}()
	return s, nil
}

// client is an HTTP client that reaches the simulator and nothing else.
func (s *simulator) client() *http.Client {
	const most = 1000 // connections kept open, as many as there can be calls
	return &http.Client{Transport: &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return s.wire.dial(ctx) },
		MaxIdleConns:        most,
		MaxIdleConnsPerHost: most,
	}}
}

func (s *simulator) close() {
	s.sim.Close()
	_ = s.server.Close()
	<-s.ended
}

// wireless is a net.Listener whose connections are pipes in memory.
type wireless struct {
	dialled chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

var _ net.Listener = (*wireless)(nil)

func newWireless() *wireless {
	return &wireless{dialled: make(chan net.Conn), closed: make(chan struct{})}
}

// dial connects to whoever accepts.
func (w *wireless) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.dialled <- far:
		return near, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (w *wireless) Accept() (net.Conn, error) {
	select {
	case conn := <-w.dialled:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and every later dial.
func (w *wireless) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr names the listener.
func (w *wireless) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return simulatedURL }
