package backoffice

import "context"

// DeleteBusiness hides a business that stands at the revision and has RemoveDeleted remove its catalog; jobs, ledger and audit
// stay. Live reports whether a job of it has not ended: it is asked once no new one can begin. Errors: NotFound, Stale, Conflict
// (a job is live).
func (o *Office) DeleteBusiness(ctx context.Context, by Caller, id string, seen int64, live func(ctx context.Context) (bool, error)) error {
	return errNotYet()
}

// RemoveDeleted removes the catalogs of all businesses that are being deleted and have no live job, and reports how many
// businesses it has finished. It is safe to call at any time, by any number of processes, and goes on where an earlier call
// was stopped.
func (o *Office) RemoveDeleted(ctx context.Context, live func(ctx context.Context, business string) (bool, error)) (int, error) {
	return 0, errNotYet()
}
