package lambdasim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Invoker is what an event source needs of a function.
type Invoker interface {
	// Invoke hands an event over and waits for the outcome. An error means that the function did not run: fault.Throttled when all
	// environments are busy, fault.Unavailable when it is closed, fault.Invalid for an event above PayloadLimit, the context's own error
	// when the caller went away. A function that failed is no error but Result.Error. Safe for concurrent use.
	Invoke(ctx context.Context, event []byte) (Result, error)
}

// Function runs the processes of one function. Safe for concurrent use.
type Function struct {
	config Config
	out    *lines
	ctx    context.Context // ends with Close, so that starts are cut short
	stop   context.CancelFunc
	unhook func() bool    // detaches from the context of New
	shut   func()         // Close's work, once
	flying sync.WaitGroup // invocations

	mu     sync.Mutex
	closed bool
	busy   int
	idle   []*environment // the one that worked last is at the end, and is taken first
	live   map[string]*environment
	starts int
	stats  Stats
}

var _ Invoker = (*Function)(nil)

// New returns a function without any environment. It is closed when ctx ends, or by Close. Errors: fault.Invalid.
func New(ctx context.Context, config Config) (*Function, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	f := &Function{config: config, out: &lines{to: config.Output}, live: map[string]*environment{}}
	f.ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.shut = sync.OnceFunc(f.end)
	f.unhook = context.AfterFunc(ctx, f.shut)
	return f, nil
}

// Invoke is Invoker's. An invocation whose caller goes away runs to its end, as in Lambda.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	if len(event) > PayloadLimit {
		return Result{}, fault.New(fault.Invalid, "lambdasim: invoke %s: an event of %d bytes is above %d", f.config.Name, len(event), PayloadLimit)
	}
	if err := f.admit(); err != nil {
		return Result{}, err
	}
	outcome := make(chan Result, 1)
	go func() {
		defer f.flying.Done()
		outcome <- f.run(event)
	}()
	select {
	case r := <-outcome:
		return r, nil
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// admit takes one of the function's places.
func (f *Function) admit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fault.New(fault.Unavailable, "lambdasim: invoke %s: the function is closed", f.config.Name)
	}
	if f.busy >= f.config.Concurrency {
		f.stats.Throttles++
		return fault.New(fault.Throttled, "lambdasim: invoke %s: all %d environments are busy", f.config.Name, f.config.Concurrency)
	}
	f.busy++
	f.flying.Add(1)
	return nil
}

// run carries one event through an environment and gives the place back.
func (f *Function) run(event []byte) Result {
	in := &invocation{id: uuid.NewString(), payload: event, done: make(chan struct{})}
	e, init, fail := f.environment()
	result := Result{RequestID: in.id, MemoryMB: f.config.MemoryMB, Error: fail}
	if fail == nil {
		result = e.carry(in)
	}
	result.Init, result.Cold = init, init > 0
	if e != nil {
		result.Environment = e.id
	}
	f.release(e, result)
	f.config.Report(result)
	return result
}

// environment returns one that waits for work: an idle one, or a new one and how long its start took.
func (f *Function) environment() (*environment, time.Duration, *FunctionError) {
	if e := f.takeIdle(); e != nil {
		return e, 0, nil
	}
	e, err := f.launch()
	if err != nil {
		return nil, 0, &FunctionError{ErrorStart, err.Error()}
	}
	init, fail := e.await(f.ctx)
	return e, init, fail
}

// takeIdle returns an idle environment whose process lives, or nil.
func (f *Function) takeIdle() *environment {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.idle) > 0 {
		e := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		if e.alive() {
			return e
		}
		delete(f.live, e.id)
	}
	return nil
}

// launch starts one more process. The mutex is held over the start, so that Close sees every process.
func (f *Function) launch() (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fault.New(fault.Unavailable, "lambdasim: start %s: the function is closed", f.config.Name)
	}
	f.starts++
	e, err := startEnvironment(f.config, fmt.Sprintf("%s-%04d", f.config.Name, f.starts), f.out)
	if err != nil {
		return nil, err
	}
	f.live[e.id] = e
	return e, nil
}

// release counts the result and makes the environment idle, or forgets it when its process is gone.
func (f *Function) release(e *environment, r Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy--
	f.stats.add(r)
	if e == nil {
		return
	}
	if !e.alive() {
		delete(f.live, e.id)
	}
	if f.live[e.id] != e { // gone, or being terminated
		return
	}
	if f.config.Freeze {
		e.freeze()
	}
	f.idle = append(f.idle, e)
}

// Stats returns the totals so far.
func (f *Function) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Close ends every environment, those at work too, and returns when all processes are gone and all invocations have their outcome.
// Further calls wait for the same.
func (f *Function) Close() {
	f.unhook()
	f.shut()
}

// end is Close's work.
func (f *Function) end() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.stop()
	f.terminate(f.take(func(*environment) bool { return true }))
	f.flying.Wait()
}
