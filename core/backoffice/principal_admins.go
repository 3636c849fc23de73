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

// keepAdmins keeps the list of those who lead. It is fault.Conflict when nobody would be left who can still come in.
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
		left, err := anyOf(tx, now, admins)
		if err != nil {
			return err
		}
		if !left {
			return fault.New(fault.Conflict, "this is the last admin of all businesses whose access has not expired: make somebody else one before")
		}
	}
	tx.Put(record(adminsKey(), kindPointer, admins))
	return nil
}

// anyOf reports whether one of those who lead can come in now. What has expired stays in the list: it may be given a new token.
func anyOf(tx ports.Tx, now time.Time, admins []string) (bool, error) {
	for _, id := range admins {
		p, _, err := get[Principal](tx, principalKey(id))
		if err != nil {
			return false, err
		}
		if p.leads() && p.current(now) {
			return true, nil
		}
	}
	return false, nil
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
