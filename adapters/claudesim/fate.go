package claudesim

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sync"
)

// fates draws what happens to a request from the seed, the request's bytes and how often they were seen: the
// same prompt meets the same fate however the requests are interleaved.
type fates struct {
	seed uint64

	mu   sync.Mutex
	seen map[[32]byte]uint32
}

// fate is one request's draw.
type fate struct {
	hash  [32]byte
	fault Fault
}

// draw counts the request as seen and decides its fate, apart from the fault.
func (f *fates) draw(body []byte) fate {
	sum := sha256.Sum256(body)
	f.mu.Lock()
	n := f.seen[sum]
	f.seen[sum] = n + 1
	f.mu.Unlock()
	var b [44]byte
	copy(b[:], sum[:])
	binary.BigEndian.PutUint64(b[32:], f.seed)
	binary.BigEndian.PutUint32(b[40:], n)
	return fate{hash: sha256.Sum256(b[:])}
}

// draw decides the fate of a request, with a fault of the given group.
func (s *Sim) draw(body []byte, g faultGroup) fate {
	f := s.fates.draw(body)
	f.fault = s.faults().pick(g, f.stream(streamFault).Float64())
	return f
}

func (f *fates) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = map[[32]byte]uint32{}
}

// Streams are independent, so that a longer text does not change the latency, nor a fault the text.
const (
	streamFault = iota
	streamBreak
	streamText
	streamLength
	streamLatency
	streamThinking
	streamWords
	streamBatchTime
	streamBatchFault
	streamCache
)

func (f fate) stream(n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(f.hash[:])+n, binary.BigEndian.Uint64(f.hash[8:])))
}

func (f fate) messageID() string { return "msg_01" + base62(f.hash[16:]) }

// logNormal draws a factor around 1 with the given spread; three deviations are the most.
func logNormal(rng *rand.Rand, sigma float64) float64 {
	return math.Exp(sigma * min(max(rng.NormFloat64(), -3), 3))
}
