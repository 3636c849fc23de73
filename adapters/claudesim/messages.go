package claudesim

import "net/http"

// call is one Messages request on its way through the simulator.
type call struct {
	sim   *Sim
	w     http.ResponseWriter
	r     *http.Request
	visit *visit
	// pool is the rate limits that the answer's headers show; empty until the model is known.
	pool string
}

// serveMessages answers POST /v1/messages.
func (s *Sim) serveMessages(w http.ResponseWriter, r *http.Request) {
	c := &call{sim: s, w: w, r: r, visit: s.stats.arrive(r.Context())}
	defer c.visit.end(0)
	body, refusal := s.readBody(r, mostBody)
	if refusal != nil {
		c.refuse(refusal)
		return
	}
	q, err := s.parseMessage(body)
	if q.model != nil {
		c.pool = q.model.pool
	}
	if err != nil {
		if c.pool != "" {
			s.limits.take(c.pool, s.clock.seconds())
		}
		c.refuse(asAPIError(err))
		return
	}
	if refusal := s.admit(q); refusal != nil {
		c.refuse(refusal)
		return
	}
	f := s.draw(body, groupMessage)
	s.misplan(q, f.fault)
	c.run(q, f)
}

// admit checks the spend cap and the rate limits. Only requests that pass are drawn a fate, so that being
// refused does not change what happens to the request when it is sent again.
func (s *Sim) admit(q *request) *apiError {
	if s.bill.reached() {
		s.limits.take(q.model.pool, s.clock.seconds())
		return spendCapReached()
	}
	now := s.clock.seconds()
	q.use = s.cache.plan(q, now, cacheWorks)
	if limit, wait := s.limits.admit(q.model.pool, q.use.fresh(), now); limit != "" {
		return s.rateLimited(q.model, limit, wait)
	}
	return nil
}

// misplan lets a fault of the cache change what a request reads and writes; its tokens count anew.
func (s *Sim) misplan(q *request, fault Fault) {
	mode := fault.cacheMode()
	if mode == cacheWorks {
		return
	}
	before := q.use.fresh()
	q.use = s.cache.plan(q, q.use.began, mode)
	s.limits.corrected(q.model.pool, q.use.fresh()-before, s.clock.seconds())
}

// run gives an admitted request its fate.
func (c *call) run(q *request, f fate) {
	c.sim.stats.fault(f.fault)
	switch f.fault {
	case Fault429, Fault429Bare, Fault429Long, FaultSpendCap, FaultLimitOrganization, FaultLimitWorkspace,
		Fault402, Fault409, Fault413, Fault502, Fault529:
		c.refuse(injected(f.fault))
	case FaultResetBefore:
		c.reset()
	case Fault500, Fault504:
		c.fail(q, f)
	default:
		c.generate(q, f)
	}
}

// generate answers a request that is worked on, at once or as a stream.
func (c *call) generate(q *request, f fate) {
	switch {
	case q.stream && f.fault != FaultResetAfter:
		c.stream(q, f)
	case f.fault == FaultStreamError:
		c.refuse(injected(Fault529))
	default:
		c.work(q, f)
	}
}

// fail is a 500 or 504, half of them after the work was done and billed.
func (c *call) fail(q *request, f fate) {
	a := c.sim.compose(q, f)
	p := c.sim.pace(q.model, a.output, f)
	if f.stream(streamBreak).IntN(2) == 0 {
		if _, ok := c.produce(q, a, p, f.fault); !ok {
			return
		}
	} else {
		c.sim.wait(p.first)
		if f.fault == Fault504 {
			c.sim.wait(p.rest)
		}
	}
	c.refuse(injected(f.fault))
}

// work generates the answer, bills it, and delivers it as the fate holds.
func (c *call) work(q *request, f fate) {
	a := c.sim.compose(q, f)
	receipt, ok := c.produce(q, a, c.sim.pace(q.model, a.output, f), f.fault)
	if !ok {
		return
	}
	switch f.fault {
	case FaultResetAfter:
		c.reset()
	case FaultHang:
		c.hang()
	case FaultCut:
		c.cut(encode(a.message))
	case FaultSlowHeaders:
		c.linger(slowTime)
		c.answer(encode(a.message), receipt)
	case FaultSlowBody:
		c.dribble(encode(a.message), receipt)
	default:
		c.answer(encode(a.message), receipt)
	}
}

// produce takes the answer's time, whatever its client does meanwhile, and bills it at the end. If the spend
// cap was reached by others before that, it refuses the request instead: ok is false.
func (c *call) produce(q *request, a answer, p pace, fault Fault) (r *receipt, ok bool) {
	c.sim.generate(q, a.output, p)
	if r, ok = c.charge(a, fault); !ok {
		c.refuse(spendCapReached())
	}
	return r, ok
}

// charge bills an answer; ok is false if the spend cap was reached.
func (c *call) charge(a answer, fault Fault) (r *receipt, ok bool) {
	if a.free {
		return nil, true
	}
	charge := a.charge(fault)
	charge.RequestID = c.w.Header().Get(headerRequestID)
	return c.sim.bill.add(charge)
}
