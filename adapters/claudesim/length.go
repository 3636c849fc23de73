package claudesim

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// The shortest and the longest that a template makes its answers.
const (
	shortestFactor = 0.6
	longestFactor  = 1.6
	// templateBytes is how much of a prompt counts as its template when there is no system prompt.
	templateBytes = 200
)

// lengthFactor is how much longer than usual the answers to a request's template are.
func (s *Sim) lengthFactor(q *request) float64 {
	if s.options.LengthSpread == 0 {
		return 1
	}
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, s.options.Seed))
	h.Write(q.schemaText)
	for _, b := range q.system {
		h.Write([]byte(b.text + "\x00"))
	}
	if len(q.system) == 0 {
		first := q.turns[0].text
		h.Write([]byte(first[:min(len(first), templateBytes)]))
	}
	sum := h.Sum(nil)
	rng := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])))
	return 1 + s.options.LengthSpread*(between(rng, shortestFactor, longestFactor)-1)
}
