package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// words is a kind of 200 tasks: four shards.
type words struct{}

func (words) Name() string                  { return "words" }
func (words) Version() int                  { return 1 }
func (words) Open([]byte) (job.Plan, error) { return words{}, nil }
func (words) Size() int                     { return 200 }
func (words) Hash() [32]byte                { return sha256.Sum256([]byte("words")) }

func (words) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: fmt.Sprint("word ", ordinal), MaxTokens: 50}
}

func (words) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

func (words) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	return ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 20, Output: 7}, UsageOK: true}}, nil
}

type stop struct{ worker *localworker.Worker }

func (s *stop) Observe(_ context.Context, event ports.Event) {
	if event.Name == ports.EventJobEnded {
		s.worker.Stop()
	}
}

func open(t *testing.T, path string, observer ports.Observer) (*engine.Engine, *memqueue.Queue) {
	store, err := boltstore.Open(path, sysclock.Clock{}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	queue := memqueue.New(sysclock.Clock{}, nil)
	e, err := engine.New(engine.Ports{
		Store: store, Queue: queue, Model: words{}, Clock: sysclock.Clock{}, Group: sysclock.Group{},
		IDs: sysclock.NewIDs(), Observer: observer,
	}, []job.Kind{words{}}, &engine.Options{Epoch: store.Epoch()})
	require.NoError(t, err)
	return e, queue
}

// realStore runs a job in an embedded store, to its end, and returns the closed file.
func realStore(t *testing.T) (path string, id job.ID) {
	path = filepath.Join(t.TempDir(), "store.db")
	t.Run("a real job", func(t *testing.T) {
		s := &stop{}
		e, queue := open(t, path, s)
		s.worker = localworker.New(e, queue, nil)
		receipt, err := e.Submit(t.Context(), engine.Submission{Tenant: "acme", Kind: "words"})
		require.NoError(t, err)
		require.NoError(t, s.worker.Run(t.Context()))
		id = receipt.Job.ID
		report, err := e.Verify(t.Context(), id)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.Equal(t, int64(400), report.Entries)
	})
	return path, id
}

func TestVerifyFindsAndLocatesForgeries(t *testing.T) {
	t.Parallel()
	path, id := realStore(t)
	const shard = 2
	for _, forgery := range names() {
		for _, rehash := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/rehash=%t", forgery, rehash), func(t *testing.T) {
				copied := filepath.Join(t.TempDir(), "copy.db")
				whole, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(copied, whole, 0o600))
				args := []string{"-file", copied, "-job", string(id), "-shard", fmt.Sprint(shard), "-do", forgery}
				if rehash {
					args = append(args, "-rehash")
				}
				var out, errs bytes.Buffer
				require.Zero(t, run(args, &out, &errs), errs.String())

				e, _ := open(t, copied, &stop{})
				report, err := e.Verify(t.Context(), id)
				require.NoError(t, err)
				require.NotEmpty(t, report.Problems)
				for _, p := range report.Problems {
					require.Equal(t, shard, p.Shard, "located elsewhere: %+v", p)
				}
				if forgery != "counter" {
					require.Positive(t, report.Problems[0].Seq, "%+v", report.Problems)
				}
				found, _ := json.Marshal(report.Problems)
				t.Logf("%s", found)
			})
		}
	}
}

func TestBadUse(t *testing.T) {
	t.Parallel()
	path, id := realStore(t)
	empty := filepath.Join(t.TempDir(), "empty.db")
	for name, args := range map[string][]string{
		"nothing":       {},
		"flag":          {"-nonsense"},
		"forgery":       {"-file", path, "-job", string(id), "-do", "magic"},
		"file":          {"-file", t.TempDir(), "-job", string(id), "-do", "drop"},
		"no records":    {"-file", empty, "-job", string(id), "-do", "drop"},
		"other job":     {"-file", path, "-job", "other", "-do", "drop"},
		"other counter": {"-file", path, "-job", "other", "-do", "counter"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			require.NotZero(t, run(args, &out, &errs))
			require.NotEmpty(t, errs.String())
		})
	}
}
