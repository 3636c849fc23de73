// Package screen shows how a job goes on while it runs: two lines that are drawn again and again on a terminal, one plain
// line every few seconds anywhere else.
//
// What is shown is a value, and how it reads is a pure function of it; time is an argument. The package knows nothing of
// stores or engines beyond the counts that it is given.
package screen

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// View is how a job stands at one moment.
type View struct {
	// At is the moment.
	At time.Time
	// Total is the number of pages; the others are how many of them are in that state. What is left has not been begun.
	Total, Completed, Failed, Cancelled, Running int
	// Waiting says how many pages wait for what, in the order in which it is shown.
	Waiting []Waiting
	// Spent is settled and presumed together, Held what is put aside for calls under way, Cap the most that may be spent.
	Spent, Held, Cap cost.Pico
	// Stopping is true once somebody wants the program to end: what runs is finished, nothing else is begun.
	Stopping bool
	// Stuck is true when nothing runs and all that is left waits for money: no time can be told.
	Stuck bool
	// Over is true for the last view: nothing goes on any more.
	Over bool
}

// Waiting is how many pages wait for one reason.
type Waiting struct {
	Reason string
	Pages  int
}

// ended is how many pages have come to an end.
func (v View) ended() int { return v.Completed + v.Failed + v.Cancelled }

// share is how much has ended, 0 to 1.
func (v View) share() float64 {
	if v.Total == 0 {
		return 0
	}
	return float64(v.ended()) / float64(v.Total)
}
