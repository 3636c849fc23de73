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
	// owners are the rows whose entries are in the list behind those that were there.
	owners []*parcel[T]
}

// parcel is one row of a bulk call on its way in: the entries that it makes, and what became of it.
type parcel[T any] struct {
	input   BulkInput[T]
	entries []T
	row     BulkRow
	// behind are the rows of the same import that alone stand in its way; nil for none.
	behind []*parcel[T]
}

// refuse settles a row that is not taken.
func (p *parcel[T]) refuse(status BulkStatus, id string, problems catalog.Problems) {
	p.row.Status, p.row.ID, p.row.Errors = status, id, problems
}

func (p *parcel[T]) fail(problems ...catalog.Problem) { p.refuse(BulkFailed, "", problems) }

// waits reports whether the row may still come in.
func (p *parcel[T]) waits() bool { return p.row.Status == "" }

// unpack makes the entries of a row with the two ids that are its own, or settles it.
type unpack[T any] func(p *parcel[T], ids [2]string)

// importer is what a bulk call to a shelf is made of.
type importer[T any] struct {
	shelf[T]
	// unpacker makes the unpack of a lot.
	unpacker func(l *lot[T]) unpack[T]
	// twice finds new entries, those after the first n, that are duplicates by more than the rules; nil for none.
	twice func(list rows[T], n int) catalog.Problems
	// finish completes what is being written, for which it reads the documents that besides names; nil for nothing.
	finish  func(l *lot[T], business string, ids []string) (areas int, err error)
	besides []string
}

// trial is a decision that leaves nothing behind.
type trial struct{ ports.Tx }

func (trial) Put(ports.Record)    {}
func (trial) Create(ports.Record) {}
func (trial) Delete(ports.Key)    {}

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
	keys := im.keys(business)
	for _, name := range im.besides {
		keys = append(keys, documentKey(business, name, 0))
	}
	if opt.DryRun { // all of a real import but the writes, so that what it tells is what will be
		err = o.view(ctx, keys, func(tx ports.Tx) error { return decide(trial{tx}, &note{}) })
	} else {
		err = o.act(ctx, by, Action{"bulk.import", im.target(business, "")}, keys, decide)
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
	unpack := im.unpacker(l)
	for i, row := range in {
		p := &parcel[T]{input: row, row: BulkRow{Index: i}}
		l.parcels = append(l.parcels, p)
		if len(row.Problems) > 0 {
			p.fail(row.Problems...)
			continue
		}
		unpack(p, [2]string{ids[i], ids[len(in)+i]})
	}
	l.sift()
	if l.spoiled() {
		return l.result(0), nil
	}
	areas := 0
	if im.finish != nil {
		if areas, err = im.finish(l, business, ids[2*len(in):]); err != nil {
			return BulkResult{}, err
		}
	}
	list := strings.TrimPrefix(im.path, "/")
	n.changed(named(list, d.was.values()), named(list, d.is.values()))
	return l.result(areas), d.close(business)
}

// spoiled makes nothing of all where one row has failed and all or nothing is asked for.
func (l *lot[T]) spoiled() bool {
	failed := slices.ContainsFunc(l.parcels, func(p *parcel[T]) bool { return p.row.Status == BulkFailed })
	if !failed || !l.options.AllOrNothing {
		return false
	}
	for _, p := range l.parcels {
		if p.row.Status == BulkCreated {
			p.refuse(BulkSkipped, "", catalog.Problems{{Code: notApplied, Message: "another row has failed, and all or nothing is asked for"}})
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
