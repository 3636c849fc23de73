package coop

import (
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"time"
)

// Scheduler owns the true time and all strands. It is for one goroutine.
type Scheduler struct {
	now     time.Time
	strands []*Strand
	current *Strand
	able    []*Strand
	last    *Strand
	// killed is set while a strand of a machine that has died has not been unwound.
	killed bool
	// Pick chooses among n strands that can move; it must be set before Step. Stay, if set, says whether the strand that moved last goes on.
	Pick func(n int) int
	Stay func() bool
	// Panicked is told of a panic that ended a strand, with its stack.
	Panicked func(value any, stack []byte)
}

// Strand is one function on its way.
type Strand struct {
	host  *Host
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	// ready says whether it can go on, nil for always; until is the time on its host's clock that alone makes it ready,
	// zero for none.
	ready func() bool
	until time.Time
	done  bool
	// Tag is for the owner of the simulation: what the strand works on.
	Tag any
}

// Done reports whether the function has returned, or its machine has died.
func (s *Strand) Done() bool { return s.done }

// New returns a Scheduler whose true time is now.
func New(now time.Time) *Scheduler { return &Scheduler{now: now} }

// Now is the true time, which no machine's clock need show.
func (s *Scheduler) Now() time.Time { return s.now }

// Current is the strand that is moving; nil outside of any.
func (s *Scheduler) Current() *Strand { return s.current }

// Advance lets true time pass.
func (s *Scheduler) Advance(d time.Duration) { s.now = s.now.Add(max(d, 0)) }

// unwound is the panic that takes a strand of a dead machine apart.
type unwound struct{}

// Go makes a strand of the host that has not begun. What it spawns inherits its tag.
func (s *Scheduler) Go(host *Host, fn func()) *Strand {
	strand := &Strand{host: host}
	if s.current != nil {
		strand.Tag = s.current.Tag
	}
	strand.next, strand.stop = iter.Pull(func(yield func(struct{}) bool) {
		strand.yield = yield
		defer func() {
			if value := recover(); value != nil {
				if _, dead := value.(unwound); !dead && s.Panicked != nil {
					s.Panicked(value, debug.Stack())
				}
			}
		}()
		fn()
	})
	s.strands = append(s.strands, strand)
	return strand
}

// park gives way until ready says true or the host's clock shows until. In a machine that has died it never returns.
func (s *Scheduler) park(ready func() bool, until time.Time) {
	strand := s.current
	if strand == nil {
		panic("coop: only a strand can wait")
	}
	if strand.host.dead {
		panic(unwound{})
	}
	strand.ready, strand.until = ready, until
	if !strand.yield(struct{}{}) || strand.host.dead {
		panic(unwound{})
	}
	strand.ready, strand.until = nil, time.Time{}
}

// GiveWay lets others move first, if Pick likes. Outside of any strand it does nothing.
func (s *Scheduler) GiveWay() {
	if s.current != nil {
		s.park(nil, time.Time{})
	}
}

// Wait gives way until ready says true.
func (s *Scheduler) Wait(ready func() bool) { s.park(ready, time.Time{}) }

// WaitUntil gives way until ready says true or the strand's own clock shows the time.
func (s *Scheduler) WaitUntil(ready func() bool, until time.Time) { s.park(ready, until) }

func (s *Strand) able() bool {
	if s.host.frozen() {
		return false
	}
	return s.ready == nil || s.ready()
}

// Step moves one strand that can, and reports whether there was one.
func (s *Scheduler) Step() bool {
	s.bury()
	if last := s.last; last != nil && !last.done && s.Stay != nil && last.able() && s.Stay() {
		s.move(last)
		return true
	}
	s.able = s.able[:0]
	for _, strand := range s.strands {
		if strand.able() {
			s.able = append(s.able, strand)
		}
	}
	if len(s.able) == 0 {
		return false
	}
	s.move(s.able[s.Pick(len(s.able))])
	return true
}

func (s *Scheduler) move(strand *Strand) {
	before := s.current
	s.current, s.last = strand, strand
	_, more := strand.next()
	s.current = before
	if !more {
		s.remove(strand)
	}
	s.bury()
}

func (s *Scheduler) remove(strand *Strand) {
	strand.done = true
	if at := slices.Index(s.strands, strand); at >= 0 {
		s.strands = slices.Delete(s.strands, at, at+1)
	}
}

// bury unwinds the strands of machines that have died, so that nothing of them is left in memory. What their deferred
// calls ask of a port has no effect: every wait of a dead machine panics, and its ports refuse.
func (s *Scheduler) bury() {
	for s.killed {
		s.killed = false
		for _, strand := range slices.Clone(s.strands) {
			if !strand.host.dead || strand == s.current {
				continue
			}
			before := s.current
			s.current = strand
			strand.stop()
			s.current = before
			s.remove(strand)
		}
	}
}

// Wake is the earliest true time at which time alone lets somebody move, and whether there is one.
func (s *Scheduler) Wake() (time.Time, bool) {
	var at time.Time
	for _, strand := range s.strands {
		wake, some := strand.wake()
		if some && (at.IsZero() || wake.Before(at)) {
			at = wake
		}
	}
	return at, !at.IsZero()
}

func (s *Strand) wake() (time.Time, bool) {
	switch {
	case s.host.frozen():
		return s.host.frozenUntil, true
	case !s.until.IsZero():
		return s.until.Add(-s.host.Offset), true
	}
	return time.Time{}, false
}

// Waiting says what the strands that are left wait for, for reports.
func (s *Scheduler) Waiting() string {
	text := ""
	for _, strand := range s.strands {
		text += fmt.Sprintf(" %s/%v", strand.host.Name, strand.Tag)
	}
	return text
}

// Strands is how many functions have not returned.
func (s *Scheduler) Strands() int { return len(s.strands) }

// Close takes apart what has not returned.
func (s *Scheduler) Close() {
	for _, strand := range s.strands {
		strand.host.dead = true
	}
	s.killed = true
	s.bury()
}
