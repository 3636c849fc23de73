package attack

import (
	"bufio"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostAllocated is what a hostile request may cost, in bytes.
const mostAllocated = 5 << 20

// case16 runs alone: it measures what the process allocates.
func case16(t *testing.T) {
	w := invited(t)
	w.session() // everything that is made once is made
	dots := strings.Repeat(".", 1<<20)
	header := "GET /api/me HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer "
	for name, c := range map[string]struct {
		request string
		status  []int
	}{
		"1 MB of dots":            {header + dots + "\r\n\r\n", []int{431}},
		"10 MB header":            {header + strings.Repeat(dots, 10) + "\r\n\r\n", []int{431}},
		"10 MB in many headers":   {header + "x" + strings.Repeat("\r\nX-A: "+dots[:1000], 10_000) + "\r\n\r\n", []int{431}},
		"as many dots as it has":  {header + dots[:9<<10] + "\r\n\r\n", []int{401}},
		"1 MB of dots in a body":  {sent(`{"nonce":"` + nonce + `","id_token":"` + dots + `"}`), []int{413}},
		"16 KB of dots in a body": {sent(`{"nonce":"` + nonce + `","id_token":"` + dots[:16<<10] + `"}`), []int{401}},
	} {
		request := []byte(c.request)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		status := w.raw(request)
		runtime.ReadMemStats(&after)
		require.Contains(t, c.status, status, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostAllocated), name)
	}
}

// sent is a sign-in with the body.
func sent(body string) string {
	r, _ := http.NewRequest(http.MethodPost, "http://api/api/session", strings.NewReader(body)) // its parts are constant
	var text strings.Builder
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	_ = r.Write(&text) // a builder takes everything
	return text.String()
}

// raw sends bytes and returns the status of what comes back. The server may stop listening in the middle.
func (w *world) raw(request []byte) int {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(w.t, err)
	defer conn.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = conn.Write(request) // it may be cut off
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	a := answer{response, readAll(response.Body)}
	require.NoError(w.t, response.Body.Close())
	_ = conn.Close() // the writer ends
	<-written
	w.harmless(a)
	return response.StatusCode
}
