package attack

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Cases is how long the list is.
const cases = 56

// score counts what has passed. The matrix says itself how many checks it has.
type score struct {
	mu            sync.Mutex
	passed        map[int]bool
	matrix, outOf int
}

var tally = score{passed: map[int]bool{}}

// note counts a case once its test has ended well.
func (s *score) note(t *testing.T, number int) {
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !t.Failed() && !t.Skipped() {
			s.passed[number] = true
		}
	})
}

// check counts one check of the matrix.
func (s *score) check(passed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outOf++
	if passed {
		s.matrix++
	}
}

// TestMain prints the counts after everything else. A run of the whole suite in which something is missing has failed.
func TestMain(m *testing.M) {
	code := m.Run()
	if filter := flag.Lookup("test.run"); code == 0 && filter.Value.String() == "" && flag.Lookup("test.list").Value.String() == "" &&
		(len(tally.passed) != cases || tally.matrix != tally.outOf || tally.outOf == 0) {
		code = 1
	}
	fmt.Printf("attack: %d/%d matrix: %d/%d\n", len(tally.passed), cases, tally.matrix, tally.outOf)
	os.Exit(code)
}
