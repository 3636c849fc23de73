package lambdaworker_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// parrot stands in for Claude, and tells of faults alone.
type parrot struct{}

func (parrot) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	return ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 420, Output: 500}, UsageOK: true}}, nil
}

func (parrot) Observe(_ context.Context, event ports.Event) {
	if event.Name == ports.EventFault {
		fmt.Println(event.Fault)
	}
}

// A batch of two messages, one of them nonsense. A program hands Handle to lambda.StartWithOptions, and Stop to
// lambda.WithEnableSIGTERM; here the clock of this machine stands for Lambda's.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	e, err := engine.New(engine.Ports{
		Store: memstore.New(sysclock.Clock{}, nil), Queue: memqueue.New(sysclock.Clock{}, nil), Model: parrot{}, Observer: parrot{},
		Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
	}, []job.Kind{notes{broken: new(bool)}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := e.Submit(ctx, engine.Submission{Tenant: "acme", Kind: "notes", Input: []byte("a task for each byte")})
	if err != nil {
		fmt.Println(err)
		return
	}

	worker := lambdaworker.NewWorker(e, nil)
	answer, _ := worker.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", Body: string(job.ParcelNote(receipt.Job, 0).Pack())},
		{MessageId: "2", Body: "nonsense"},
	}})

	progress, _ := e.Progress(ctx, receipt.Job.ID)
	fmt.Println(len(answer.BatchItemFailures), "messages come again")
	fmt.Println(progress.Job.State, progress.Counts[job.TaskCompleted], "of", progress.Job.Layout.Tasks)
	// Output:
	// invalid
	// 0 messages come again
	// completed 20 of 20
}
