package apitest_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// script is the README's, word for word.
func script(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "```sh\n")
	require.True(t, found, "the README has a script")
	block, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	return block
}

// follow runs the script against a server and returns the ledger that it has downloaded.
func follow(t *testing.T, url, token string) string {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script(t))
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "URL="+url, "TOKEN="+token)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), `"total_pages":4`, "the preview")
	require.Contains(t, string(out), `"cost_usd"`, "the forecast")
	require.Contains(t, string(out), `"status":"completed"`, "the job's end")
	ledger, err := os.ReadFile(filepath.Join(folder, "ledger.csv"))
	require.NoError(t, err)
	return string(ledger)
}

// books checks that a ledger of four pages has a hold and a settle of each.
func books(t *testing.T, ledger string) {
	t.Helper()
	require.Equal(t, 4, strings.Count(ledger, ",hold,"), "%s", ledger)
	require.Equal(t, 4, strings.Count(ledger, ",settle,"), "%s", ledger)
}

func TestTheScriptAgainstTheServer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	books(t, follow(t, s.url, s.token))
}

func TestTheScriptAgainstTheLambdaHandler(t *testing.T) {
	t.Parallel()
	w := newCloud(t)
	gateway := httptest.NewServer(w)
	t.Cleanup(gateway.Close)
	done := make(chan struct{})
	go func() { // the worker's part
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				w.work()
			}
		}
	}()
	t.Cleanup(func() { close(done) })
	books(t, follow(t, gateway.URL, w.token))
}
