package apitest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a running mb serve.
type server struct {
	t      testing.TB
	client *http.Client
	url    string
	token  string
	pid    int
}

// serve starts a server with the simulated Claude and no limit of requests.
func serve(t testing.TB) *server {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "mb")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "github.com/marketbrewer/marketbrewer/apps/mb").CombinedOutput()
	require.NoError(t, err, "%s", built)
	store := "bolt:" + filepath.Join(folder, "store.db")
	token, err := exec.CommandContext(t.Context(), program, "tokens", "create", "--name", "bench", "--role", "admin", "--store", store).Output()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "serve", "--store", store, "--listen", "127.0.0.1:0", "--simulate", "--simulate-speed", "5", "--rate-limit", "off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	told, err := os.Create(filepath.Join(folder, "stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = told.Close() })
	cmd.Stderr = told
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	s := &server{t: t, token: strings.TrimSpace(string(token)), pid: cmd.Process.Pid}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}, Timeout: time.Minute}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "listening on "); found {
			s.url = strings.TrimSpace(address)
			break
		}
	}
	if s.url == "" {
		said, _ := os.ReadFile(told.Name())
		t.Fatalf("the server did not start: %s", said)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return s
}

func (s *server) request(method, path, body string) *http.Request {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// call makes a request that must succeed and returns the member at the path of its answer.
func (s *server) call(r *http.Request, path string) any {
	s.t.Helper()
	answer, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	require.Less(s.t, answer.StatusCode, 300, "%s %s: %s", r.Method, r.URL.Path, body)
	var v any
	if len(body) > 0 {
		require.NoError(s.t, json.Unmarshal(body, &v))
	}
	for _, name := range strings.Split(path, ".") {
		if name == "" {
			break
		}
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// business makes one whose jobs have so many rows and columns.
func (s *server) business(keywords, areas int) string {
	s.t.Helper()
	id, _ := s.call(s.request(http.MethodPost, "/api/businesses", `{"name":"Harbor Plumbing","industry_type":"Plumber","phone":"(207) 555-0123","website":"https://harbor.example.com",
		"email":"a@example.com","gbp_url":"https://g.example.com/x","primary_city":"Portland","primary_state":"ME"}`), "business.id").(string)
	base := "/api/businesses/" + id
	s.call(s.request(http.MethodPost, base+"/services", `{"name":"Drain cleaning"}`), "")
	s.call(s.request(http.MethodPost, base+"/services", `{"name":"Water heaters"}`), "")
	s.bulk(base+"/keywords/bulk", keywords, func(i int) string { return fmt.Sprintf(`{"keyword":"plumber number %d"}`, i) })
	s.bulk(base+"/service-areas/bulk", areas, func(i int) string { return fmt.Sprintf(`{"city":"Town %s","state":"ME"}`, letters(i)) })
	return id
}

// letters names a number in letters, as a town may be called.
func letters(i int) string { return string(rune('A'+i/26)) + string(rune('a'+i%26)) }

func (s *server) bulk(path string, n int, row func(int) string) {
	s.t.Helper()
	for from := 0; from < n; from += 500 {
		var rows []string
		for i := from; i < min(n, from+500); i++ {
			rows = append(rows, row(i))
		}
		got := s.call(s.request(http.MethodPost, path, `{"rows":[`+strings.Join(rows, ",")+`]}`), "summary.created")
		require.EqualValues(s.t, len(rows), got)
	}
}

// generate begins a job of every keyword in every town.
func (s *server) generate(business, key string) string {
	s.t.Helper()
	r := s.request(http.MethodPost, "/api/businesses/"+business+"/generate", `{"page_type":"keyword-service-area"}`)
	r.Header.Set("Idempotency-Key", key+business)
	id, _ := s.call(r, "job.id").(string)
	return id
}

func (s *server) pause(business, id string) {
	s.t.Helper()
	s.call(s.request(http.MethodPost, "/api/businesses/"+business+"/jobs/"+id+"/pause", `{}`), "")
	s.until(business, id, func(j map[string]any) bool {
		return j["status"] == "paused" && j["counts"].(map[string]any)["running"] == 0.0
	})
}

// begun waits until a page is done.
func (s *server) begun(business, id string) {
	s.t.Helper()
	s.until(business, id, func(j map[string]any) bool { return j["counts"].(map[string]any)["completed"].(float64) > 0 })
}

// done is how many pages are completed.
func (s *server) done(business, id string) int {
	s.t.Helper()
	n, _ := s.call(s.request(http.MethodGet, "/api/businesses/"+business+"/jobs/"+id, ""), "job.counts.completed").(float64)
	return int(n)
}

// until looks at the job until it is as it should be; only a hang reaches the deadline.
func (s *server) until(business, id string, good func(map[string]any) bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		j, _ := s.call(s.request(http.MethodGet, "/api/businesses/"+business+"/jobs/"+id, ""), "job").(map[string]any)
		return good(j)
	}, 5*time.Minute, 50*time.Millisecond)
}
