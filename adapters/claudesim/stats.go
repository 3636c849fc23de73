package claudesim

import (
	"context"
	"maps"
	"strconv"
	"sync"
)

// Stats are counters of message requests since the start of the simulator.
type Stats struct {
	// InFlight is requests received and not yet answered whose client is still there.
	InFlight int64 `json:"in_flight"`
	// Received is all requests, valid or not.
	Received int64 `json:"received"`
	// Aborted is requests whose client went away before the answer was written whole.
	Aborted int64 `json:"aborted"`
	// ByStatus counts answers by HTTP status; lost ones have none.
	ByStatus map[string]int64 `json:"by_status"`
	// ByFault counts injected faults by name.
	ByFault map[Fault]int64 `json:"by_fault"`
}

type stats struct {
	mu                          sync.Mutex
	inFlight, received, aborted int64
	byStatus                    map[int]int64
	byFault                     map[Fault]int64
}

func (s *stats) read() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{
		InFlight: s.inFlight, Received: s.received, Aborted: s.aborted,
		ByStatus: map[string]int64{}, ByFault: map[Fault]int64{},
	}
	maps.Copy(out.ByFault, s.byFault)
	for status, n := range s.byStatus {
		out.ByStatus[strconv.Itoa(status)] = n
	}
	return out
}

func (s *stats) fault(f Fault) {
	if f == FaultNone {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byFault == nil {
		s.byFault = map[Fault]int64{}
	}
	s.byFault[f]++
}

// visit is one request in the counters, from its arrival until it is answered, lost or left by its client.
type visit struct {
	stats *stats
	ctx   context.Context
	// open and aborted are guarded by stats.mu.
	open, aborted bool
	stop          func() bool
}

// arrive counts a request in. If the client goes away first, the visit ends as aborted at that moment.
func (s *stats) arrive(ctx context.Context) *visit {
	v := &visit{stats: s, ctx: ctx, open: true}
	s.mu.Lock()
	s.received++
	s.inFlight++
	s.mu.Unlock()
	v.stop = context.AfterFunc(ctx, func() { v.leave(0, true) })
	return v
}

// end counts the request out: with an HTTP status when an answer is about to be written, with 0 when it is
// lost on purpose. It is false if the client had gone before.
func (v *visit) end(status int) bool {
	v.stop()
	if v.ctx.Err() != nil {
		v.leave(0, true)
		return false
	}
	return v.leave(status, false)
}

func (v *visit) leave(status int, aborted bool) bool {
	v.stats.mu.Lock()
	defer v.stats.mu.Unlock()
	if !v.open {
		return false
	}
	v.open = false
	v.stats.inFlight--
	if aborted {
		v.aborted = true
		v.stats.aborted++
	}
	if status != 0 {
		if v.stats.byStatus == nil {
			v.stats.byStatus = map[int]int64{}
		}
		v.stats.byStatus[status]++
	}
	return true
}

// failed counts an answer whose writing failed as aborted, be it begun or, as it seemed, ended.
func (v *visit) failed() {
	v.stop()
	v.stats.mu.Lock()
	defer v.stats.mu.Unlock()
	if v.open {
		v.open = false
		v.stats.inFlight--
	}
	if !v.aborted {
		v.aborted = true
		v.stats.aborted++
	}
}
