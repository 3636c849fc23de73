package claudebench

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// network is a listener whose connections are pipes in memory: a bubble of fake time can wait for those.
type network struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newNetwork() *network {
	return &network{incoming: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.incoming:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return address{} }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.incoming <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client is an HTTP client of one process.
func (n *network) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.dial, MaxIdleConns: 1 << 16, MaxIdleConnsPerHost: 1 << 16}}
}

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "claude" }
