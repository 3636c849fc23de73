package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

// added makes the small catalog a business of the shop's store and returns its id.
func (s *shop) added() (id string) {
	s.Helper()
	c, err := catalogfile.Parse("catalog.yaml", []byte(smallCatalog))
	require.NoError(s, err)
	a := &app{world: world{env: func(string) string { return "" }}, stop: interrupts{soft: s.Context(), hard: s.Context()}}
	require.NoError(s, a.withOffice(storeFlags{name: s.store()}, true, func(o *backoffice.Office) (err error) {
		id, _, err = office.Add(s.Context(), o, keeper("request-1"), c)
		return err
	}))
	return id
}

// ordered begins a job of the business over the API.
func (v *serving) ordered(token, business, key string) string {
	v.Helper()
	made := v.ask(token, http.MethodPost, "/api/businesses/"+business+"/generate", map[string]string{"page_type": "keyword-service-area"}, "Idempotency-Key", key)
	require.Equal(v, http.StatusAccepted, made.StatusCode, made.body)
	var out struct {
		Job struct {
			ID string `json:"id"`
		} `json:"job"`
	}
	require.NoError(v, json.Unmarshal([]byte(made.body), &out))
	return out.Job.ID
}

// of are the flags that name the server's business.
func (v *serving) of(business string, words ...string) []string {
	return append(words, "--server", v.url, "--business", business)
}

// remoteJob is as much of a server's job as the tests look at.
type remoteJob struct {
	ID      string         `json:"id"`
	Status  string         `json:"status"`
	Counts  map[string]int `json:"counts"`
	Settled cost.Pico      `json:"settled"`
	Budget  cost.Pico      `json:"budget_usd"`
}

func (r ran) remote() (j remoteJob) {
	r.Helper()
	require.NoError(r, json.Unmarshal([]byte(r.stdout), &j), r.stdout)
	return j
}

// until looks at a job until it has the status, and waits for a line of the log in between.
func (v *serving) until(business, id, status string) {
	v.Helper()
	for v.run(v.of(business, "jobs", "show", id, "--json")...).want(exitDone).remote().Status != status {
		v.line(v.stderr, "job.")
	}
}

// TestCommandsAgainstAServer is the life of a job of which every step goes by the server's API.
func TestCommandsAgainstAServer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	business := s.added()
	s.env[tokenVariable] = s.token("operator")
	held := s.door.hold(0)
	s.door.answer(refusing(t, "Cranston"))
	v := s.serving("--rate-limit", "off", "--concurrency", "2")

	made := s.run(v.of(business, "forecast", "--page-type", "keyword-service-area")...).want(exitDone).stdout
	require.Contains(t, made, "pages     4 by claude-haiku-5-5")
	require.Contains(t, made, "realtime  cost")
	require.Contains(t, s.run(v.of(business, "forecast", "--page-type", "keyword-service-area", "--lane", "auto", "--deadline", "30h", "--cap", "0.0001", "--json")...).want(exitDone).stdout, `"pages":4`)

	id := v.ordered(s.env[tokenVariable], business, "k-1")
	<-held
	paused := s.run(v.of(business, "jobs", "pause", id, "--reason", "lunch")...).want(exitDone)
	require.Contains(t, paused.stdout, "; ")
	s.door.open()
	v.until(business, id, "paused")
	require.Contains(t, s.run(v.of(business, "jobs", "list")...).want(exitDone).stdout, "paused:operator")
	shown := s.run(v.of(business, "jobs", "show", id)...).want(exitDone).stdout
	require.Contains(t, shown, "business  Corner Bakery (")
	require.Contains(t, shown, "paused (operator: lunch)")
	require.NotContains(t, shown, "attempts")

	require.Equal(t, "1.000000000000", s.run(v.of(business, "jobs", "resume", id, "--cap", "1", "--json")...).want(exitDone).remote().Budget.String())
	v.until(business, id, "partial")
	shown = s.run(v.of(business, "jobs", "show", id)...).want(exitDone).stdout
	require.Contains(t, shown, "failed    REFUSED on 2 pages: ")

	s.door.answer(nil)
	again := s.run(v.of(business, "jobs", "retry", id)...).want(exitDone)
	require.Contains(t, again.stderr, "2 pages made again by the server")
	v.until(business, id, "completed")
	s.run(v.of(business, "jobs", "retry", id, "--pages", "1")...).want(exitUsage).complains("CONFLICT")
	s.run(v.of(business, "jobs", "cancel", id)...).want(exitUsage).complains("CONFLICT")

	var list []remoteJob
	require.NoError(t, json.Unmarshal([]byte(s.run(v.of(business, "jobs", "list", "--json")...).want(exitDone).stdout), &list))
	require.Len(t, list, 1)
	require.Equal(t, 4, list[0].Counts["completed"])
	require.Equal(t, s.sim.Bill().Total.String(), list[0].Settled.String())

	require.Regexp(t, `^`+id+`: \d+ entries in 1 shard: all in order\n$`, s.run(v.of(business, "ledger", "verify", id)...).want(exitDone).stdout)
	require.Contains(t, s.run(v.of(business, "ledger", "verify", id, "--json")...).want(exitDone).stdout, `"ok":true`)
	require.Contains(t, s.run(v.of(business, "ledger", "export", id)...).want(exitDone).stdout, "business_id,job_id,shard,seq")
	settled := cost.Pico(0)
	for line := range strings.Lines(s.run(v.of(business, "ledger", "export", id, "--format", "jsonl")...).want(exitDone).stdout) {
		var e struct {
			Kind   string    `json:"kind"`
			Amount cost.Pico `json:"amount_usd"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		if e.Kind == "settle" {
			settled += e.Amount
		}
	}
	require.Equal(t, list[0].Settled, settled)
	s.run("ledger", "verify", "--all", "--server", v.url).want(exitUsage).complains("FORBIDDEN")
}

// TestTheEnvironmentNamesAServer: a store that is named goes before it.
func TestTheEnvironmentNamesAServer(t *testing.T) {
	t.Parallel()
	s, other := newShop(t), newShop(t)
	business := s.added()
	s.env[tokenVariable] = s.token("admin")
	v := s.serving()
	s.env[serverVariable] = v.url
	require.Equal(t, "no jobs\n", s.run("jobs", "list", "--business", business).want(exitDone).stdout)
	require.Contains(t, s.run("ledger", "verify", "--all").want(exitDone).stdout, "all in order")
	other.token("admin")
	require.Equal(t, "no jobs\n", s.run(other.on("jobs", "list")...).want(exitDone).stdout)
}

func TestServersAreRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const id, there = "0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11", "http://127.0.0.1:1"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"jobs", "list", "--server", there}, "MB_TOKEN is not set"},
		{[]string{"jobs", "list", "--server", there, "--token-file", s.path("none")}, "has no token"},
		{[]string{"jobs", "list", "--server", there, "--token-file", s.write("empty", "\n")}, "has no token"},
		{[]string{"jobs", "list", "--server", there, "--token-file", s.write("token", "mbt_x\n")}, "--business is missing"},
		{[]string{"jobs", "show", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"jobs", "pause", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"jobs", "resume", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"jobs", "retry", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"ledger", "export", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"ledger", "verify", id, "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"forecast", "--server", there, "--token-file", s.path("token")}, "--business is missing"},
		{[]string{"forecast", "--business", "b", "--server", there, "--token-file", s.path("token")}, "--page-type is missing"},
		{[]string{"jobs", "list", "--server", "http://api.example.com", "--token-file", s.path("token")}, "in plain text: give an address that begins with https://"},
		{[]string{"jobs", "list", "--server", "ftp://x", "--token-file", s.path("token")}, "is no URL"},
		{s.on("jobs", "list", "--server", there), "--store is about a store or the work of this process, and --server exclude each other"},
		{[]string{"jobs", "resume", id, "--server", there, "--simulate"}, "--simulate is about"},
		{[]string{"forecast", "--catalog", "c.yaml", "--server", there}, "--catalog is about"},
		{[]string{"generate", "--server", there}, "--server is for mb jobs, mb ledger and mb forecast"},
		{[]string{"tokens", "list", "--token-file", "x"}, "--token-file is for commands that go by a server"},
		{s.on("jobs", "show", id, "--business", "b"), "--business is for --server here"},
		{s.on("jobs", "cancel", id, "--business", "b"), "--business is for --server here"},
		{s.on("jobs", "resume", id, "--business", "b"), "--business is for --server here"},
		{s.on("jobs", "retry", id, "--business", "b"), "--business is for --server here"},
		{s.on("ledger", "verify", id, "--business", "b"), "--business is for --server here"},
		{s.on("ledger", "export", id, "--business", "b"), "--business is for --server here"},
		{[]string{"forecast", "--business", "b"}, "--business is for --server: leave it out, and name a file"},
	} {
		ended := s.run(test.args...)
		require.Equal(t, exitUsage, ended.code, "%v: %s", test.args, ended.stderr)
		ended.complains(test.want)
	}
}

// TestATokenIsReadFromAFile and never told.
func TestATokenIsReadFromAFile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	file := s.write("token", "mbt_canary\n")
	ended := s.run("jobs", "list", "--business", "b", "--server", server.URL+"/", "--token-file", file).want(exitUsage)
	ended.complains("401")
	require.NotContains(t, ended.stderr, "canary")
	require.Equal(t, "Bearer mbt_canary", <-asked)
	require.NoError(t, os.Remove(file))
}
