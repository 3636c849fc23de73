package backoffice

import (
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// adminsKey names the ids of those who lead, so that none of two who are lowered at once is the last one.
func adminsKey() ports.Key { return ports.Key{Partition: partAccess, Sort: "admins"} }

// leads reports whether the principal can give access: an active admin of all businesses. One of some cannot, and is nobody's last resort.
func (p Principal) leads() bool {
	return p.Role == Admin && p.Status == Active && slices.Contains(p.Businesses, AllBusinesses)
}

// current reports whether the principal can come in at a time: a service's token ends, a user's sign-in does not.
func (p Principal) current(now time.Time) bool {
	return p.Status == Active && (p.Kind == User || now.Before(p.ExpiresAt))
}

// mostLooked is how many of those who lead a decision reads to find one who can come in; an update has room for 100 records.
const mostLooked = 64

// keepAdmins keeps the list of those who lead. It is fault.Conflict when nobody would be left who can still come in. Who cannot come in
// any more is let go without a look at the others: nobody is lost by it.
func keepAdmins(tx ports.Tx, now time.Time, was, is Principal) error {
	if was.leads() == is.leads() {
		return nil
	}
	admins, _, err := get[[]string](tx, adminsKey())
	if err != nil {
		return err
	}
	if is.leads() {
		admins = append(admins, is.ID)
	} else {
		admins = slices.DeleteFunc(admins, func(id string) bool { return id == is.ID })
		if was.current(now) {
			if err := anyOf(tx, now, admins); err != nil {
				return err
			}
		}
	}
	tx.Put(record(adminsKey(), kindPointer, admins))
	return nil
}

// anyOf is fault.Conflict unless one of those who lead can come in now. What has expired stays in the list: it may be given a new token.
// The first of the list, who has been here for longest, and the last, whose token is the newest, are looked at in turn.
func anyOf(tx ports.Tx, now time.Time, admins []string) error {
	for i := range min(len(admins), mostLooked) {
		at := i / 2
		if i%2 == 1 {
			at = len(admins) - 1 - i/2
		}
		p, _, err := get[Principal](tx, principalKey(admins[at]))
		if err != nil {
			return err
		}
		if p.leads() && p.current(now) {
			return nil
		}
	}
	if len(admins) > mostLooked {
		return fault.New(fault.Conflict, "the tokens of many admins of all businesses have expired: revoke those first, or make somebody an admin")
	}
	return fault.New(fault.Conflict, "this is the last admin of all businesses whose access has not expired: make somebody else one before")
}

// still is fault.Rejected unless the caller may give access now: what was read at the edge may have changed since then, when two admins take
// each other's access away. A caller who has no record, as the commands of this machine, was verified otherwise.
func still(tx ports.Tx, by Caller) error {
	if by.Principal == "" {
		return nil
	}
	p, found, err := get[Principal](tx, principalKey(by.Principal))
	if err != nil || !found || p.leads() {
		return err
	}
	return fault.New(fault.Rejected, "your own access was changed meanwhile: this needs the role admin for every business")
}
