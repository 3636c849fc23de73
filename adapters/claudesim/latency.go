package claudesim

import "time"

// Spreads of the latency model: log-normal time to first token and speed, one answer in a hundred five times
// as slow.
const (
	firstTokenSpread = 0.5
	speedSpread      = 0.3
	latencySpread    = 0.35
	tailRate         = 0.01
	tailFactor       = 5
	// firstShare is the part of a given median latency that passes before the first token.
	firstShare = 0.15
)

// pace is how long an answer takes, in simulated seconds.
type pace struct {
	first, rest float64
}

func (s *Sim) pace(m *model, output int64, f fate) pace {
	rng := f.stream(streamLatency)
	tail := 1.0
	if rng.Float64() < tailRate {
		tail = tailFactor
	}
	switch s.options.Latency {
	case NoLatency:
		return pace{}
	case 0:
		return pace{
			first: tail * m.firstToken * logNormal(rng, firstTokenSpread),
			rest:  tail * float64(output) / (m.speed * logNormal(rng, speedSpread)),
		}
	}
	total := tail * s.options.Latency.Seconds() * logNormal(rng, latencySpread)
	return pace{first: firstShare * total, rest: (1 - firstShare) * total}
}

// wait sleeps for a simulated time, shorter only if the simulator is closed.
func (s *Sim) wait(seconds float64) {
	if d := s.clock.real(seconds); d > 0 && s.ctx.Err() == nil {
		_ = s.options.Sleep(s.ctx, d) // a wait that was cut short ends early, nothing else
	}
}

const (
	// mostSlices and shortestSlice bound the steps in which output is charged while it is generated: sleeping
	// for less than a few milliseconds of wall time takes longer than asked for.
	mostSlices    = 8
	shortestSlice = 5 * time.Millisecond
)

// generate takes the time of an answer and charges its output to the rate limits as it is produced: about
// once per simulated second. What it writes to the prompt cache is there from the first token on.
func (s *Sim) generate(q *request, output int64, p pace) {
	s.begin(q, p)
	s.proceed(q, output, p, func(int64, int64) {})
}

// begin takes the time to the first token.
func (s *Sim) begin(q *request, p pace) {
	s.cache.refresh(q.use)
	s.wait(p.first)
	s.cache.publish(q.use, s.clock.seconds())
}

// proceed takes the time of all other tokens, and tells after each step how many of them there are.
func (s *Sim) proceed(q *request, output int64, p pace, step func(done, steps int64)) {
	steps := min(int64(p.rest), mostSlices, int64(s.clock.real(p.rest)/shortestSlice))
	steps = max(steps, 1)
	for i := range steps {
		s.wait(p.rest / float64(steps))
		s.limits.produced(q.model.pool, output*(i+1)/steps-output*i/steps, s.clock.seconds())
		step(i+1, steps)
	}
}
