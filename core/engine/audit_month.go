package engine

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// auditMonths compares the months that gave to the job with what they gave to all: a tenant's month with the grants of
// the tenant's jobs and with what it has settled for lost ones, the month of all with the tenants' months. A month that changes while its children are read is left
// out: a grant is always written together with its month, so that one that holds still has its true sum.
func (e *Engine) auditMonths(ctx context.Context, j *job.Job, r *Report) error {
	for _, grant := range j.Grants {
		err := e.auditMonth(ctx, j.Tenant, grant.Month, r, func() (cost.Pico, error) { return e.grantedJobs(ctx, j.Tenant, grant.Month) })
		if err != nil {
			return err
		}
		err = e.auditMonth(ctx, "", grant.Month, r, func() (cost.Pico, error) { return e.grantedTenants(ctx, grant.Month) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) auditMonth(ctx context.Context, tenant, name string, r *Report, children func() (cost.Pico, error)) error {
	key := monthKey(tenant, name)
	before, err := e.Store.Get(ctx, key)
	if absent(err) {
		r.add(ProblemRecord, -1, 0, "account %s of %s is missing", key.Partition, name)
		return nil
	}
	if err != nil {
		return err
	}
	m := &month{}
	if err := decode(before.Body, m); err != nil {
		r.add(ProblemRecord, -1, 0, "account %s of %s: %s", key.Partition, name, fault.OneLine(err, 200))
		return nil
	}
	if err := m.Account.Check(); err != nil {
		r.add(ProblemAccount, -1, 0, "account %s of %s: %s", key.Partition, name, fault.OneLine(err, 200))
	}
	settled, err := e.lostIn(ctx, tenant, name)
	if broken(err) {
		r.add(ProblemRecord, -1, 0, "%s", fault.OneLine(err, 200))
		return nil
	}
	if err != nil {
		return err
	}
	sum, err := children()
	if broken(err) {
		// Whatever is wrong with another job is for that job's own verification.
		return nil
	}
	if err != nil {
		return err
	}
	if after, err := e.Store.Get(ctx, key); err != nil || after.Version != before.Version {
		return err
	}
	if sum != m.Account.Drawn {
		r.add(ProblemAccount, -1, 0, "account %s of %s has %s USD drawn, it gave %s", key.Partition, name, m.Account.Drawn, sum)
	}
	if m.Account.Settled != settled || m.Account.Held != 0 || m.Account.Presumed != 0 {
		r.add(ProblemAccount, -1, 0, "account %s of %s: %s; for lost jobs %s USD were settled", key.Partition, name, m.Account, settled)
	}
	return nil
}

// lostIn sums what a tenant's month has settled for jobs that the store does not have. The month of all settles nothing.
func (e *Engine) lostIn(ctx context.Context, tenant, name string) (sum cost.Pico, err error) {
	if tenant == "" {
		return 0, nil
	}
	err = e.each(ctx, ports.Prefix(tenantPart(tenant), "lost/"), func(record ports.Record) error {
		var l lost
		if err := decode(record.Body, &l); err != nil {
			return fault.New(fault.Corrupt, "engine: record %s of tenant %s: %w", record.Key.Sort, tenant, err)
		}
		if l.Month == name {
			sum += l.Amount
		}
		return nil
	})
	return sum, err
}

// grantedJobs sums what the tenant's jobs hold of a month.
func (e *Engine) grantedJobs(ctx context.Context, tenant, name string) (sum cost.Pico, err error) {
	err = e.each(ctx, ports.Prefix(tenantPart(tenant), "job/"), func(record ports.Record) error {
		j, err := e.Job(ctx, job.ID(record.Key.Sort[len("job/"):]))
		if err != nil {
			return err
		}
		for _, grant := range j.Grants {
			if grant.Month == name {
				sum += grant.Drawn - grant.Returned
			}
		}
		return nil
	})
	return sum, err
}

// grantedTenants sums what the tenants' months were granted of the month of all.
func (e *Engine) grantedTenants(ctx context.Context, name string) (sum cost.Pico, err error) {
	err = e.each(ctx, ports.Range{Partition: partTenants}, func(record ports.Record) error {
		own, err := e.Store.Get(ctx, monthKey(record.Key.Sort, name))
		if absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		m := &month{}
		if err := decode(own.Body, m); err != nil {
			return fault.New(fault.Corrupt, "engine: month account %s of %s: %w", record.Key.Sort, name, err)
		}
		sum += m.Account.Granted
		return nil
	})
	return sum, err
}
