package localworker_test

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// echo answers at once with what it is asked.
type echo struct{}

func (echo) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	return ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 10, Output: 5}, UsageOK: true}}, nil
}

// whenEnded stops a worker at the end of a job.
type whenEnded struct{ worker *localworker.Worker }

func (w *whenEnded) Observe(_ context.Context, e ports.Event) {
	if e.Name == ports.EventJobEnded {
		w.worker.Stop()
	}
}

// A worker works for an engine until it is stopped; what is under way is finished first.
func Example() {
	ctx := context.Background()
	queue, ended := memqueue.New(sysclock.Clock{}, nil), &whenEnded{}
	e, err := engine.New(engine.Ports{
		Store: memstore.New(sysclock.Clock{}, nil), Queue: queue, Model: echo{}, Observer: ended,
		Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
	}, []job.Kind{notes(0)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ended.worker = localworker.New(e, queue, &localworker.Options{Parcels: 2})
	receipt, err := e.Submit(ctx, engine.Submission{Tenant: "acme", Kind: "notes", Cap: cost.Dollar})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ended.worker.Run(ctx))
	progress, err := e.Progress(ctx, receipt.Job.ID)
	fmt.Println(progress.Job.State, progress.Counts[job.TaskCompleted], err)
	// Output:
	// <nil>
	// completed 60 <nil>
}
