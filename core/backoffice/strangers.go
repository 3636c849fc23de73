package backoffice

import (
	"sync"
	"time"
)

const (
	// strangerLines is how many lines of the trail the attempts of callers that nobody knows get in a minute, addressLines how many of them
	// those from one address. A flood costs 86,400 lines a day and process at most, which is 35 MB and some cents in a cloud store.
	strangerLines, addressLines = 60, 20
)

// strangers bounds what callers that nobody knows can write into the trail: a line is kept for years, and anybody can be refused. Its zero
// value is ready.
type strangers struct {
	mu     sync.Mutex
	minute time.Time
	lines  int
	from   map[string]int
	// silent counts the attempts since the last line that got none.
	silent int
}

// take reports whether an attempt from the address gets a line, and how many since the last line got none.
func (s *strangers) take(address string, now time.Time) (silent int, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute := now.Truncate(time.Minute); s.from == nil || !minute.Equal(s.minute) {
		s.minute, s.lines, s.from = minute, 0, map[string]int{}
	}
	if s.lines == strangerLines || s.from[address] == addressLines {
		s.silent++
		return 0, false
	}
	s.lines++
	s.from[address]++
	silent, s.silent = s.silent, 0
	return silent, true
}
