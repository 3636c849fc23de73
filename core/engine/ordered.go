package engine

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Ordered finds the job that a submission with this key and fingerprint has made, nil when there is none yet. It spares a
// repeated order everything that could have become wrong with it since. Errors: Conflict (the key stands for another
// submission), and the store's.
func (e *Engine) Ordered(ctx context.Context, tenant, key string, print idempotency.Fingerprint) (*job.Job, error) {
	record, err := e.Store.Get(ctx, onceKey(tenant, hashed(key)))
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	once, err := readOnce(record.Body)
	if err != nil {
		return nil, err
	}
	switch idempotency.Decide(&once, e.Clock.Now(), print) {
	case idempotency.Repeat:
		return e.Job(ctx, job.ID(once.Job))
	case idempotency.Conflict:
		return nil, fault.New(fault.Conflict, "the key stands for another order: use a new key")
	}
	return nil, nil
}
