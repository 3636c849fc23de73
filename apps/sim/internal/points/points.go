// Package points runs small worlds with a fault planted at every single place where it can happen, and at all pairs of
// some: what random seeds reach by chance, this reaches for certain.
package points

import (
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// Point is one run: faults at the calls of these numbers.
type Point struct {
	Story world.Story
	At    map[int]chance.Kind
}

// String names the point so that it can be found again.
func (p Point) String() string {
	s := p.Story
	text := fmt.Sprintf("%s, %d tasks, %d workers, tight %t:", s.Name, s.Tasks, s.Machines, s.Tight)
	for _, n := range slices.Sorted(mapKeys(p.At)) {
		text += fmt.Sprintf(" %s at call %d", p.At[n], n)
	}
	return text
}

func mapKeys(m map[int]chance.Kind) func(func(int) bool) {
	return func(yield func(int) bool) {
		for n := range m {
			if !yield(n) {
				return
			}
		}
	}
}

// kinds are the faults that are planted at a call of the method.
func kinds(m chance.Method) []chance.Kind {
	all := []chance.Kind{chance.CrashBefore, chance.CrashAfter, chance.Redeliver, chance.Jump}
	if m != chance.ClockSleep {
		all = append(all, chance.Late)
	}
	switch m {
	case chance.StoreGet, chance.StoreList:
		all = append(all, chance.LostRequest, chance.Throttle, chance.Hang)
	case chance.StoreUpdate:
		all = append(all, chance.LostRequest, chance.Unsure, chance.LostAck, chance.Rerun, chance.Throttle, chance.Conflict, chance.Hang)
	case chance.QueueSend:
		all = append(all, chance.LostRequest, chance.LostAck, chance.Lost, chance.Twice, chance.Hang)
	case chance.QueueReceive:
		all = append(all, chance.LostRequest, chance.Unseen, chance.Duplicate)
	case chance.QueueAck, chance.QueueReturn:
		all = append(all, chance.LostRequest, chance.LostAck, chance.Hang)
	case chance.ModelCall:
		all = append(all, chance.ResetBefore, chance.ResetAfter, chance.HangBilled, chance.Hang)
	case chance.BatchCreate:
		all = append(all, chance.LostRequest, chance.Unsure, chance.LostAck, chance.Unlisted, chance.HangBilled, chance.Hang)
	case chance.BatchList, chance.BatchGet:
		all = append(all, chance.LostRequest, chance.Hang)
	case chance.BatchCancel:
		all = append(all, chance.LostRequest, chance.LostAck, chance.Hang)
	case chance.BatchRead:
		all = append(all, chance.LostRequest, chance.Cut, chance.Twice, chance.Missing, chance.Hang)
	case chance.NotifierNotify:
		all = append(all, chance.LostRequest, chance.LostAck, chance.Hang)
	}
	return all
}

// Singles are all points of a story with one fault.
func Singles(s world.Story) []Point {
	_, calls := s.Play(nil, nil)
	var all []Point
	for n, m := range calls {
		for _, kind := range kinds(m) {
			all = append(all, Point{s, map[int]chance.Kind{n: kind}})
		}
	}
	return all
}

// Firsts are the points with which pairs begin, by story: those of these kinds.
func Firsts(s world.Story, first ...chance.Kind) []Point {
	return slices.DeleteFunc(Singles(s), func(p Point) bool {
		for _, kind := range p.At {
			return !slices.Contains(first, kind)
		}
		return true
	})
}

// Seconds are all pairs of a first point with each of the kinds at each later call.
func Seconds(first Point, second ...chance.Kind) []Point {
	_, calls := first.Story.Play(first.At, nil)
	at := 0
	for n := range first.At {
		at = n
	}
	var all []Point
	for n := at + 1; n < len(calls); n++ {
		for _, kind := range second {
			if slices.Contains(kinds(calls[n]), kind) {
				pair := map[int]chance.Kind{n: kind}
				for at, kind := range first.At {
					pair[at] = kind
				}
				all = append(all, Point{first.Story, pair})
			}
		}
	}
	return all
}

// Outcome is what a point came to. Hit is false when a planted fault was never met.
type Outcome struct {
	Point  Point
	Broken string
	Hit    bool
}

// Run plays a point.
func Run(p Point) Outcome {
	r, calls := p.Story.Play(p.At, nil)
	hit := true
	for n := range p.At {
		hit = hit && n < len(calls)
	}
	broken := r.Broken
	if broken == "" && r.Illegal {
		broken = "the submissions are not linearizable"
	}
	return Outcome{p, broken, hit}
}
