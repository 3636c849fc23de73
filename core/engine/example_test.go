package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// slogans is another team's kind of work: so many slogans for one brief.
type slogans struct{}

func (slogans) Name() string { return "slogans" }
func (slogans) Version() int { return 1 }

func (slogans) Open(input []byte) (job.Plan, error) {
	var p sloganPlan
	if err := json.Unmarshal(input, &p); err != nil || p.Count < 1 {
		return nil, fault.New(fault.Invalid, "slogans: input must be {\"brief\": text, \"count\": 1 or more}")
	}
	p.hash = sha256.Sum256(input)
	return p, nil
}

type sloganPlan struct {
	Brief string `json:"brief"`
	Count int    `json:"count"`
	hash  [32]byte
}

func (p sloganPlan) Size() int      { return p.Count }
func (p sloganPlan) Hash() [32]byte { return p.hash }

func (p sloganPlan) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", System: p.Brief, Prompt: fmt.Sprintf("Write slogan number %d.", ordinal+1), MaxTokens: 600}
}

func (p sloganPlan) Accept(_ int, _ job.Try, answer job.Answer) job.Verdict {
	if answer.Stop != job.StopEndTurn || answer.Text == "" {
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid, Detail: "an empty or cut slogan"}
	}
	return job.Verdict{Outcome: job.Accepted, Output: []byte(answer.Text)}
}

// parrot stands in for Claude: it answers at once.
type parrot struct{ text string }

func (p parrot) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	return ports.Reply{Answer: job.Answer{Text: p.text + r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 420, Output: 500}, UsageOK: true}}, nil
}

// ending calls done when a job ends.
type ending struct{ done func() }

func (e ending) Observe(_ context.Context, event ports.Event) {
	if event.Name == ports.EventJobEnded || event.Name == ports.EventJobPaused {
		e.done()
	}
}

// A job of another team's kind, from submission to its last slogan, all in memory.
func Example() {
	ctx := context.Background()
	var worker *localworker.Worker
	queue := memqueue.New(sysclock.Clock{}, nil)
	e, err := engine.New(engine.Ports{
		Store: memstore.New(sysclock.Clock{}, nil), Queue: queue, Model: parrot{"On it: "},
		Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
		Observer: ending{func() { worker.Stop() }},
	}, []job.Kind{slogans{}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	worker = localworker.New(e, queue, nil)
	receipt, err := e.Submit(ctx, engine.Submission{
		Tenant: "acme", Kind: "slogans", Input: []byte(`{"brief": "A shop for kites.", "count": 60}`), Cap: cost.Dollar,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := worker.Run(ctx); err != nil {
		fmt.Println(err)
		return
	}
	progress, _ := e.Progress(ctx, receipt.Job.ID)
	last, _ := e.Answer(ctx, receipt.Job.ID, 59, 1)
	books, _ := e.Verify(ctx, receipt.Job.ID)
	fmt.Println(progress.Job.State, progress.Counts[job.TaskCompleted], "of", progress.Job.Layout.Tasks)
	fmt.Println("spent", progress.Settled, "of", progress.Job.Cap, "USD")
	fmt.Println(string(last.Verdict.Output))
	fmt.Println(books.Entries, "ledger entries, in order:", books.OK())
	// Output:
	// completed 60 of 60
	// spent 0.017520000000 of 1.000000000000 USD
	// On it: Write slogan number 60.
	// 120 ledger entries, in order: true
}
