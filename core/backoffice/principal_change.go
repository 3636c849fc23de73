package backoffice

import (
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// PrincipalChange is what to change of a principal; nil keeps.
type PrincipalChange struct {
	Name       *string
	Role       *Role
	Businesses *[]string
	Status     *PrincipalStatus
	ExpiresAt  *time.Time
}

// ChangePrincipal changes a principal that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Conflict (it is
// the last admin of all businesses, or the caller's own access), Rejected (the caller's own access was taken away meanwhile).
func (o *Office) ChangePrincipal(ctx context.Context, by Caller, id string, seen int64, c PrincipalChange) (Principal, error) {
	if c.Businesses != nil {
		was, err := o.Principal(ctx, id)
		if err != nil {
			return Principal{}, err
		}
		if err := o.checkBusinesses(ctx, *c.Businesses, was.Businesses); err != nil {
			return Principal{}, err
		}
	}
	access := c.Role != nil || c.Businesses != nil || c.Status != nil || c.ExpiresAt != nil
	return o.changePrincipal(ctx, by, "principal.update", id, seen, access, func(p *Principal) error {
		set(&p.Name, c.Name)
		p.Name = catalog.Line(p.Name)
		set(&p.Role, c.Role)
		set(&p.Businesses, c.Businesses)
		set(&p.Status, c.Status)
		set(&p.ExpiresAt, c.ExpiresAt)
		p.ExpiresAt = toMilli(p.ExpiresAt)
		if c.ExpiresAt == nil && p.Kind == Service { // what has expired can still be renamed or disabled
			was := *p
			was.ExpiresAt = o.now().Add(time.Hour)
			return was.check(o.now()).Err()
		}
		return p.check(o.now()).Err()
	})
}

// toMilli is a time as records keep it: UTC, to the millisecond.
func toMilli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func set[T any](v *T, to *T) {
	if to != nil {
		*v = *to
	}
}

// changePrincipal changes one; itself says that the change could lock out who makes it.
func (o *Office) changePrincipal(ctx context.Context, by Caller, action, id string, seen int64, itself bool, change func(*Principal) error) (is Principal, err error) {
	keys := []ports.Key{principalKey(id), adminsKey()}
	if by.Principal != id {
		keys = append(keys, principalKey(by.Principal))
	}
	err = o.act(ctx, by, Action{action, Target{Type: "principal", ID: id}}, keys, func(tx ports.Tx, n *note) error {
		if err := still(tx, by); err != nil {
			return err
		}
		was, found, err := get[Principal](tx, principalKey(id))
		if err != nil || !found {
			return cmpErr(err, fault.New(fault.NotFound, "there is no such principal"))
		}
		if err := was.match(seen); err != nil {
			return err
		}
		if by.Principal == id && itself {
			return fault.New(fault.Conflict, "nobody takes their own access away: let another admin do it")
		}
		is = was
		is.Businesses = slices.Clone(was.Businesses)
		if err := change(&is); err != nil {
			return err
		}
		is.Meta = was.next(o.now())
		n.changed(was.known(), is.known())
		return writePrincipal(tx, o.now(), was, is)
	})
	if err != nil {
		return Principal{}, err
	}
	return is, nil
}

// cmpErr is the first error that is one.
func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
