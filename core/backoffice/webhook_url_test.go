package backoffice_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// badURLs are addresses that no webhook may have.
var badURLs = []string{
	"", "hooks.example.com", "//hooks.example.com/", "/hook", "https:", "https://", "https:hooks.example.com", "https:///hook",
	"http://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/", "ftp://hooks.example.com/", "javascript:alert(1)",
	"https://user:pass@hooks.example.com/", "https://user@hooks.example.com/", "https://@hooks.example.com/", "https://hooks.example.com:22/",
	"https://hooks.example.com:80/", "https://hooks.example.com:8443/", "https://hooks.example.com:/", "https://hooks.example.com:0443/",
	"https://hooks.example.com/#part", "https://hooks.example.com/#", "https://hooks.example.com/ x", "https://hooks.example.com/\n",
	"https://hooks.example.com\\@evil.example/", "https://hooks.example.com/%zz", "https://hooks.éxample.com/", "https://hooks%2eexample.com/",
	"https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://017700000001/",
	"https://0177.0.0.1/", "https://0/", "https://0.0.0.0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
	"https://[fe80::1%25eth0]/", "https://169.254.169.254/latest/meta-data/", "https://8.8.8.8/", "https://hooks.example.0x7f/", "https://example.7/",
	"https://localhost/", "https://LOCALHOST/", "https://x.localhost/", "https://printer.local/", "https://metadata.google.internal/",
	"https://intranet/", "https://router.home.arpa/", "https://hooks.example.com./", "https://.example.com/", "https://a..example.com/",
	"https://-a.example.com/", "https://a-.example.com/", "https://a_b.example.com/", "https://" + strings.Repeat("a", 64) + ".example.com/",
	"https://" + strings.Repeat("a.", 130) + "example.com/", "https://hooks.example.com/" + strings.Repeat("a", 2048),
}

var goodURLs = []string{
	"https://hooks.example.com", "https://hooks.example.com/", "https://hooks.example.com:443/in?key=1&b=%20", "HTTPS://Hooks.Example.COM/",
	"https://xn--bcher-kva.example/", "https://a.b.c.d.example.com/x//y/../z", "https://1.example.com/", "https://a-b.example.com",
	"https://hooks.example.com/" + strings.Repeat("a", 2048-len("https://hooks.example.com/")),
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, raw := range badURLs {
		err := backoffice.CheckURL(raw)
		require.ErrorIs(t, err, fault.Invalid, raw)
		require.NotContains(t, err.Error(), "hooks.example", "values are not repeated")
	}
	for _, raw := range goodURLs {
		require.NoError(t, backoffice.CheckURL(raw), raw)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.5", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:8.8.8.8", "::ffff:10.0.0.5", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
		"2001:10::1", "2001:20::1", "2001:db8::1", "2002:808:808::1", "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
		"fec0::1", "ff02::1", "2606:4700::1111%eth0",
	} {
		require.False(t, backoffice.Public(netip.MustParseAddr(a)), a)
	}
	require.False(t, backoffice.Public(netip.Addr{}))
	for _, a := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1",
	} {
		require.True(t, backoffice.Public(netip.MustParseAddr(a)), a)
	}
}

// FuzzCheckURL: whatever passes leads, to the standard library's reading, over https to port 443 of a name that is no address.
func FuzzCheckURL(f *testing.F) {
	for _, raw := range append(badURLs, goodURLs...) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if backoffice.CheckURL(raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		require.Nil(t, u.User)
		require.Empty(t, u.Fragment)
		require.Contains(t, []string{"", "443"}, u.Port())
		require.LessOrEqual(t, len(raw), 2048)
		host := strings.ToLower(u.Hostname())
		_, err = netip.ParseAddr(host)
		require.Error(t, err, "an address")
		labels := strings.Split(host, ".")
		last := labels[len(labels)-1]
		require.GreaterOrEqual(t, len(labels), 2)
		require.NotContains(t, []string{"localhost", "local", "internal"}, last)
		require.Regexp(t, `^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`, host)
		again, err := url.Parse(u.String())
		require.NoError(t, err)
		require.Equal(t, u.Host, again.Host, "it reads the same when it is written anew")
	})
}
