// Package localworker drives the engine inside one process: it receives messages from a queue, works on them side by
// side, and sweeps at intervals. It is to a laptop what functions and schedules are to a cloud. It holds no rules: what
// becomes of a message is the engine's word.
package localworker

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Options are the worker's settings; each zero value means the default that its comment names.
type Options struct {
	// Parcels is how many messages are worked on at once. Default: enough to keep the engine's calls busy, which is
	// 2 x calls / 25 + 2.
	Parcels int
	// Calls is the engine's own number of calls at once, for the default of Parcels. Default 50.
	Calls int
	// SweepEvery is the time between two sweeps. Default one minute.
	SweepEvery time.Duration
}

// Worker works for one engine.
type Worker struct {
	engine  *engine.Engine
	queue   ports.Queue
	clock   ports.Clock
	group   ports.Group
	observe ports.Observer
	options Options

	mu      sync.Mutex
	stopped bool
	cancel  context.CancelFunc
}

// New returns a worker. The options may be nil.
func New(e *engine.Engine, queue ports.Queue, options *Options) *Worker {
	var set Options
	if options != nil {
		set = *options
	}
	if set.Calls == 0 {
		set.Calls = 50
	}
	if set.Parcels == 0 {
		set.Parcels = 2*set.Calls/job.ParcelSize + 2
	}
	if set.SweepEvery == 0 {
		set.SweepEvery = time.Minute
	}
	return &Worker{engine: e, queue: queue, clock: e.Clock, group: e.Group, observe: e.Observer, options: set}
}

// Stop ends leasing: calls in flight finish and settle, then Run returns. It may be called at any time, also twice.
func (w *Worker) Stop() {
	w.engine.Drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.cancel != nil {
		w.cancel()
	}
}

// Run works until Stop, or until ctx ends, which cuts calls in flight off. It sweeps first. The error is ctx's.
func (w *Worker) Run(ctx context.Context) error {
	receiving, cancel := context.WithCancel(ctx)
	defer cancel()
	w.mu.Lock()
	w.cancel = cancel
	if w.stopped {
		cancel()
	}
	w.mu.Unlock()
	err := w.group.Run(ctx, w.options.Parcels+1, func(ctx context.Context, i int) error {
		if i == 0 {
			w.sweep(ctx, receiving)
			return nil
		}
		w.work(ctx, receiving)
		return nil
	})
	if err != nil {
		return err
	}
	return ctx.Err()
}

// work receives and works until receiving ends. Work itself has the longer context.
func (w *Worker) work(ctx, receiving context.Context) {
	for failures := 0; receiving.Err() == nil; {
		deliveries, err := w.queue.Receive(receiving, 1, w.clock.Now().Add(time.Hour))
		if err != nil && receiving.Err() == nil {
			failures++
			w.report(ctx, err)
			_ = w.clock.Sleep(receiving, w.clock.Now().Add(pause(failures)))
			continue
		}
		failures = 0
		for _, d := range deliveries {
			w.deliver(ctx, d)
		}
	}
}

func (w *Worker) deliver(ctx context.Context, d ports.Delivery) {
	err := w.engine.Work(ctx, d.Body)
	if err != nil {
		w.report(ctx, err)
	}
	if err == nil || fault.KindOf(err) == fault.Corrupt { // damaged as it is, the record would be met again
		err = w.queue.Ack(ctx, d.Receipt)
	} else {
		err = w.queue.Return(ctx, d.Receipt, pause(d.Count))
	}
	if err != nil {
		w.report(ctx, err)
	}
}

// sweep sweeps until receiving ends. A sweep itself has the longer context: it may just be sending a batch.
func (w *Worker) sweep(ctx, receiving context.Context) {
	for receiving.Err() == nil {
		if _, err := w.engine.Sweep(ctx); err != nil {
			w.report(ctx, err)
		}
		_ = w.clock.Sleep(receiving, w.clock.Now().Add(w.options.SweepEvery))
	}
}

func (w *Worker) report(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	w.observe.Observe(ctx, ports.Event{Name: ports.EventFault, At: w.clock.Now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
}

// pause is how long to wait after that many failures in a row: 100 ms, doubling up to 10 s.
func pause(failures int) time.Duration {
	return min(100*time.Millisecond<<min(max(failures-1, 0), 10), 10*time.Second)
}
