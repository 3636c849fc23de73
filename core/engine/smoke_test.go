package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

type echo struct{}

func (echo) Name() string { return "echo" }
func (echo) Version() int { return 1 }
func (echo) Open(in []byte) (job.Plan, error) {
	var n int
	_, err := fmt.Sscanf(string(in), "%d", &n)
	return echoPlan{n}, err
}

type echoPlan struct{ n int }

func (p echoPlan) Size() int      { return p.n }
func (p echoPlan) Hash() [32]byte { return [32]byte{1} }
func (p echoPlan) Request(o int, t job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: fmt.Sprint("say ", o), MaxTokens: 100}
}
func (p echoPlan) Accept(o int, t job.Try, a job.Answer) job.Verdict {
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

type instant struct{}

func (instant) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	return ports.Reply{Answer: job.Answer{Text: "ok " + r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 10, Output: 5}, UsageOK: true}}, nil
}

type quiet struct{ t *testing.T }

func (q quiet) Observe(_ context.Context, e ports.Event) {
	if e.Name != ports.EventCall && e.Name != ports.EventTaskEnded && e.Name != ports.EventLeased {
		fmt.Println(e.Name, e.Job, e.Fault, e.Detail)
	}
}

func TestSmoke(t *testing.T) {
	clock := sysclock.Clock{}
	store := memstore.New(clock, nil)
	queue := memqueue.New(clock, nil)
	e, err := engine.New(engine.Ports{Store: store, Queue: queue, Model: instant{}, Clock: clock, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: quiet{t}}, []job.Kind{echo{}}, nil)
	require.NoError(t, err)
	r, err := e.Submit(t.Context(), engine.Submission{Tenant: "acme", Kind: "echo", Input: []byte("1300")})
	require.NoError(t, err)
	w := localworker.New(e, queue, nil)
	go func() {
		for {
			p, err := e.Progress(t.Context(), r.Job.ID)
			if err != nil || p.Job.State.Ended() {
				fmt.Println(err, p.Counts, p.Settled, p.Held)
				w.Stop()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	start := time.Now()
	require.NoError(t, w.Run(t.Context()))
	fmt.Println(time.Since(start))
}
