package claudesim

import "net/http"

// eventStream writes the events of one answer until its client has gone.
type eventStream struct {
	call *call
	// gone is true once nobody reads any more.
	gone bool
	// events are those of the content, sent the first of them that were written.
	events []event
	sent   int
}

// stream answers with server-sent events as the tokens are produced. A client that leaves does not stop the
// generation, nor the bill.
func (c *call) stream(q *request, f fate) {
	a := c.sim.compose(q, f)
	p := c.sim.pace(q.model, a.output, f)
	c.sim.begin(q, p)
	if f.fault == FaultSlowHeaders {
		c.linger(slowTime)
	}
	s := &eventStream{call: c, events: a.body()}
	s.open()
	s.write(a.start())
	until := int64(len(s.events))
	if f.fault == FaultCut || f.fault == FaultHang || f.fault == FaultStreamError {
		until /= 2
	}
	if f.fault == FaultStreamError {
		a.output /= 2
		p.rest /= 2
	}
	c.sim.proceed(q, a.output, p, func(done, steps int64) { s.writeTo(until * done / steps) })
	c.settle(s, a, f)
}

// settle bills what was streamed and ends the stream as the fate holds.
func (c *call) settle(s *eventStream, a answer, f fate) {
	receipt, ok := c.charge(a, f.fault)
	switch {
	case !ok:
		s.fail(spendCapReached())
		return
	case f.fault == FaultStreamError:
		s.fail(injected(Fault529))
		return
	case f.fault == FaultCut:
		c.visit.end(http.StatusOK)
		panic(http.ErrAbortHandler)
	case f.fault == FaultHang:
		c.hang()
	case f.fault == FaultSlowBody:
		c.linger(slowTime)
	}
	if s.gone || !c.visit.end(http.StatusOK) {
		return
	}
	c.sim.bill.answered(receipt, true)
	s.write(a.finish()...)
	if s.gone {
		c.sim.bill.answered(receipt, false)
	}
}

// open writes the headers.
func (s *eventStream) open() {
	c := s.call
	c.sim.addLimits(c.w.Header(), c.pool)
	c.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-cache")
	c.w.WriteHeader(http.StatusOK)
}

// writeTo writes the content up to its nth event.
func (s *eventStream) writeTo(n int64) {
	s.write(s.events[s.sent:n]...)
	s.sent = int(n)
}

func (s *eventStream) write(events ...event) {
	if s.gone || len(events) == 0 {
		return
	}
	var b []byte
	for _, e := range events {
		b = append(append(append(b, "event: "+e.name+"\ndata: "...), encode(e.data)...), "\n\n"...)
	}
	if err := s.call.more(b); err != nil {
		s.gone = true
		s.call.visit.failed()
	}
}

// fail ends the stream with an error, which has no status any more.
func (s *eventStream) fail(e *apiError) {
	if !s.call.visit.end(http.StatusOK) {
		return
	}
	s.write(event{"error", e.envelope(s.call.w.Header().Get(headerRequestID))})
}
