package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// SetLimit sets what a tenant (empty: all tenants together) may be granted in a month such as "2026-11", in UTC. What a tenant
// was granted above it and has not used goes back to the month of all. The context's Origin is heeded; its Along is given no
// job, and run even if the limit stays as it is. It is fault.Invalid when the limit or the month is none, and fault.Conflict
// when more is drawn or spent already.
func (e *Engine) SetLimit(ctx context.Context, tenant, name string, limit cost.Pico) error {
	_, err := e.SetLimits(ctx, tenant, []string{name}, limit)
	return err
}

// SetLimits is SetLimit for at least one month and at most 12, of all or of none; it gives the account of the first.
func (e *Engine) SetLimits(ctx context.Context, tenant string, names []string, limit cost.Pico) (first cost.Account, err error) {
	if err := checkLimit(tenant, names, limit); err != nil {
		return first, err
	}
	origin := originOf(ctx)
	if err := origin.check(); err != nil {
		return first, err
	}
	keys := make([]ports.Key, len(names))
	for i, name := range names {
		keys[i] = monthKey(tenant, name)
	}
	var own witness
	err = e.Store.Update(ctx, keys, func(tx ports.Tx) error {
		if own.done(tx) {
			return nil
		}
		tx = own.watch(tx)
		months := map[ports.Key]*month{}
		for _, name := range names {
			if err := limitMonth(tx, months, tenant, name, limit); err != nil {
				return err
			}
		}
		first = months[keys[0]].Account
		writeMonths(tx, months)
		return origin.along(tx, nil)
	})
	return first, err
}

func checkLimit(tenant string, names []string, limit cost.Pico) error {
	if len(names) < 1 || len(names) > 12 {
		return fault.New(fault.Invalid, "budget: give 1 to 12 months")
	}
	for _, name := range names {
		if _, err := time.Parse("2006-01", name); err != nil || limit <= 0 {
			return fault.New(fault.Invalid, "budget: %.80q needs a month like 2026-11 and a limit above zero", name)
		}
	}
	if tenant != "" && !validID(tenant) {
		return fault.New(fault.Invalid, "budget: tenant %.80q must be 1 to 64 letters, digits, - and _", tenant)
	}
	return nil
}

// limitMonth sets the limit of a month that has not used more.
func limitMonth(tx ports.Tx, months map[ports.Key]*month, tenant, name string, limit cost.Pico) error {
	m, err := readMonth(tx, months, tenant, name)
	if err != nil {
		return err
	}
	if tenant != "" && m.Account.Granted > limit {
		// What its ended jobs gave back a tenant's month keeps for the next ones: that is not used.
		p, err := readPurse(tx, months, tenant, name)
		if err == nil {
			err = p.giveUp(min(m.Account.Granted-limit, m.Account.Free()))
		}
		if err != nil {
			return err
		}
	}
	used := m.Account.Granted
	if tenant == "" {
		used = m.Account.Drawn
	}
	if used > limit {
		return fault.New(fault.Conflict, "budget for %s: %s USD are used already, the limit cannot be lower", name, used)
	}
	m.Limit, m.changed = limit, true
	if tenant == "" {
		m.Account.Granted = limit
	}
	return nil
}

// Limit reads what a tenant (empty: all tenants together) may be granted in a month such as "2026-11". It is
// fault.NotFound when nothing is written of that month; 0 means that no limit was set.
func (e *Engine) Limit(ctx context.Context, tenant, name string) (cost.Pico, error) {
	limit, _, err := e.Month(ctx, tenant, name)
	return limit, err
}

// Month reads the limit as Limit does, and the account that it bounds. What is drawn from the account of a tenant its jobs have
// spent, or may spend while they run; what is drawn from the account of all is granted to tenants.
func (e *Engine) Month(ctx context.Context, tenant, name string) (limit cost.Pico, account cost.Account, err error) {
	record, err := e.Store.Get(ctx, monthKey(tenant, name))
	if err != nil {
		return 0, account, err
	}
	var m month
	if err := decode(record.Body, &m); err != nil {
		return 0, account, fault.New(fault.Corrupt, "engine: month account %s %s: %w", record.Key.Partition, record.Key.Sort, err)
	}
	return m.Limit, m.Account, nil
}
