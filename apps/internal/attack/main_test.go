package attack

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
)

// The list that was agreed on has so many cases; those above are beside it, of what was found since.
const (
	listed = 56
	cases  = 65
)

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

// counts are the cases that passed, of the list and beside it.
func (s *score) counts() (of, beside int) {
	for number := range s.passed {
		if number <= listed {
			of++
		} else {
			beside++
		}
	}
	return of, beside
}

// TestMain prints the counts after everything else. A run of the whole suite in which something is missing has failed.
func TestMain(m *testing.M) {
	code := m.Run()
	if filter := flag.Lookup("test.run"); code == 0 && filter.Value.String() == "" && flag.Lookup("test.list").Value.String() == "" &&
		(len(tally.passed) != cases || tally.matrix != tally.outOf || tally.outOf == 0) {
		code = 1
	}
	of, beside := tally.counts()
	fmt.Printf("beside the list: %d/%d\n", beside, cases-listed)
	fmt.Printf("attack: %d/%d matrix: %d/%d\n", of, listed, tally.matrix, tally.outOf)
	os.Exit(code)
}
