package claudesim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
)

// refuse answers with an error, unless the client has gone.
func (c *call) refuse(e *apiError) {
	c.sim.addLimits(c.w.Header(), c.pool)
	if c.visit.end(e.status) {
		c.sim.refuse(c.w, e)
	}
}

// answer writes the whole body. It is counted as delivered before it is written, because a client that has
// read it may look at the bill at once; a failed write takes that back.
func (c *call) answer(body []byte, r *receipt) {
	if !c.visit.end(http.StatusOK) {
		return
	}
	c.sim.bill.answered(r, true)
	if err := c.send(body, len(body)); err != nil {
		c.sim.bill.answered(r, false)
		c.visit.failed()
	}
}

// send writes the headers of a body of the given length and as much of the body as it gets.
func (c *call) send(body []byte, length int) error {
	c.sim.addLimits(c.w.Header(), c.pool)
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Content-Length", strconv.Itoa(length))
	c.w.WriteHeader(http.StatusOK)
	return c.more(body)
}

// cut writes half of the body and closes the connection.
func (c *call) cut(body []byte) {
	if c.visit.end(http.StatusOK) {
		_ = c.send(body[:len(body)/2], len(body)) // the connection is given up either way
	}
	panic(http.ErrAbortHandler)
}

// hang holds the connection until the client leaves or the simulator is closed.
func (c *call) hang() {
	select {
	case <-c.r.Context().Done():
	case <-c.sim.ctx.Done():
	}
	c.visit.end(0)
	panic(http.ErrAbortHandler)
}

func (c *call) reset() {
	c.visit.end(0)
	reset(c.w)
}

// reset closes the connection without an answer: with a TCP reset where there is TCP, else as it comes.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the client sees an orderly close, which is also a lost answer
	}
	_ = conn.Close()
}

const (
	// slowTime is how long slow headers and bodies take, in simulated seconds.
	slowTime = 60
	// slowSteps is in how many pieces a slow body comes.
	slowSteps = 8
)

// linger waits for a simulated time, at most until the client leaves or the simulator is closed.
func (c *call) linger(seconds float64) {
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	defer context.AfterFunc(c.sim.ctx, cancel)()
	if d := c.sim.clock.real(seconds); d > 0 && ctx.Err() == nil {
		_ = c.sim.options.Sleep(ctx, d) // a wait that was cut short ends early, nothing else
	}
}

// dribble writes the body in pieces with waits between them. It is counted as delivered before the last one.
func (c *call) dribble(body []byte, r *receipt) {
	if !c.visit.end(http.StatusOK) {
		return
	}
	err := c.send(body[:len(body)/slowSteps], len(body))
	for i := 1; i < slowSteps && err == nil; i++ {
		c.linger(slowTime / float64(slowSteps-1))
		c.sim.bill.answered(r, i == slowSteps-1)
		err = c.more(body[len(body)*i/slowSteps : len(body)*(i+1)/slowSteps])
	}
	if err != nil {
		c.sim.bill.answered(r, false)
		c.visit.failed()
	}
}

// more writes further bytes of a body that was begun, and sends them off.
func (c *call) more(part []byte) error {
	if _, err := c.w.Write(part); err != nil {
		return err
	}
	if err := http.NewResponseController(c.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
