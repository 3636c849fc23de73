package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Hours are when a business is open: seven days, or none while nobody has said.
type Hours struct {
	Days []catalog.DayHours `json:"days"`
	Meta
}

// Hours reads them. It is fault.NotFound when there is no such business.
func (o *Office) Hours(ctx context.Context, business string) (h Hours, err error) {
	err = o.view(ctx, folderKeys(business, docHours), func(tx ports.Tx) error {
		f, err := readFolder(tx, business, docHours)
		h = f.hours
		return err
	})
	return h, err
}

// PutHours replaces the hours that stand at the revision: seven distinct days in any order. Errors: NotFound, Stale,
// catalog.Problems (their paths begin at the list: /0/opens).
func (o *Office) PutHours(ctx context.Context, by Caller, business string, seen int64, days []catalog.DayHours) (h Hours, err error) {
	clean, problems := catalog.Catalog{Hours: days}.Normalise()
	told := relative(problems, "/hours")
	if len(days) == 0 {
		told = catalog.Problems{{Code: catalog.CodeRequired, Message: "list all seven days, closed ones with is_closed: true"}}
	}
	if err := told.Err(); err != nil {
		return Hours{}, err
	}
	err = o.put(ctx, by, "hours.update", business, docHours, func(f *folder, n *note) (any, error) {
		was := f.hours
		if err := was.match(seen); err != nil {
			return nil, err
		}
		f.hours = Hours{clean.Hours, was.next(o.now())}
		n.changed(named("hours", was.Days), named("hours", clean.Hours))
		h = f.hours
		return h, nil
	})
	if err != nil {
		return Hours{}, err
	}
	return h, nil
}
