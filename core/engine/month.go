package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// month is the account of a tenant, or of all tenants, for one month. Its record is written by the first job that draws
// from it, limit or not: a limit that is set in the middle of a month counts what was drawn before. A tenant's month has
// settled what was billed for jobs that the store has lost; everything else is settled by shards.
type month struct {
	Schema int    `json:"schema"`
	Tenant string `json:"tenant,omitempty"`
	Month  string `json:"month"`
	// Limit is what may be granted in the month; 0 means that none was set.
	Limit   cost.Pico    `json:"limit"`
	Account cost.Account `json:"account"`

	changed bool
}

func monthOf(now time.Time) string { return now.UTC().Format("2006-01") }

// readMonth returns the month's account, an empty one when there is no record of it.
func readMonth(tx ports.Tx, months map[ports.Key]*month, tenant, name string) (*month, error) {
	key := monthKey(tenant, name)
	if m, read := months[key]; read {
		return m, nil
	}
	m := &month{Schema: job.Schema, Tenant: tenant, Month: name}
	if record, found := tx.Get(key); found {
		if err := decode(record.Body, m); err != nil {
			return nil, fault.New(fault.Corrupt, "engine: month account %s %s: %w", key.Partition, key.Sort, err)
		}
		if err := m.Account.Check(); err != nil {
			return nil, err
		}
	}
	months[key] = m
	return m, nil
}

// writeMonths writes the accounts that were changed.
func writeMonths(tx ports.Tx, months map[ports.Key]*month) {
	keys := make([]ports.Key, 0, len(months))
	for key, m := range months {
		if m.changed {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b ports.Key) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Sort, b.Sort))
	})
	for _, key := range keys {
		tx.Put(ports.Record{Key: key, Kind: kindMonth, Body: marshal(months[key])})
	}
}

// purse is where a job's money comes from: its tenant's month, which draws from the month of all tenants.
type purse struct{ own, all *month }

func readPurse(tx ports.Tx, months map[ports.Key]*month, tenant, name string) (p purse, err error) {
	if p.own, err = readMonth(tx, months, tenant, name); err != nil {
		return purse{}, err
	}
	p.all, err = readMonth(tx, months, "", name)
	return p, err
}

// drawMonth draws n for a tenant's job from the tenant's month. Without a limit there is none, unless the engine requires
// one.
func (e *Engine) drawMonth(tx ports.Tx, months map[ports.Key]*month, tenant, name string, n cost.Pico) error {
	p, err := readPurse(tx, months, tenant, name)
	if err != nil {
		return err
	}
	if p.own.Limit == 0 && e.options.RequireBudget {
		return fault.New(fault.Budget, "tenant %s has no budget for %s: set one", tenant, name)
	}
	return p.draw(n)
}

// draw takes n for a job. A tenant's month with a limit draws from the month of all in steps of 5 % of it, so that not
// every job writes the record that all tenants share. What the month has overrun is paid before anything else.
func (p purse) draw(n cost.Pico) (err error) {
	if short := n - p.own.Account.Free() + p.own.Account.Overrun; short > 0 {
		if short > p.own.room() {
			return fault.New(fault.Budget, "budget of tenant %s for %s has %s USD left, %s are needed: raise its limit or lower the cap",
				p.own.Tenant, p.own.Month, max(0, p.own.Account.Free()+p.own.room()-p.own.Account.Overrun), n)
		}
		step := min(max(short, p.own.Limit/20), p.own.room())
		if step > p.all.left() {
			step = short
		}
		if step > p.all.left() {
			return fault.New(fault.Budget, "global budget for %s has %s USD left, %s are needed: raise its limit or lower the cap",
				p.own.Month, p.all.left(), short)
		}
		if err := p.all.lend(step); err != nil {
			return err
		}
		if p.own.Account, err = p.own.Account.Grant(step); err != nil {
			return err
		}
		p.own.Account = repaid(p.own.Account)
	}
	p.own.changed = true
	p.own.Account, err = p.own.Account.Draw(n)
	return err
}

// pay books n that was billed and belongs to no job: from what the tenant's month has free, then from the month of all.
// What neither has becomes overrun of the tenant's month.
func (p purse) pay(n cost.Pico, required bool) (over cost.Pico, err error) {
	more := min(n-p.own.Account.Free(), p.own.room(), p.all.left())
	if more > 0 && (p.own.Limit > 0 || !required) {
		if err := p.all.lend(more); err != nil {
			return 0, err
		}
		if p.own.Account, err = p.own.Account.Grant(more); err != nil {
			return 0, err
		}
	}
	was := p.own.Account.Overrun
	p.own.changed = true
	p.own.Account, err = p.own.Account.Settle(0, n)
	return p.own.Account.Overrun - was, err
}

// lend draws n from the month of all. One without a limit is granted what it needs.
func (m *month) lend(n cost.Pico) (err error) {
	m.changed = true
	if m.Limit == 0 {
		if m.Account, err = m.Account.Grant(n); err != nil {
			return err
		}
	}
	m.Account, err = m.Account.Draw(n)
	return err
}

// room is how much more a tenant's month may be granted, left how much more may be drawn from the month of all.
func (m *month) room() cost.Pico {
	if m.Limit == 0 {
		return mostPico - m.Account.Granted
	}
	return m.Limit - m.Account.Granted
}

func (m *month) left() cost.Pico {
	if m.Limit == 0 {
		return mostPico - m.Account.Granted
	}
	return m.Account.Free()
}

// left is how much a job could draw.
func (p purse) left() cost.Pico {
	free := p.own.Account.Free()
	return max(0, free+min(p.own.room(), p.all.left(), mostPico-free)-p.own.Account.Overrun)
}

// undraw gives n back to the month that it was drawn from. A tenant's month with a limit keeps it for its next job; one
// without keeps nothing but what it has overrun.
func (p purse) undraw(n cost.Pico) (err error) {
	n = min(n, p.own.Account.Drawn)
	p.own.changed = true
	if p.own.Account, err = p.own.Account.Undraw(n); err != nil {
		return err
	}
	if p.own.Account = repaid(p.own.Account); p.own.Limit > 0 {
		return nil
	}
	return p.giveUp(min(n, p.own.Account.Free()))
}

// giveUp returns n that the tenant's month has free to the month of all.
func (p purse) giveUp(n cost.Pico) (err error) {
	if p.own.Account, err = p.own.Account.Return(n); err != nil {
		return err
	}
	p.own.changed, p.all.changed = true, true
	if p.all.Account, err = p.all.Account.Undraw(min(n, p.all.Account.Drawn)); err != nil || p.all.Limit > 0 {
		return err
	}
	p.all.Account, err = p.all.Account.Return(n)
	return err
}

// mostPico is the largest amount.
const mostPico = cost.Pico(math.MaxInt64)
