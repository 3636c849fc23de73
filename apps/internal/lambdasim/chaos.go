package lambdasim

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Environment describes a live execution environment.
type Environment struct {
	ID        string
	PID       int
	Started   time.Time
	Busy      bool      // an invocation is at work
	RequestID string    // of that invocation
	Since     time.Time // begin of that invocation
	Deadline  time.Time // when it would be killed
}

// Environments lists the live environments in the order of their start.
func (f *Function) Environments() []Environment {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Environment, 0, len(f.live))
	for _, e := range f.live {
		if e.alive() {
			list = append(list, e.describe())
		}
	}
	slices.SortFunc(list, func(a, b Environment) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// describe is a snapshot.
func (e *environment) describe() Environment {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := Environment{ID: e.id, PID: e.process.pid, Started: e.started}
	if in := e.current; in != nil {
		d.Busy, d.RequestID, d.Since, d.Deadline = true, in.id, in.begin, in.deadline
	}
	return d
}

// Kill ends an environment with SIGKILL, whatever it is doing, and returns when its process is gone. The invocation at work fails with
// ErrorExit unless it has answered already. Errors: fault.NotFound when there is no such environment (any more).
func (f *Function) Kill(id string) error {
	e, err := f.find(id)
	if err != nil {
		return err
	}
	e.kill()
	return nil
}

// Terminate ends an environment as Lambda does: SIGTERM if the function asked for it, SIGKILL after its Shutdown time. It returns when the
// process is gone. Errors: fault.NotFound.
func (f *Function) Terminate(id string) error {
	e, err := f.find(id)
	if err != nil {
		return err
	}
	f.terminate(f.take(func(other *environment) bool { return other == e }))
	return nil
}

// Recycle terminates all idle environments, as Lambda does some minutes after the last invocation, or when the code changes.
func (f *Function) Recycle() {
	f.terminate(f.take(func(e *environment) bool { return slices.Contains(f.idle, e) }))
}

// find returns a live environment.
func (f *Function) find(id string) (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, found := f.live[id]
	if !found || !e.alive() {
		return nil, fault.New(fault.NotFound, "lambdasim: environment %s of %s does not live", id, f.config.Name)
	}
	return e, nil
}

// take picks environments and keeps new work from them. The question is asked under the mutex.
func (f *Function) take(want func(*environment) bool) []*environment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken []*environment
	for id, e := range f.live {
		if want(e) {
			taken = append(taken, e)
			delete(f.live, id)
		}
	}
	f.idle = slices.DeleteFunc(f.idle, func(e *environment) bool { return slices.Contains(taken, e) })
	return taken
}

// terminate ends environments side by side.
func (f *Function) terminate(list []*environment) {
	var all sync.WaitGroup
	for _, e := range list {
		all.Go(e.terminate)
	}
	all.Wait()
}
