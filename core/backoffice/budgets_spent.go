package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// mostMonths bounds the months that are kept.
const mostMonths = 4096

// monthSpent is what the jobs of a month hold and have spent, as it was a short while ago.
type monthSpent struct {
	at                      time.Time
	held, settled, presumed cost.Pico
}

// spent fills in what the month's jobs hold and have spent, or nothing with an error. It may be half a minute old: it costs a page of a
// list for each 1,000 jobs of the business, and the records of those that go on; for the global budget of each business.
func (j *Jobs) spent(ctx context.Context, b *Budget) error {
	tenants := []string{b.Business}
	if b.Business == "" {
		var err error
		if tenants, err = j.Engine.Tenants(ctx); err != nil {
			return err
		}
	}
	list := make([]monthSpent, len(tenants))
	err := j.aside(ctx, len(list), func(ctx context.Context, i int) (err error) {
		list[i], err = j.spentBy(ctx, tenants[i], b.Month)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range list {
		b.Held, b.Settled, b.Presumed = b.Held+s.held, b.Settled+s.settled, b.Presumed+s.presumed
	}
	// What was put aside half a minute ago may have been given back since then.
	b.Held = min(b.Held, max(0, b.used-b.Settled-b.Presumed))
	b.Granted = max(0, b.used-b.Settled-b.Presumed-b.Held)
	return nil
}

// spentBy is what a tenant's jobs hold and have spent of a month.
func (j *Jobs) spentBy(ctx context.Context, tenant, month string) (monthSpent, error) {
	now, key := j.now(), tenant+" "+month
	j.mu.Lock()
	s, known := j.months[key]
	j.mu.Unlock()
	if known && now.Sub(s.at) < lookLife {
		return s, nil
	}
	s.at = now
	var err error
	if s.held, s.settled, s.presumed, err = j.Engine.Spend(ctx, tenant, month); err != nil {
		return s, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.months) >= mostMonths {
		clear(j.months)
	}
	j.months[key] = s
	return s, nil
}
