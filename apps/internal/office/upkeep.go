package office

import (
	"context"
	"errors"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// Upkeep is what an office does between requests: it makes the deliveries to webhooks that are due, and removes what deleted
// businesses have left. It is safe for concurrent use, and any number may share a store.
type Upkeep struct {
	Office *backoffice.Office
	Jobs   *backoffice.Jobs
}

// Done counts what a round has come to.
type Done struct {
	// Delivered is how many deliveries were tried, Removed how many businesses are gone for good.
	Delivered, Removed int
}

// Round does what is due. One part that fails does not keep the other from its work; the errors are joined.
func (u *Upkeep) Round(ctx context.Context) (done Done, err error) {
	var failed error
	done.Delivered, err = u.Office.DeliverDue(ctx)
	done.Removed, failed = u.Office.RemoveDeleted(ctx, u.Jobs.Live)
	return done, errors.Join(err, failed)
}
