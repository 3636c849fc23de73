package lambdaworker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notes is a kind of as many tasks as its input has bytes. With broken set its version panics, which the engine asks for
// outside of all that it catches.
type notes struct {
	tasks  int
	broken *bool
}

func (notes) Name() string { return "notes" }

func (n notes) Version() int {
	if *n.broken {
		panic("the kind is broken")
	}
	return 1
}

func (n notes) Size() int    { return n.tasks }
func (notes) Hash() [32]byte { return [32]byte{1} }

func (n notes) Open(input []byte) (job.Plan, error) { return notes{len(input), n.broken}, nil }

func (notes) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: strconv.Itoa(ordinal), MaxTokens: 50}
}

func (notes) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	if a.Text == "unfit" {
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
	}
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

// world is a store and a queue in a bubble of fake time, with one function that works on them. It plays the model, which
// answers after a second, and watches.
type world struct {
	t       *testing.T
	began   time.Time
	store   *memstore.Store
	queue   *memqueue.Queue
	broken  bool
	options lambdaworker.Options
	limits  engine.Options
	// wrap, if set, comes between the next function and its ports.
	wrap func(*engine.Ports)

	engine  *engine.Engine
	worker  *lambdaworker.Worker
	sweeper *lambdaworker.Sweeper

	mu     sync.Mutex
	events []ports.Event
	// begun are when calls were begun; open is how many are now and peak how many there were at most.
	begun      []time.Duration
	open, peak int
	// bill is what the provider has answered, by the answer's name.
	bill map[string]cost.Usage
	// asked is what becomes of the n-th call, after its time; nil stands for an answer.
	took  func(n int) time.Duration
	asked func(ctx context.Context, n int, request job.Request) (ports.Reply, error)
	on    func(ports.Event)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, began: time.Now(), store: memstore.New(sysclock.Clock{}, nil), bill: map[string]cost.Usage{}}
	w.queue = memqueue.New(sysclock.Clock{}, &memqueue.Options{Visibility: 30 * time.Minute, MaxReceives: 5})
	w.limits.Retry.Base = 1 // at once, so that every time is an exact one
	w.start()
	return w
}

// story tells one in a bubble.
func story(t *testing.T, name string, tell func(t *testing.T, w *world)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { tell(t, newWorld(t)) })
	})
}

// start makes a new function, which is the world's from then on.
func (w *world) start(rules ...faultport.Rule) {
	w.t.Helper()
	plan := faultport.NewPlan(sysclock.Clock{}, rules...)
	all := engine.Ports{
		Store: plan.Store(w.store), Queue: plan.Queue(w.queue), Model: w, Clock: sysclock.Clock{}, Group: sysclock.Group{},
		IDs: sysclock.NewIDs(), Observer: w,
	}
	if w.wrap != nil {
		w.wrap(&all)
	}
	limits, options := w.limits, w.options
	e, err := engine.New(all, []job.Kind{notes{broken: &w.broken}}, &limits)
	require.NoError(w.t, err)
	w.engine, w.worker, w.sweeper = e, lambdaworker.NewWorker(e, &options), lambdaworker.NewSweeper(e, &options)
}

// submit makes a job of so many tasks, and returns the messages that its submission has sent.
func (w *world) submit(tasks int) (job.ID, []events.SQSMessage) {
	w.t.Helper()
	receipt, err := w.engine.Submit(w.t.Context(), engine.Submission{Tenant: "acme", Kind: "notes", Input: make([]byte, tasks), RequestID: "req-1"})
	require.NoError(w.t, err)
	return receipt.Job.ID, w.due()
}

// due takes what can be received from the queue now.
func (w *world) due() []events.SQSMessage {
	w.t.Helper()
	deliveries, err := w.queue.Receive(w.t.Context(), 100, time.Now())
	require.NoError(w.t, err)
	records := make([]events.SQSMessage, len(deliveries))
	for i, d := range deliveries {
		require.NoError(w.t, w.queue.Ack(w.t.Context(), d.Receipt))
		records[i] = record(fmt.Sprint("m-", i), d.Body)
		records[i].Attributes["MessageGroupId"] = d.Group
	}
	return records
}

// record is a message as Lambda hands it over.
func record(id string, body []byte) events.SQSMessage {
	return events.SQSMessage{MessageId: id, Body: string(body), EventSource: "aws:sqs", Attributes: map[string]string{
		"ApproximateReceiveCount": "2", "SentTimestamp": strconv.FormatInt(time.Now().Add(-3*time.Second).UnixMilli(), 10),
	}}
}

// parcel is a message about a parcel.
func parcel(id job.ID, number int) events.SQSMessage {
	return record(fmt.Sprint("p-", number), job.ParcelNote(&job.Job{ID: id, Tenant: "acme", RequestID: "req-1"}, number).Pack())
}

// invoke lets the worker handle messages in an invocation of that length, 0 for one without an end, and returns those that
// it left to the queue.
func (w *world) invoke(timeout time.Duration, records ...events.SQSMessage) []string {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	response, err := w.worker.Handle(ctx, events.SQSEvent{Records: records})
	require.NoError(w.t, err)
	if timeout > 0 {
		require.NoError(w.t, ctx.Err(), "the answer came too late")
	}
	return failures(response)
}

func failures(r events.SQSEventResponse) []string {
	var list []string
	for _, item := range r.BatchItemFailures {
		list = append(list, item.ItemIdentifier)
	}
	return list
}

// Call is the model's.
func (w *world) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	w.mu.Lock()
	w.begun = append(w.begun, w.now())
	n := len(w.begun)
	w.open++
	w.peak = max(w.peak, w.open)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open--
	}()
	took := time.Second
	if w.took != nil {
		took = w.took(n)
	}
	if err := (sysclock.Clock{}).Sleep(ctx, time.Now().Add(took)); err != nil {
		return ports.Reply{}, err
	}
	reply := ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: usage(n), UsageOK: true, MessageID: fmt.Sprint("msg-", n)}}
	if w.asked != nil {
		other, err := w.asked(ctx, n, r)
		if err != nil {
			return ports.Reply{}, err
		}
		if other.Text != "" {
			reply.Text = other.Text
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bill[reply.MessageID] = reply.Usage
	return reply, nil
}

// usage is what the n-th answer costs, each something else.
func usage(n int) cost.Usage { return cost.Usage{Input: int64(9 + n%50), Output: int64(1 + n%40)} }

// Observe is the observer's.
func (w *world) Observe(_ context.Context, event ports.Event) {
	w.mu.Lock()
	w.events = append(w.events, event)
	w.mu.Unlock()
	if w.on != nil {
		w.on(event)
	}
}

// told are the events of a name.
func (w *world) told(name ports.EventName) []ports.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.events), func(e ports.Event) bool { return e.Name != name })
}

// faults are the kinds of what was told to have failed.
func (w *world) faults() []string {
	var kinds []string
	for _, e := range w.told(ports.EventFault) {
		kinds = append(kinds, e.Fault)
	}
	return kinds
}

// now is the time since the bubble began.
func (w *world) now() time.Duration { return time.Since(w.began) }

func (w *world) progress(id job.ID) engine.Progress {
	w.t.Helper()
	p, err := w.engine.Progress(w.t.Context(), id)
	require.NoError(w.t, err)
	return p
}

// sweep lets the sweeper handle a schedule's event.
func (w *world) sweep(timeout time.Duration) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), timeout)
	defer cancel()
	answer, err := w.sweeper.Handle(ctx, json.RawMessage(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`))
	require.Nil(w.t, answer)
	return err
}

// deadLetters lets the sweeper handle messages that the queue has given up, and returns those that it left there.
func (w *world) deadLetters(records ...events.SQSMessage) []string {
	w.t.Helper()
	event, err := json.Marshal(events.SQSEvent{Records: records})
	require.NoError(w.t, err)
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Minute)
	defer cancel()
	answer, err := w.sweeper.Handle(ctx, event)
	require.NoError(w.t, err)
	return failures(answer.(events.SQSEventResponse))
}

// finish sweeps and works, with invocations of five minutes, until the jobs have ended: a day at most.
func (w *world) finish(ids ...job.ID) {
	w.t.Helper()
	for minute := 0; !w.ended(ids); minute++ {
		require.Less(w.t, minute, 24*60, "no rest")
		require.NoError(w.t, w.sweep(time.Minute))
		for records := w.due(); len(records) > 0; records = w.due() {
			require.Empty(w.t, w.invoke(5*time.Minute, records...))
		}
		time.Sleep(time.Minute) // the bubble's
	}
}

func (w *world) ended(ids []job.ID) bool {
	for _, id := range ids {
		j, err := w.engine.Job(w.t.Context(), id)
		require.NoError(w.t, err)
		if !j.State.Ended() {
			return false
		}
	}
	return true
}
