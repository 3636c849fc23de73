package backoffice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// patience is how many turns the rows get to come out of each other's way. Each turn applies the rules to the whole list; three do
// for what people send. Only a long chain of rows, each in the way of the next one, needs more.
const patience = 6

// sift settles every row: it applies the rules to what is there and all rows that may come in, and turns away those that cannot,
// until those that are left are good and have room.
func (l *lot[T]) sift() {
	for turn := 1; ; turn++ {
		clean, found := l.look()
		switch {
		case len(found) > 0:
			l.turnAway(found, turn >= patience)
		case len(l.is) > l.most && len(l.owners) > 0:
			l.cut(len(l.is) - l.most)
		case turn < patience && l.revive():
		default:
			l.accept(clean)
			l.giveUp()
			return
		}
	}
}

// look applies the rules, and gives each row its problems.
func (l *lot[T]) look() (clean []T, found map[*parcel[T]]catalog.Problems) {
	l.load()
	if l.mark != nil {
		l.mark(l.is, len(l.was))
	}
	made, problems := l.candidate().Normalise()
	if l.twice != nil {
		problems = append(problems, l.twice(l.is, len(l.was))...)
	}
	found = map[*parcel[T]]catalog.Problems{}
	for _, p := range problems {
		// Of two that are in each other's way the later one is named, and what was there comes first.
		if owner, is := l.parcelAt(p.Path); is {
			found[owner] = append(found[owner], p)
		}
	}
	return *l.of(&made), found
}

// load puts the entries of all rows that may come in behind those that are there, and notes whose each is.
func (l *lot[T]) load() {
	l.is, l.owners = slices.Clone(l.was), nil
	for _, p := range l.parcels {
		if !p.waits() {
			continue
		}
		for _, v := range p.entries {
			l.is = append(l.is, Row[T]{Value: v})
			l.owners = append(l.owners, p)
		}
	}
}

// turnAway settles rows with problems. A row is only blamed for standing in the way of another, or for being the second of two, when
// the other one is good by itself: so those that are wrong by themselves go first, and the others are looked at again without them. In the
// last turn all rows with problems go.
func (l *lot[T]) turnAway(found map[*parcel[T]]catalog.Problems, last bool) {
	settled := false
	for _, only := range []func(p *parcel[T]) bool{
		func(p *parcel[T]) bool { return slices.ContainsFunc(found[p], unprovoked) },
		func(p *parcel[T]) bool { return !l.provokedBy(found[p], found) },
	} {
		for _, p := range l.parcels {
			if len(found[p]) > 0 && p.waits() && only(p) {
				l.settle(p, found[p])
				settled = true
			}
		}
		if settled && !last {
			return
		}
	}
	for _, p := range l.parcels {
		if len(found[p]) > 0 && p.waits() {
			p.putOff()
		}
	}
}

// putOff fails a row that nothing is known against.
func (p *parcel[T]) putOff() {
	p.fail(catalog.Problem{Code: notApplied, Message: "other rows of this import stood in the way of this one, and were not taken either: send this row again"})
}

// lost reports whether a row was refused for others alone that are not taken either.
func (p *parcel[T]) lost() bool {
	return len(p.behind) > 0 && !slices.ContainsFunc(p.behind, func(other *parcel[T]) bool { return other.waits() || other.row.Status == BulkCreated })
}

// revive has the rules look again at the rows that have been refused for others which did not come in.
func (l *lot[T]) revive() (any bool) {
	for _, p := range l.parcels {
		if p.lost() {
			p.row, p.behind, any = BulkRow{Index: p.row.Index}, nil, true
		}
	}
	return any
}

// giveUp puts those rows off.
func (l *lot[T]) giveUp() {
	for _, p := range l.parcels {
		if p.lost() {
			p.putOff()
		}
	}
}

// unprovoked is a problem that no other entry is part of.
func unprovoked(p catalog.Problem) bool { return p.Other == "" }

// provokedBy reports whether a problem comes from another row that has problems itself.
func (l *lot[T]) provokedBy(problems catalog.Problems, found map[*parcel[T]]catalog.Problems) bool {
	return slices.ContainsFunc(problems, func(p catalog.Problem) bool {
		other, is := l.parcelAt(p.Other)
		return is && len(found[other]) > 0
	})
}

// parcelAt is the row whose entry a path leads to; there is none for an entry that was there before.
func (l *lot[T]) parcelAt(path string) (*parcel[T], bool) {
	at, _, is := l.place(path)
	if at -= len(l.was); !is || at < 0 || at >= len(l.owners) {
		return nil, false
	}
	return l.owners[at], true
}

// inTheWay are the rows that the problems come of; nil when some come of anything else.
func (l *lot[T]) inTheWay(problems catalog.Problems) (list []*parcel[T]) {
	for _, problem := range problems {
		other, is := l.parcelAt(problem.Other)
		if !is {
			return nil
		}
		list = append(list, other)
	}
	return list
}

// settle refuses a row for its problems: a duplicate is skipped where that is asked for. A pair of which one half alone is there is
// none: skipped, its other half would be lost without a word.
func (l *lot[T]) settle(p *parcel[T], problems catalog.Problems) {
	var told catalog.Problems
	status, id := BulkSkipped, ""
	first := slices.Index(l.owners, p) + len(l.was)
	p.behind = l.inTheWay(problems)
	there := map[int]bool{}
	for _, problem := range problems {
		at, rest, _ := l.place(problem.Path)
		there[at] = true
		said := plain(problem, l.named(rest, at > first))
		if !slices.Contains(told, said) {
			told = append(told, said)
		}
		if problem.Code != catalog.CodeDuplicate || strings.HasSuffix(problem.Path, "/is_primary") {
			status = BulkFailed
		}
		if id == "" {
			id = l.owner(problem.Other)
		}
	}
	if len(there) < len(p.entries) {
		status = BulkFailed
	}
	l.duplicate(p, status, id, told)
}

// duplicate settles a row that is there already, as the options ask.
func (l *lot[T]) duplicate(p *parcel[T], status BulkStatus, id string, problems catalog.Problems) {
	if l.options.OnDuplicate == FailDuplicate || status == BulkFailed {
		p.fail(problems...)
		return
	}
	p.refuse(BulkSkipped, id, problems)
}

// cut turns the last rows away, as many as make so many entries too many.
func (l *lot[T]) cut(excess int) {
	for _, p := range slices.Backward(l.parcels) {
		if excess <= 0 {
			return
		}
		if p.waits() {
			excess -= len(p.entries)
			p.fail(catalog.Problem{Code: catalog.CodeTooMany, Message: fmt.Sprintf("the list is full: it may have at most %d entries", l.most)})
		}
	}
}

// accept takes the rows that are left, as the rules make them.
func (l *lot[T]) accept(clean []T) {
	for i, v := range clean {
		l.is[i].Value = v
	}
	for i, p := range l.owners {
		if p.waits() {
			p.refuse(BulkCreated, *l.id(&l.is[len(l.was)+i].Value), nil)
		}
	}
}
