package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

// from makes a request of a stranger with the address and hops, and returns the status.
func (w *world) from(address, path string, hops ...string) int {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = address
	if len(hops) > 0 {
		r.Header["X-Forwarded-For"] = hops
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Code
}

// TestTheAddressBehindAProxy: it is the last hop that is no proxy of ours, and nobody else's word.
func TestTheAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.1/32")}
	for name, c := range map[string]struct {
		proxies []netip.Prefix
		peer    string
		hops    []string
		want    string
	}{
		"no proxy is trusted":         {nil, "10.0.0.1:1", []string{"198.51.100.7"}, "10.0.0.1"},
		"a peer that is no proxy":     {proxies, "203.0.113.9:1", []string{"198.51.100.7"}, "203.0.113.9"},
		"one hop":                     {proxies, "10.0.0.1:1", []string{"198.51.100.7"}, "198.51.100.7"},
		"what the client wrote":       {proxies, "10.0.0.1:1", []string{"192.0.2.99, 10.9.9.9, 198.51.100.7"}, "198.51.100.7"},
		"two proxies":                 {proxies, "10.0.0.1:1", []string{"192.0.2.99, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		"hops in lines":               {proxies, "10.0.0.1:1", []string{"192.0.2.99", "198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
		"proxies alone":               {proxies, "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"no hop":                      {proxies, "10.0.0.1:1", nil, "10.0.0.1"},
		"an empty hop":                {proxies, "10.0.0.1:1", []string{""}, "10.0.0.1"},
		"a hop that is none":          {proxies, "10.0.0.1:1", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		"none behind a proxy":         {proxies, "10.0.0.1:1", []string{"198.51.100.7, unknown, 10.0.0.2"}, "10.0.0.2"},
		"a hop with a port":           {proxies, "10.0.0.1:1", []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"a hop of IPv6":               {proxies, "[fd00::1]:1", []string{"2001:db8:0:1:2:3:4:5"}, "2001:db8:0:1::"},
		"one with brackets and port":  {proxies, "127.0.0.1:1", []string{"[2001:db8:0:1:2:3:4:5]:80"}, "2001:db8:0:1::"},
		"one in brackets":             {proxies, "127.0.0.1:1", []string{"[2001:db8:0:1:2:3:4:5]"}, "2001:db8:0:1::"},
		"a mapped peer":               {proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"a network of IPv6":           {nil, "[2001:db8:0:1:2:3:4:5]:1", nil, "2001:db8:0:1::"},
		"a peer that has no address":  {proxies, "pipe", []string{"198.51.100.7"}, "pipe"},
		"a zone is of this host only": {nil, "[fe80::1%eth0]:1", nil, "fe80::"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, &httpapi.Options{TrustedProxies: c.proxies})
			require.Equal(t, http.StatusUnauthorized, w.from(c.peer, "/api/me", c.hops...))
			require.Equal(t, c.want, w.audits()[0].From)
		})
	}
}

// TestOneClientBehindAProxyDelaysNoOther: nor does one that writes addresses into the header, and nobody keeps a watch from its question.
func TestOneClientBehindAProxyDelaysNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{PerMinute: 100, PerAddress: 3, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}})
	for _, claimed := range []string{"1.1.1.1", "2.2.2.2", "3.3.3.3"} {
		require.Equal(t, http.StatusUnauthorized, w.from("10.0.0.1:1", "/api/me", claimed+", 198.51.100.7"))
	}
	require.Equal(t, http.StatusTooManyRequests, w.from("10.0.0.1:1", "/api/me", "4.4.4.4, 198.51.100.7"))
	require.Equal(t, http.StatusUnauthorized, w.from("10.0.0.1:1", "/api/me", "198.51.100.8"))
	for _, claimed := range []string{"1.1.1.1", "2.2.2.2", "3.3.3.3"} {
		require.Equal(t, http.StatusUnauthorized, w.from("203.0.113.9:1", "/api/me", claimed))
	}
	require.Equal(t, http.StatusTooManyRequests, w.from("203.0.113.9:1", "/api/me", "5.5.5.5"))
	for range 10 {
		require.Equal(t, http.StatusOK, w.from("203.0.113.9:1", "/health"))
		require.Equal(t, http.StatusOK, w.from("203.0.113.9:1", "/api/health"))
	}
	require.Equal(t, http.StatusTooManyRequests, w.from("203.0.113.9:1", "/healthy"))
}
