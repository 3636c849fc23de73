package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// shift is a house while it is open.
type shift struct {
	*house
	// work is the context of everything that is under way; begin ends when nothing new is to be begun.
	work, begin context.Context
	// halt ends begin.
	halt   context.CancelFunc
	all    sync.WaitGroup
	mu     sync.Mutex
	failed error
}

// run serves and works until somebody stops it, or a part of it fails. At the first wish requests and calls under way are finished, at
// the second they are cut off.
func (h *house) run(stop interrupts) error {
	work, cut := context.WithCancel(stop.hard)
	defer cut()
	begin, halt := context.WithCancel(stop.soft)
	defer halt()
	s := &shift{house: h, work: work, begin: begin, halt: halt}
	h.server.BaseContext = func(net.Listener) context.Context { return work }
	s.start(func() error { return h.server.Serve(h.listener) })
	s.start(func() error { return h.Worker.Run(work) })
	s.start(s.keep)
	<-begin.Done()
	s.close()
	if stop.hard.Err() != nil {
		h.note("stopped at once: calls in flight count as paid until the truth is known")
		return outcome(exitInterrupted)
	}
	return s.failed
}

// start runs a part of the house. One that fails closes the whole.
func (s *shift) start(part func() error) {
	s.all.Go(func() {
		err := part()
		if err == nil || errors.Is(err, http.ErrServerClosed) || s.work.Err() != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failed == nil {
			s.failed = fault.New(fault.Unavailable, "the server cannot go on: %w", err)
		}
		s.halt()
	})
}

// close finishes what is under way and waits for it.
func (s *shift) close() {
	if s.work.Err() == nil {
		s.note("stopping: requests and calls in flight finish; Ctrl-C again stops at once")
	}
	s.Worker.Stop()
	patience, cancel := context.WithTimeout(s.work, lastRequests)
	defer cancel()
	if s.server.Shutdown(patience) != nil {
		_ = s.server.Close()
	}
	s.all.Wait()
}

// keep does what is due until nothing new is to be begun. What is under way then may take as long as requests may.
func (s *shift) keep() error {
	ctx, cut := context.WithCancel(s.work)
	defer cut()
	defer context.AfterFunc(s.begin, func() { time.AfterFunc(lastRequests, cut) })()
	clock := s.Office.Clock
	for s.begin.Err() == nil {
		if _, err := s.Upkeep.Round(ctx); err != nil && ctx.Err() == nil {
			s.diary.Observe(ctx, ports.Event{Name: ports.EventFault, At: clock.Now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
		}
		s.learn(ctx)
		_ = clock.Sleep(s.begin, clock.Now().Add(upkeepEvery))
	}
	return nil
}

// learn has later forecasts rest on what ended jobs have shown. They can do without, so that nothing fails over it.
func (s *shift) learn(ctx context.Context) {
	for _, id := range s.diary.taken() {
		_ = s.Engine.Calibrate(ctx, id, s.voice)
	}
}
