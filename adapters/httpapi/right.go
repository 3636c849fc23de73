package httpapi

import (
	"hash/maphash"
	"sync"
)

// rightEach is how many answers of each of two halves are known: some 200 KB.
const rightEach = 4096

// rightAnswers knows answers that were compared with their schemas lately: the same bytes need no second look. A poll gives most callers what
// another has just had, and a list of pages at rest stays as it is. It goes by hashes of 64 bits with a seed of the process, so that one answer in
// 10^15 is taken for another, and is sent unchecked. The older half is forgotten when the newer is full.
type rightAnswers struct {
	seed maphash.Seed

	mu         sync.Mutex
	newer, old map[rightKey]struct{}
}

// rightKey is an answer: the row and status that say what schema it has, and its body.
type rightKey struct {
	row    string
	status int
	body   uint64
}

func newRightAnswers() *rightAnswers {
	return &rightAnswers{seed: maphash.MakeSeed(), newer: map[rightKey]struct{}{}}
}

func (s *rightAnswers) key(row string, status int, body []byte) rightKey {
	return rightKey{row, status, maphash.Bytes(s.seed, body)}
}

// has reports whether the answer was found right.
func (s *rightAnswers) has(k rightKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.newer[k]; ok {
		return true
	}
	if _, ok := s.old[k]; ok {
		s.put(k)
		return true
	}
	return false
}

// add notes an answer that was found right.
func (s *rightAnswers) add(k rightKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k)
}

func (s *rightAnswers) put(k rightKey) {
	if len(s.newer) >= rightEach {
		s.old, s.newer = s.newer, map[rightKey]struct{}{}
	}
	s.newer[k] = struct{}{}
}
