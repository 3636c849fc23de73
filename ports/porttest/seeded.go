package porttest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/marketbrewer/marketbrewer/ports"
)

// SeededIDs draws the same ids, tokens and jitter in the same order for the same seed. It is safe for concurrent use.
type SeededIDs struct {
	mu     sync.Mutex
	random *rand.Rand
	ids    uint64
	tokens uint64
	seed   uint64
}

var _ ports.IDs = (*SeededIDs)(nil)

// NewIDs returns a source of ids for the seed. Sources of different seeds draw different tokens and ids.
func NewIDs(seed uint64) *SeededIDs {
	return &SeededIDs{seed: seed, random: rand.New(rand.NewPCG(seed, 0))}
}

// NewID has the form of a UUID version 7. Its time is a counter from the first of January 2026 on, in milliseconds.
func (s *SeededIDs) NewID() string {
	const start = 1_767_225_600_000
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	ms := start + s.ids
	return fmt.Sprintf("%08x-%04x-7000-8%03x-%012x", ms>>16, ms&0xffff, s.seed>>48&0xfff, s.seed&0xffff_ffff_ffff)
}

// NewToken is made of a counter, so that it never repeats, and of the counter mixed with the seed.
func (s *SeededIDs) NewToken() ports.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens++
	var token ports.Token
	binary.BigEndian.PutUint64(token[:], scatter(s.seed^scatter(s.tokens)))
	binary.BigEndian.PutUint64(token[8:], scatter(s.tokens))
	return token
}

// Jitter is uniform in [0, 1).
func (s *SeededIDs) Jitter() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64()
}

// scatter maps numbers one to one onto numbers that look random (the finaliser of SplitMix64).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
