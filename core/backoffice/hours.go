package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Hours are when a business is open: seven days, or none while nobody has said.
type Hours struct {
	Days []catalog.DayHours `json:"days"`
	Meta
}

// Hours reads them. It is fault.NotFound when there is no such business.
func (o *Office) Hours(ctx context.Context, business string) (Hours, error) {
	return Hours{}, errNotYet()
}

// PutHours replaces the hours that stand at the revision: seven distinct days in any order. Errors: NotFound, Stale,
// catalog.Problems (their paths begin at the list: /0/opens).
func (o *Office) PutHours(ctx context.Context, by Caller, business string, seen int64, days []catalog.DayHours) (Hours, error) {
	return Hours{}, errNotYet()
}
