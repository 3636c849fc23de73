package lambdahttp

import (
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// location is the request's path and query, the query as it arrived.
func location(event events.APIGatewayV2HTTPRequest) *url.URL {
	encoded := encode(withoutStage(event.RawPath, event.RequestContext.Stage))
	path, _ := url.PathUnescape(encoded) // encode leaves nothing that could fail
	u := &url.URL{Path: path, RawQuery: event.RawQueryString}
	if u.EscapedPath() != encoded {
		u.RawPath = encoded // as net/url keeps it: only where the usual encoding would differ
	}
	return u
}

// withoutStage is the path as routes know it. Every stage but $default stands in front of it.
func withoutStage(path, stage string) string {
	if rest, is := strings.CutPrefix(path, "/"+stage); is && stage != "" && (rest == "" || rest[0] == '/') {
		path = rest
	}
	if !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

// encode escapes what cannot stand in an encoded path, and nothing else: HTTP APIs hand over paths decoded, function URLs and the
// documentation's examples encoded, and an event does not say which. A path that was encoded stays as it is, byte for byte.
func encode(path string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '%' && !triplet(path[i:]) {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// triplet says whether a text begins with an encoded byte.
func triplet(text string) bool {
	return len(text) >= 3 && isHex(text[1]) && isHex(text[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
