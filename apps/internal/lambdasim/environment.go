package lambdasim

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// environment is one execution environment: a process and the Runtime API that it alone talks to.
type environment struct {
	id      string
	config  Config
	server  *http.Server
	process *process
	ready   chan struct{}    // has a value when the process asked for its first work
	work    chan *invocation // taken by the request for the next invocation
	started time.Time

	mu       sync.Mutex
	current  *invocation    // nil while the process waits for work
	init     time.Duration  // zero until the first request for work
	initFail *FunctionError // what the process reported of its init
	sigterm  bool           // it registered an extension, so that Lambda would send SIGTERM
	frozen   bool
}

// invocation is one event on its way through an environment.
type invocation struct {
	id       string
	payload  []byte
	begin    time.Time
	deadline time.Time
	done     chan struct{} // closed when the process asks for the next one

	// Under the environment's mutex.
	answered time.Time // zero: no answer
	answer   []byte
	fail     *FunctionError
	rss      int64
}

// startEnvironment starts the process; it is not up yet.
func startEnvironment(c Config, id string, out *lines) (*environment, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &environment{id: id, config: c, ready: make(chan struct{}, 1), work: make(chan *invocation)}
	cmd := exec.Command(c.Binary, c.Args...)
	cmd.Env = c.environ(id, listener.Addr().String())
	cmd.Dir = filepath.Dir(c.Binary)
	e.started = time.Now()
	if e.process, err = startProcess(cmd, &lineWriter{lines: out}); err != nil {
		_ = listener.Close()
		return nil, err
	}
	e.server = &http.Server{Handler: e.routes(), ReadHeaderTimeout: time.Minute}
	go func() { _ = e.server.Serve(listener) }()
	go func() {
		<-e.process.gone
		_ = e.server.Close()
	}()
	return e, nil
}

// await waits until the process is up and returns how long that took, or how it failed. A process that failed is gone then.
func (e *environment) await(ctx context.Context) (time.Duration, *FunctionError) {
	timer := time.NewTimer(e.config.InitTimeout)
	defer timer.Stop()
	select {
	case <-e.ready:
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.init, nil
	case <-e.process.gone:
		return time.Since(e.started), e.initFailure()
	case <-timer.C:
		e.kill()
		return e.config.InitTimeout, &FunctionError{ErrorTimeout, "Init phase timed out after " + e.config.InitTimeout.String()}
	case <-ctx.Done():
		e.kill()
		return time.Since(e.started), &FunctionError{ErrorExit, "Init phase was cut short"}
	}
}

// initFailure says why a process did not come up.
func (e *environment) initFailure() *FunctionError {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.initFail != nil {
		return e.initFail
	}
	return &FunctionError{ErrorExit, e.process.ending()}
}

// carry takes one invocation through a process that waits for work, and returns when the process waits again or is gone.
func (e *environment) carry(in *invocation) Result {
	e.thaw()
	in.begin = time.Now()
	in.deadline = in.begin.Add(e.config.Timeout)
	select {
	case e.work <- in:
	case <-e.process.gone:
		return e.result(in, &FunctionError{ErrorExit, "RequestId: " + in.id + " Error: " + e.process.ending()})
	}
	timer := time.NewTimer(e.config.Timeout)
	defer timer.Stop()
	select {
	case <-in.done:
		return e.result(in, nil)
	case <-e.process.gone:
		return e.result(in, &FunctionError{ErrorExit, "RequestId: " + in.id + " Error: " + e.process.ending()})
	case <-timer.C:
		e.sample(in)
		e.kill()
		return e.result(in, &FunctionError{ErrorTimeout, "RequestId: " + in.id + " Error: Task timed out after " + e.config.Timeout.String()})
	}
}

// sample reads the memory of an invocation that will not answer.
func (e *environment) sample(in *invocation) {
	rss := e.process.maxRSS()
	e.mu.Lock()
	defer e.mu.Unlock()
	in.rss = max(in.rss, rss)
}

// result closes the invocation. What the function answered stands, whatever became of its process afterwards.
func (e *environment) result(in *invocation, otherwise *FunctionError) Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = nil
	r := Result{RequestID: in.id, Environment: e.id, MaxRSS: in.rss, MemoryMB: e.config.MemoryMB}
	if in.answered.IsZero() {
		r.Duration, r.Error = time.Since(in.begin), otherwise
		return r
	}
	r.Duration, r.Payload, r.Error = in.answered.Sub(in.begin), in.answer, in.fail
	return r
}

// alive says whether the process can still take work.
func (e *environment) alive() bool {
	select {
	case <-e.process.gone:
		return false
	default:
		return true
	}
}

// freeze stops the process between two invocations.
func (e *environment) freeze() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frozen = true
	e.process.signal(syscall.SIGSTOP)
}

// thaw lets a frozen process go on.
func (e *environment) thaw() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.frozen {
		e.frozen = false
		e.process.signal(syscall.SIGCONT)
	}
}

// kill ends the process at once and waits for its end.
func (e *environment) kill() {
	e.process.signal(syscall.SIGKILL)
	<-e.process.gone
}

// terminate ends the process as Lambda does at the end of an environment: with SIGTERM first if the process has asked for it.
func (e *environment) terminate() {
	e.thaw()
	e.mu.Lock()
	polite := e.sigterm
	e.mu.Unlock()
	if !polite {
		e.kill()
		return
	}
	e.process.signal(syscall.SIGTERM)
	timer := time.NewTimer(e.config.Shutdown)
	defer timer.Stop()
	select {
	case <-e.process.gone:
	case <-timer.C:
		e.kill()
	}
}
