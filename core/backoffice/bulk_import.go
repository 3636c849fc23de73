package backoffice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// lot is one bulk call to a shelf within a decision.
type lot[T any] struct {
	*desk[T]
	options BulkOptions
	parcels []*parcel[T]
	twice   func(list rows[T], n int) catalog.Problems
}

// parcel is one row of a bulk call on its way in: the entries that it makes, and what became of it.
type parcel[T any] struct {
	input   BulkInput[T]
	entries []T
	row     BulkRow
}

// refuse settles a row that is not taken.
func (p *parcel[T]) refuse(status BulkStatus, id string, problems catalog.Problems) {
	p.row.Status, p.row.ID, p.row.Errors = status, id, problems
}

func (p *parcel[T]) fail(problems ...catalog.Problem) { p.refuse(BulkFailed, "", problems) }

// waits reports whether the row may still come in.
func (p *parcel[T]) waits() bool { return p.row.Status == "" }

// unpack makes the entries of a row with the two ids that are its own, or settles it.
type unpack[T any] func(l *lot[T], p *parcel[T], ids [2]string)

// importer is what a bulk call to a shelf is made of.
type importer[T any] struct {
	shelf[T]
	unpack unpack[T]
	// twice finds new entries, those after the first n, that are duplicates by more than the rules; nil for none.
	twice func(list rows[T], n int) catalog.Problems
	// finish completes what is being written; nil for nothing.
	finish func(l *lot[T], business string, ids []string) (areas int, err error)
}

// run imports the rows in one Update.
func (im importer[T]) run(ctx context.Context, o *Office, by Caller, business string, in []BulkInput[T], opt BulkOptions) (result BulkResult, err error) {
	if err := checkBulk(len(in), opt); err != nil {
		return BulkResult{}, err
	}
	ids := make([]string, 3*len(in))
	for i := range ids {
		ids[i] = o.IDs.NewID()
	}
	now := o.now()
	decide := func(tx ports.Tx, n *note) (err error) {
		result, err = im.decide(tx, n, business, in, opt, ids, now)
		return err
	}
	if opt.DryRun {
		err = o.view(ctx, im.keys(business), func(tx ports.Tx) error { return decide(tx, &note{}) })
	} else {
		err = o.act(ctx, by, Action{"bulk.import", im.target(business, "")}, im.keys(business), decide)
	}
	if err != nil {
		return BulkResult{}, err
	}
	return result, nil
}

func checkBulk(n int, opt BulkOptions) error {
	if n > MaxBulkRows {
		return catalog.Problems{{Path: "/rows", Code: catalog.CodeTooMany, Message: fmt.Sprintf("%d rows; send at most %d at a time", n, MaxBulkRows)}}
	}
	if opt.OnDuplicate != "" && opt.OnDuplicate != SkipDuplicate && opt.OnDuplicate != FailDuplicate {
		return catalog.Problems{{Path: "/on_duplicate", Code: catalog.CodeNotAllowed, Message: "use one of skip, fail"}}
	}
	return nil
}

func (im importer[T]) decide(tx ports.Tx, n *note, business string, in []BulkInput[T], opt BulkOptions, ids []string, now time.Time) (BulkResult, error) {
	d, err := im.open(tx, business, now)
	if err != nil {
		return BulkResult{}, err
	}
	l := &lot[T]{desk: d, options: opt, twice: im.twice}
	for i, row := range in {
		p := &parcel[T]{input: row, row: BulkRow{Index: i}}
		l.parcels = append(l.parcels, p)
		if len(row.Problems) > 0 {
			p.fail(row.Problems...)
			continue
		}
		im.unpack(l, p, [2]string{ids[i], ids[len(in)+i]})
	}
	for !l.sift() {
		continue
	}
	if opt.DryRun || l.spoiled() {
		return l.result(0), nil
	}
	n.changed(d.was.values(), d.is.values())
	areas := 0
	if im.finish != nil {
		if areas, err = im.finish(l, business, ids[2*len(in):]); err != nil {
			return BulkResult{}, err
		}
	}
	return l.result(areas), d.close(business)
}

// load puts the entries of all rows that may come in behind those that are there, and tells whose each is.
func (l *lot[T]) load() (owners []*parcel[T]) {
	l.is = slices.Clone(l.was)
	for _, p := range l.parcels {
		if !p.waits() {
			continue
		}
		for _, v := range p.entries {
			l.is = append(l.is, Row[T]{Value: v})
			owners = append(owners, p)
		}
	}
	return owners
}

// sift applies the rules to what is there and all rows that may come in, settles those that cannot, and reports whether all
// that are left are good. A row may only be blamed for standing in the way of another, or for being the second of two, when the
// other one is good by itself: so it takes some turns.
func (l *lot[T]) sift() (done bool) {
	owners := l.load()
	if l.mark != nil {
		l.mark(l.is, len(l.was))
	}
	clean, problems := l.candidate().Normalise()
	if l.twice != nil {
		problems = append(problems, l.twice(l.is, len(l.was))...)
	}
	found := l.sort(problems, owners)
	if len(found) == 0 {
		return l.fits(owners, *l.of(&clean))
	}
	settled := false
	for _, only := range []func(p *parcel[T]) bool{
		func(p *parcel[T]) bool { return slices.ContainsFunc(found[p], unprovoked) },
		func(p *parcel[T]) bool { return !l.provokedBy(found[p], owners, found) },
		func(*parcel[T]) bool { return true },
	} {
		for _, p := range l.parcels {
			if len(found[p]) > 0 && only(p) {
				l.settle(p, found[p], owners)
				settled = true
			}
		}
		if settled {
			return false
		}
	}
	return false
}

// fits takes the rows that are left, and turns the last of them away when they are too many.
func (l *lot[T]) fits(owners []*parcel[T], clean []T) bool {
	if len(l.is) > l.most {
		last := owners[len(owners)-1]
		last.fail(catalog.Problem{Code: catalog.CodeTooMany, Message: fmt.Sprintf("the list is full: it may have at most %d entries", l.most)})
		return false
	}
	for i, v := range clean {
		l.is[i].Value = v
	}
	l.accept(owners)
	return true
}

// unprovoked is a problem that no other entry is part of.
func unprovoked(p catalog.Problem) bool { return p.Other == "" }

// provokedBy reports whether a problem comes from another row that has problems itself.
func (l *lot[T]) provokedBy(problems catalog.Problems, owners []*parcel[T], found map[*parcel[T]]catalog.Problems) bool {
	return slices.ContainsFunc(problems, func(p catalog.Problem) bool {
		other, is := l.parcelAt(p.Other, owners)
		return is && len(found[other]) > 0
	})
}

// parcelAt is the row whose entry a path leads to; there is none for an entry that was there before.
func (l *lot[T]) parcelAt(path string, owners []*parcel[T]) (*parcel[T], bool) {
	at, _, is := l.place(path)
	if at -= len(l.was); !is || at < 0 || at >= len(owners) {
		return nil, false
	}
	return owners[at], true
}

// sort gives each row its problems.
func (l *lot[T]) sort(problems catalog.Problems, owners []*parcel[T]) map[*parcel[T]]catalog.Problems {
	found := map[*parcel[T]]catalog.Problems{}
	for _, p := range problems {
		// Of two that are in each other's way the later one is named, and what was there comes first.
		if owner, is := l.parcelAt(p.Path, owners); is {
			found[owner] = append(found[owner], p)
		}
	}
	return found
}

// settle refuses a row for its problems: a duplicate is skipped where that is asked for.
func (l *lot[T]) settle(p *parcel[T], problems catalog.Problems, owners []*parcel[T]) {
	var told catalog.Problems
	status, id := BulkSkipped, ""
	for _, problem := range problems {
		at, rest, _ := l.place(problem.Path)
		first := slices.Index(owners, p) + len(l.was)
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

// accept settles the rows that are left.
func (l *lot[T]) accept(owners []*parcel[T]) {
	for i, p := range owners {
		if p.waits() {
			p.refuse(BulkCreated, *l.id(&l.is[len(l.was)+i].Value), nil)
		}
	}
}

// spoiled makes nothing of all where one row has failed and all or nothing is asked for.
func (l *lot[T]) spoiled() bool {
	failed := slices.ContainsFunc(l.parcels, func(p *parcel[T]) bool { return p.row.Status == BulkFailed })
	if !failed || !l.options.AllOrNothing {
		return false
	}
	for _, p := range l.parcels {
		if p.row.Status == BulkCreated {
			p.refuse(BulkSkipped, "", catalog.Problems{{Code: "not_applied", Message: "another row has failed, and all or nothing is asked for"}})
		}
	}
	return true
}

// result tells what became of every row. The ids of entries that have not been written are nobody's.
func (l *lot[T]) result(areas int) BulkResult {
	written := map[string]bool{}
	for i := range l.was {
		written[*l.id(&l.was[i].Value)] = true
	}
	r := BulkResult{Summary: BulkSummary{AreasCreated: areas}, Results: make([]BulkRow, 0, len(l.parcels))}
	kept := !l.options.DryRun && !l.spoiled()
	for _, p := range l.parcels {
		switch p.row.Status {
		case BulkCreated:
			r.Summary.Created++
		case BulkSkipped:
			r.Summary.Skipped++
		case BulkFailed:
			r.Summary.Failed++
		}
		if !kept && !written[p.row.ID] {
			p.row.ID = ""
		}
		r.Results = append(r.Results, p.row)
	}
	return r
}
