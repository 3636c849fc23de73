package lambdaworker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// seeds is how many random runs there are.
const seeds = 200

// TestRandomRuns lets functions work on small jobs while store, queue, provider and Lambda do as they please, all from one
// seed. Once they stop, everything comes to rest: each task has ended, the books are sound, and the provider's bill is paid.
func TestRandomRuns(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			c := &chaos{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 5)), seen: seen}
			c.run()
		})
		if t.Failed() {
			return
		}
	}
	for _, what := range []string{"returned", "given up", "killed", "stopped", "presumed", "twice", "failed task", "faults"} {
		require.Positive(t, seen[what], "no run has %s: %v", what, seen)
	}
	t.Log(seen)
}

// chaos is a world that has accidents.
type chaos struct {
	*world
	random *rand.Rand
	dice   sync.Mutex
	calm   bool
	ids    []job.ID
	// running are the invocations under way.
	running sync.WaitGroup
	seen    map[string]int
}

// roll is a number below n.
func (c *chaos) roll(n int) int {
	c.dice.Lock()
	defer c.dice.Unlock()
	return c.random.IntN(n)
}

func (c *chaos) saw(what string, n int) {
	c.dice.Lock()
	defer c.dice.Unlock()
	c.seen[what] += n
}

func (c *chaos) run() {
	c.limits.Calls, c.options.Parcels = 1+c.roll(30), 1+c.roll(4)
	c.took = func(int) time.Duration { return time.Duration(c.roll(40_000)) * time.Millisecond }
	c.asked = c.answer
	c.start()
	for range 1 + c.roll(2) {
		receipt, err := c.engine.Submit(c.t.Context(), engine.Submission{Tenant: "acme", Kind: "notes", Input: make([]byte, 1+c.roll(60)),
			Limits: job.Limits{Judged: 2, Unknown: 2 + c.roll(3)}})
		require.NoError(c.t, err)
		c.ids = append(c.ids, receipt.Job.ID)
	}
	for range 4 + c.roll(12) {
		c.act()
		time.Sleep(time.Duration(c.roll(90_000)) * time.Millisecond)
	}
	c.running.Wait()
	c.rest()
	p := c.check()
	c.saw("presumed", int(min(p, 1)))
	c.saw("faults", len(c.told(ports.EventFault)))
}

// answer is what the provider does.
func (c *chaos) answer(ctx context.Context, _ int, _ job.Request) (ports.Reply, error) {
	if c.calm {
		return ports.Reply{}, nil
	}
	switch c.roll(25) {
	case 0:
		return ports.Reply{}, fault.New(fault.Throttled, "model: slow down").After(time.Duration(c.roll(60)) * time.Second)
	case 1:
		return ports.Reply{}, fault.New(fault.Unavailable, "model: no answer").MaybeDone()
	case 2:
		<-ctx.Done()
		return ports.Reply{}, ctx.Err()
	case 3:
		return ports.Reply{Answer: job.Answer{Text: "unfit"}}, nil
	case 4:
		panic("the model is broken")
	}
	return ports.Reply{}, nil
}

// act lets one thing happen.
func (c *chaos) act() {
	switch n := c.roll(10); {
	case n < 6:
		c.deliver()
	case n < 8:
		sweeper := c.sweeper
		c.launch(func(ctx context.Context) {
			_, _ = sweeper.Handle(ctx, json.RawMessage(`{"detail-type":"Scheduled Event"}`))
		})
	case n == 8:
		c.saw("stopped", 1)
		c.worker.Stop() // what it has begun goes on
		c.renew()
	default:
		c.renew()
	}
}

// renew makes a new function, which will have its own accidents and may be killed in the middle of something.
func (c *chaos) renew() {
	m := &mortal{}
	c.wrap = m.wrap
	var rules []faultport.Rule
	for range c.roll(12) {
		rules = append(rules, faultport.Rule{
			Method: []string{"Store.Get", "Store.List", "Store.Update", "Store.Update", "Queue.Send"}[c.roll(5)], Nth: 1 + c.roll(60),
			Effect: []faultport.Effect{faultport.Fail, faultport.LoseAck, faultport.Delay, faultport.Hang}[c.roll(4)],
			Delay:  time.Duration(c.roll(30)) * time.Second,
		})
	}
	c.start(rules...)
	if c.roll(3) == 0 {
		c.saw("killed", 1)
		time.AfterFunc(time.Duration(c.roll(200))*time.Second, m.die)
	}
}

// launch begins an invocation of some length.
func (c *chaos) launch(do func(ctx context.Context)) {
	timeout := time.Duration(3+c.roll(300)) * time.Second
	c.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		do(ctx)
	})
}

// deliver gives some messages to a function as Lambda does: what it does not name as failed in time is deleted.
func (c *chaos) deliver() {
	deliveries, err := c.queue.Receive(c.t.Context(), 1+c.roll(10), time.Now())
	require.NoError(c.t, err)
	records := make([]events.SQSMessage, len(deliveries))
	for i, d := range deliveries {
		records[i] = record(d.Receipt, d.Body)
	}
	if len(records) > 0 && c.roll(4) == 0 {
		c.saw("twice", 1)
		records = append(records, records[c.roll(len(records))])
	}
	worker := c.worker
	invoke := func(ctx context.Context) {
		response, err := worker.Handle(ctx, events.SQSEvent{Records: records})
		if err == nil && ctx.Err() == nil {
			c.settle(records, response)
		}
	}
	c.launch(invoke)
	if c.roll(5) == 0 {
		c.launch(invoke) // the same messages at two functions at once
	}
	c.giveUp()
}

func (c *chaos) settle(records []events.SQSMessage, response events.SQSEventResponse) {
	failed := map[string]bool{}
	for _, id := range failures(response) {
		failed[id] = true
	}
	c.saw("returned", len(failed))
	for i := range records {
		if id := records[i].MessageId; !failed[id] {
			_ = c.queue.Ack(context.Background(), id)
		} else if c.roll(3) > 0 {
			_ = c.queue.Return(context.Background(), id, time.Duration(c.roll(60))*time.Second)
		}
	}
}

// giveUp brings what the queue has given up to the sweeper.
func (c *chaos) giveUp() {
	letters, err := c.queue.DeadLetters().Receive(c.t.Context(), 10, time.Now())
	require.NoError(c.t, err)
	if len(letters) == 0 && c.roll(6) > 0 {
		return
	}
	var event events.SQSEvent
	for _, d := range letters {
		event.Records = append(event.Records, record(d.Receipt, d.Body))
		_ = c.queue.DeadLetters().Ack(c.t.Context(), d.Receipt)
	}
	for _, id := range c.ids { // and some that nobody has sent
		event.Records = append(event.Records, parcel(id, c.roll(3)))
	}
	c.saw("given up", len(event.Records))
	text, err := json.Marshal(event)
	require.NoError(c.t, err)
	sweeper := c.sweeper
	c.launch(func(ctx context.Context) { _, _ = sweeper.Handle(ctx, text) })
}

// rest ends the accidents and runs a function as Lambda would until every job has ended.
func (c *chaos) rest() {
	c.calm, c.wrap = true, nil
	c.start()
	c.options = lambdaworker.Options{}
	for minute := 0; !c.ended(c.ids); minute++ {
		require.Less(c.t, minute, 300, "no rest")
		require.NoError(c.t, c.sweep(time.Minute))
		for records := c.due(); len(records) > 0; records = c.due() {
			require.Empty(c.t, c.invoke(5*time.Minute, records...))
		}
		for _, id := range c.ids {
			if p := c.progress(id); p.Job.State == job.StatePaused {
				_, err := c.engine.Resume(c.t.Context(), id, 0)
				require.NoError(c.t, err, "%v", p.Job.Pauses)
			}
		}
		time.Sleep(time.Minute)
	}
}

// check looks at everything that must hold at rest, and returns what is presumed.
func (c *chaos) check() (presumed int64) {
	for _, id := range c.ids {
		p := c.progress(id)
		require.True(c.t, p.Job.State.Ended())
		require.Zero(c.t, p.Held)
		require.Equal(c.t, p.Job.Layout.Tasks, p.Counts[job.TaskCompleted]+p.Counts[job.TaskFailed], fmt.Sprint(p.Counts))
		c.saw("failed task", p.Counts[job.TaskFailed])
		presumed += int64(p.Presumed)
	}
	c.square(c.ids...)
	return presumed
}
