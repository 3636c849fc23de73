package webhooks

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// port is the one that receivers listen on.
const port = 443

// blocked is the error of a connection that the guard has not let happen. It does not name the address: whoever registers a
// webhook would learn from it what the names of our network stand for.
type blocked struct{}

func (blocked) Error() string { return "the address is not a public one on port 443" }

// dialer connects under the guard.
type dialer struct {
	net.Dialer
	route func(ctx context.Context, host string) ([]netip.AddrPort, error)
	allow func(netip.AddrPort) bool
}

func newDialer(timeout time.Duration, options *Options) *dialer {
	d := &dialer{route: options.Route, allow: options.Allow}
	d.Dialer = net.Dialer{Timeout: timeout, Resolver: options.Resolver, ControlContext: d.guard}
	return d
}

// guard is called with the address of the socket, after every look-up and right before it connects: a name that has changed
// its mind since then changes nothing.
func (d *dialer) guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !d.open(at) {
		return blocked{}
	}
	return nil
}

// open reports whether there may be a connection to the address.
func (d *dialer) open(at netip.AddrPort) bool {
	return at.Port() == port && backoffice.Public(at.Addr()) || d.allow != nil && d.allow(at)
}

// dial connects to the host of the address, or to where the route leads.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.route == nil {
		return d.DialContext(ctx, network, address)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := d.route(ctx, host)
	if err == nil && len(addresses) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	for _, at := range addresses {
		var conn net.Conn
		if conn, err = d.DialContext(ctx, network, at.String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
