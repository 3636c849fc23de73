package functiontest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// AsksNobody proves that a function is made without a request, and without a word.
func AsksNobody[F any](t *testing.T, start func(out io.Writer, environ []string) (F, int)) {
	t.Helper()
	s := NewServices(t, Empty)
	var out bytes.Buffer
	function, code := start(&out, Environ(s.URL))
	require.Zero(t, code)
	require.NotNil(t, function)
	require.Empty(t, s.Requests())
	require.Empty(t, out.String())
}

// TellsProblems proves that each problem of the environment is a line of the function's log, and that it is not made then.
func TellsProblems[F any](t *testing.T, name string, start func(out io.Writer, environ []string) (F, int)) {
	t.Helper()
	for what, test := range map[string]struct {
		change []string
		want   []string
	}{
		"nothing of AWS": {[]string{"AWS_REGION=", "AWS_ACCESS_KEY_ID="}, []string{"AWS_REGION is not set", "AWS_ACCESS_KEY_ID is not set"}},
		"both":           {[]string{"AWS_REGION=", "MB_TABLE=", "MB_CALLS=many"}, []string{"AWS_REGION is not set", "MB_TABLE is not set", `MB_CALLS "many" is no`}},
		"values":         {[]string{"MB_STAGE=x", "MB_QUEUE_URL=parcels", "MB_LEASE=1s"}, []string{"MB_STAGE", "MB_QUEUE_URL", "MB_LEASE"}},
		"prices":         {[]string{"MB_PRICES={}"}, []string{"MB_PRICES"}},
	} {
		var out bytes.Buffer
		function, code := start(&out, Environ("http://127.0.0.1:1", test.change...))
		require.Nil(t, function, what)
		require.Equal(t, 1, code, what)
		lines := Told(t, out.String())
		require.Len(t, lines, len(test.want), out.String())
		for i, want := range test.want {
			require.Contains(t, lines[i]["detail"], want, what)
			require.Equal(t, name, lines[i]["function"])
		}
		require.NotContains(t, strings.ToLower(out.String()), "canary", what)
	}
}

// AsksForWork runs a program's main in an environment, against a runtime that never has any work, until it asks for some, and
// says whether it has asked to be sent SIGTERM before. The program goes on until the process ends.
func AsksForWork(t *testing.T, environ []string, main func()) (toldOfItsEnd bool) {
	t.Helper()
	var registered atomic.Bool
	asked, never := make(chan struct{}), make(chan struct{})
	var once sync.Once
	// It is not closed: a program that loses its runtime ends the process, and with it the test.
	runtime := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/extension/register"):
			registered.Store(true)
			w.Header().Set("Lambda-Extension-Identifier", "one")
			return
		case strings.HasSuffix(r.URL.Path, "/runtime/invocation/next"):
			once.Do(func() { close(asked) })
		}
		<-never
	}))
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", strings.TrimPrefix(runtime.URL, "http://"))
	go main()
	<-asked
	return registered.Load()
}
