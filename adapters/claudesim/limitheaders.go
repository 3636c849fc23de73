package claudesim

import (
	"net/http"
	"strconv"
	"time"
)

// addLimits writes the twelve rate-limit headers of a pool. A client paces by the wall's clock: limits and
// what remains of them are told per minute of the wall, which is speed times what the simulated minute has, and
// the reset is the time of the wall at which the bucket would be full. Remaining tokens are rounded to
// thousands. Bursts and acceleration show in no header.
func (s *Sim) addLimits(h http.Header, name string) {
	p := s.limits.snapshot(name, s.clock.seconds())
	now := s.clock.wall()
	add := func(kind string, limit, remaining, untilFull float64) {
		prefix := "Anthropic-Ratelimit-" + kind
		h.Set(prefix+"-Limit", strconv.Itoa(int(limit)))
		h.Set(prefix+"-Remaining", strconv.Itoa(int(max(remaining, 0))))
		reset := now.Add(s.clock.real(untilFull) + time.Second - 1).UTC().Truncate(time.Second)
		h.Set(prefix+"-Reset", reset.Format(time.RFC3339))
	}
	requests, in, out := &p.requests.minute, &p.input.minute, &p.output
	speed := s.clock.speed
	input, output := thousands(in.level*speed), thousands(out.level*speed)
	add("Requests", requests.capacity*speed, (requests.level+tolerance)*speed, requests.untilFull())
	add("Input-Tokens", in.capacity*speed, input, in.untilFull())
	add("Output-Tokens", out.capacity*speed, output, out.untilFull())
	add("Tokens", (in.capacity+out.capacity)*speed, input+output, max(in.untilFull(), out.untilFull()))
}

func thousands(level float64) float64 {
	return float64(int(max(level, 0)+500) / 1000 * 1000)
}
