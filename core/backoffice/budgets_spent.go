package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// monthSpent is what the jobs of a month hold and have spent, as it was a short while ago.
type monthSpent struct {
	at                      time.Time
	held, settled, presumed cost.Pico
}

// spent fills in what the month's jobs hold and have spent. It may be half a minute old: it costs a record for each job of the
// business, for the global budget of each business.
func (j *Jobs) spent(ctx context.Context, b *Budget) error {
	tenants := []string{b.Business}
	if b.Business == "" {
		var err error
		if tenants, err = j.Engine.Tenants(ctx); err != nil {
			return err
		}
	}
	for _, tenant := range tenants {
		s, err := j.spentBy(ctx, tenant, b.Month)
		if err != nil {
			return err
		}
		b.Held, b.Settled, b.Presumed = b.Held+s.held, b.Settled+s.settled, b.Presumed+s.presumed
	}
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
	if len(j.months) >= mostLooks {
		clear(j.months)
	}
	j.months[key] = s
	return s, nil
}
