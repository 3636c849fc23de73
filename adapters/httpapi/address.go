package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// crowded says how long a request is to wait because its address makes too many. Whether the API is there may be asked at any time: who
// watches it must not be told that it is not because somebody else at the address is busy.
func (a *API) crowded(r *http.Request) time.Duration {
	if r.URL.Path == healthPath || r.URL.Path == apiHealthPath {
		return 0
	}
	return a.places.take(a.address(r), a.clock.Now())
}

// address is whom the request comes from, without its port. An IPv6 network counts as one. Behind proxies that are trusted it is the last
// hop that is none of them: what stands before it in X-Forwarded-For whoever sent the request may have written.
func (a *API) address(r *http.Request) string {
	from, err := hop(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for a.trusts(from) && len(hops) > 0 {
		before, err := hop(hops[len(hops)-1])
		if err != nil {
			break
		}
		from, hops = before, hops[:len(hops)-1]
	}
	if from.Is6() {
		network, _ := from.Prefix(64) // an address of 128 bits has one
		return network.Addr().String()
	}
	return from.String()
}

// trusts reports whether an address is a proxy's whose word counts.
func (a *API) trusts(from netip.Addr) bool {
	return slices.ContainsFunc(a.options.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(from) })
}

// hop reads an address, with a port or without.
func hop(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), nil
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return ip.Unmap().WithZone(""), err
}
