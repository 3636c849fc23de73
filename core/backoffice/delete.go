package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// undecided is for how long a deletion may look for live jobs. A process that died in it leaves the business hidden until the
	// next sweep after that brings it back.
	undecided = 10 * time.Minute
	// removeStep is how many records one step removes: well below what one Update may write.
	removeStep = 50
)

// DeleteBusiness hides a business that stands at the revision and has RemoveDeleted remove its catalog; jobs, ledger and audit
// stay. Live reports whether a job of it has not ended. It is asked twice: before anything is done, so that a refusal leaves everything
// as it is, and again once no new job can begin. A business that must be put back then is the one that it was, its revision too.
// Errors: NotFound, Stale, Conflict (a job is live).
func (o *Office) DeleteBusiness(ctx context.Context, by Caller, id string, seen int64, live func(ctx context.Context) (bool, error)) error {
	b, err := o.Business(ctx, id)
	if err == nil {
		err = b.match(seen)
	}
	if err == nil {
		err = idle(ctx, live)
	}
	if err != nil {
		return err
	}
	mark := o.IDs.NewID()
	if err := o.hide(ctx, id, seen, mark); err != nil {
		return err
	}
	if err = idle(ctx, live); err == nil {
		err = o.confirm(ctx, by, id, mark)
	}
	if err != nil { // also where the caller has gone meanwhile
		return cmpErr(o.putBack(context.WithoutCancel(ctx), id, mark), err)
	}
	return nil
}

// confirm decides a deletion: what follows goes on by itself.
func (o *Office) confirm(ctx context.Context, by Caller, id, mark string) error {
	return o.act(ctx, by, Action{"business.delete", businessTarget(id)}, []ports.Key{businessKey(id)}, func(tx ports.Tx, n *note) error {
		b, found, err := get[Business](tx, businessKey(id))
		if err != nil || !found || b.Deleting != mark {
			return cmpErr(err, fault.New(fault.Conflict, "the deletion took too long and was taken back: try again"))
		}
		n.changed(b.Business, nil)
		b.Deleting, b.HiddenAt = "", time.Time{}
		b.Meta = b.next(o.now())
		tx.Put(record(businessKey(id), kindBusiness, b))
		return nil
	})
}

// idle is Conflict while a job is live.
func idle(ctx context.Context, live func(ctx context.Context) (bool, error)) error {
	busy, err := live(ctx)
	if err == nil && busy {
		err = fault.New(fault.Conflict, "a job of this business has not ended: cancel it or wait, then delete")
	}
	return err
}

// hide begins a deletion under its mark. It is no new revision: nobody sees the business meanwhile, and it is undone or followed by one at once.
func (o *Office) hide(ctx context.Context, id string, seen int64, mark string) error {
	key := businessKey(id)
	return o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		b, found, err := get[Business](tx, key)
		switch {
		case err != nil:
			return err
		case found && b.Status == BusinessDeleting && b.Deleting == mark: // an earlier run of this very Update
			return nil
		case !found || b.Status != BusinessActive:
			return fault.New(fault.NotFound, "there is no such business")
		}
		if err := b.match(seen); err != nil {
			return err
		}
		b.Status, b.Deleting, b.HiddenAt = BusinessDeleting, mark, o.now()
		tx.Put(record(key, kindBusiness, b))
		return nil
	})
}

// putBack ends a deletion that has not been decided: the business is as it was.
func (o *Office) putBack(ctx context.Context, id, mark string) error {
	key := businessKey(id)
	return o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		b, found, err := get[Business](tx, key)
		if err != nil || !found || b.Status != BusinessDeleting || b.Deleting != mark {
			return err
		}
		b.Status, b.Deleting, b.HiddenAt = BusinessActive, "", time.Time{}
		tx.Put(record(key, kindBusiness, b))
		return nil
	})
}

// RemoveDeleted removes the catalogs of all businesses that are being deleted and have no live job, and reports how many
// businesses it has finished. It is safe to call at any time, by any number of processes, and goes on where an earlier call
// was stopped.
func (o *Office) RemoveDeleted(ctx context.Context, live func(ctx context.Context, business string) (bool, error)) (int, error) {
	removed := 0
	r := ports.Range{Partition: partBusinesses}
	for {
		page, err := o.Store.List(ctx, r)
		if err != nil {
			return removed, err
		}
		for _, record := range page.Records {
			done, err := o.sweep(ctx, record, live)
			if err != nil {
				return removed, err
			}
			if done {
				removed++
			}
		}
		if r.Cursor = page.Cursor; r.Cursor == "" {
			return removed, nil
		}
	}
}

// sweep goes on with the deletion of one business, and reports whether it has ended it.
func (o *Office) sweep(ctx context.Context, r ports.Record, live func(ctx context.Context, business string) (bool, error)) (bool, error) {
	b, err := read[Business](r)
	if err != nil || b.Status != BusinessDeleting || b.Name == "" {
		return false, err
	}
	if b.Deleting != "" {
		if o.now().Sub(b.HiddenAt) < undecided {
			return false, nil
		}
		return false, o.putBack(ctx, b.ID, b.Deleting)
	}
	busy, err := live(ctx, b.ID)
	if err != nil || busy {
		return false, err
	}
	for _, prefix := range []string{"doc/", "prompt/"} {
		if err := o.remove(ctx, ports.Prefix(businessPart(b.ID), prefix)); err != nil {
			return false, err
		}
	}
	return o.bury(ctx, b.ID)
}

// remove deletes all records of a range in steps.
func (o *Office) remove(ctx context.Context, r ports.Range) error {
	r.Limit = removeStep
	for {
		page, err := o.Store.List(ctx, r)
		if err != nil {
			return err
		}
		if len(page.Records) == 0 && page.Cursor == "" {
			return nil
		}
		keys := make([]ports.Key, len(page.Records))
		for i, record := range page.Records {
			keys[i] = record.Key
		}
		err = o.Store.Update(ctx, keys, func(tx ports.Tx) error {
			for _, key := range keys {
				tx.Get(key)
				tx.Delete(key)
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.Cursor = page.Cursor
	}
}

// bury leaves of a business only that it was there, so that its jobs and its ledger still belong to something.
func (o *Office) bury(ctx context.Context, id string) (done bool, err error) {
	key := businessKey(id)
	err = o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		done = false
		b, found, err := get[Business](tx, key)
		if err != nil || !found || b.Status != BusinessDeleting || b.Name == "" {
			return err
		}
		grave := Business{Status: BusinessDeleting, Meta: b.next(o.now())}
		grave.ID = id
		tx.Put(record(key, kindBusiness, grave))
		done = true
		return nil
	})
	return done, err
}
