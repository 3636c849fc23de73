package claudebench

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestContention has many functions at work on one job, over a store that takes as long as a distant one: 5 ms to read, and 30 ms from
// there to the commit.
func TestContention(t *testing.T) {
	size, workers := harbor(), 20
	if *full {
		size.rows, workers = 500, 100
	}
	synctest.Test(t, func(t *testing.T) {
		count := &contended{written: map[ports.Key]int{}}
		count.Store = memstore.New(sysclock.Clock{}, &memstore.Options{Hooks: memstore.Hooks{
			BeforeFetch:  func([]ports.Key) { time.Sleep(5 * time.Millisecond) },
			BeforeCommit: func([]ports.Key) { time.Sleep(30 * time.Millisecond) },
			AfterCommit:  count.committed,
		}})
		s := pagesOn(memstore.New(sysclock.Clock{}, nil), t, claudesim.Options{
			Latency: 5 * time.Second, RPM: 20_000, ITPM: 100_000_000, OTPM: 50_000_000,
		})
		defer s.close()
		for i := range workers {
			s.hire(count, s.claude(), uint64(i+1), engine.Options{FlushResults: 13})
		}
		s.order(size.pages(t), cost.Realtime, 0)
		s.invoke()
		b := s.audit()
		name := fmt.Sprintf("contention/%d-workers", workers)
		bench(name+"/lost", fmt.Sprintf("%.2f", percent(count.lost, count.updates)), fmt.Sprintf("%%-of-%d-updates", count.updates))
		bench(name+"/busiest-record", fmt.Sprintf("%.2f", count.busiest()), "%-of-writes")
		t.Logf("%d pages: %d of %d updates lost, the busiest record has %.2f %% of the writes",
			b.progress.Job.Layout.Tasks, count.lost, count.updates, count.busiest())
		require.LessOrEqual(t, percent(count.lost, count.updates), 5.0)
		if *full {
			require.LessOrEqual(t, count.busiest(), 5.0)
		}
	})
}

// contended counts how often an Update was run again because somebody else was faster.
type contended struct {
	ports.Store

	mu            sync.Mutex
	updates, lost int
	written       map[ports.Key]int
}

// Update counts runs. One that only followed because the run before got a record that had not been fetched has lost nothing.
func (c *contended) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	known := map[ports.Key]bool{}
	for _, key := range keys {
		known[key] = true
	}
	runs, learnt := 0, false
	lost := 0
	err := c.Store.Update(ctx, keys, func(tx ports.Tx) error {
		if runs++; runs > 1 && !learnt {
			lost++
		}
		learnt = false
		return decide(&noting{Tx: tx, got: func(key ports.Key) {
			learnt = learnt || !known[key]
			known[key] = true
		}})
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.updates++
	c.lost += lost
	return err
}

func (c *contended) committed(keys []ports.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		c.written[key]++
	}
}

// busiest is the share of the record that is written most, in percent of all written records.
func (c *contended) busiest() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, most := 0, 0
	for _, n := range c.written {
		all += n
		most = max(most, n)
	}
	return percent(most, all)
}

// noting is a Tx that tells which records a decision gets.
type noting struct {
	ports.Tx
	got func(ports.Key)
}

func (n *noting) Get(key ports.Key) (ports.Record, bool) {
	n.got(key)
	return n.Tx.Get(key)
}

// invoke has each engine take batches of ten messages, as a function does, until the job has ended.
func (s *system) invoke() {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	var working sync.WaitGroup
	for _, e := range s.engines {
		w := lambdaworker.NewWorker(e, nil)
		working.Go(func() {
			for ctx.Err() == nil {
				s.invokeOnce(ctx, w)
			}
		})
	}
	for !s.over() {
		time.Sleep(time.Second)
	}
	cancel()
	working.Wait()
}

func (s *system) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended.IsZero()
}

func (s *system) invokeOnce(ctx context.Context, w *lambdaworker.Worker) {
	deliveries, err := s.queue.Receive(ctx, 10, time.Now().Add(20*time.Second))
	if err != nil || len(deliveries) == 0 {
		return
	}
	var batch events.SQSEvent
	for _, d := range deliveries {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: d.Receipt, Body: string(d.Body)})
	}
	invocation, end := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer end()
	response, err := w.Handle(invocation, batch)
	require.NoError(s.t, err)
	require.Empty(s.t, response.BatchItemFailures)
	for _, d := range deliveries {
		require.NoError(s.t, s.queue.Ack(invocation, d.Receipt))
	}
}
