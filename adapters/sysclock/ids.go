package sysclock

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"sync"

	"github.com/google/uuid"

	"github.com/marketbrewer/marketbrewer/ports"
)

// tokenBatch is how many tokens are drawn from the system at once: one system call costs about as much as eight copies.
const tokenBatch = 64

// IDs draws names and chance from the operating system.
type IDs struct {
	mu   sync.Mutex
	pool [tokenBatch * len(ports.Token{})]byte
	left []byte
}

var _ ports.IDs = (*IDs)(nil)

// NewIDs returns a source of ids. All sources of one process share the order of NewID.
func NewIDs() *IDs { return &IDs{} }

// NewID is a UUID version 7. It panics when the system has no randomness to give, which Linux never does.
func (*IDs) NewID() string { return uuid.Must(uuid.NewV7()).String() }

// NewToken is 128 bits of the system's randomness.
func (s *IDs) NewToken() ports.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == 0 {
		_, _ = rand.Read(s.pool[:]) // never fails: the process ends if the system has no randomness
		s.left = s.pool[:]
	}
	token := ports.Token(s.left)
	clear(s.left[:len(token)]) // what was handed out is kept nowhere here
	s.left = s.left[len(token):]
	return token
}

// Jitter draws from the runtime's generator, which is seeded by the system.
func (*IDs) Jitter() float64 { return mathrand.Float64() }
