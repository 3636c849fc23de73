package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// month is the account of a tenant, or of all, for one month.
type month struct {
	Schema  int          `json:"schema"`
	Tenant  string       `json:"tenant,omitempty"`
	Month   string       `json:"month"`
	Limit   cost.Pico    `json:"limit"`
	Account cost.Account `json:"account"`
}

func monthOf(now time.Time) string { return now.UTC().Format("2006-01") }

// readMonth returns the month's account, nil when there is no record of it.
func readMonth(tx ports.Tx, months map[ports.Key]*month, key ports.Key) (*month, error) {
	if m, read := months[key]; read {
		return m, nil
	}
	record, found := tx.Get(key)
	if !found {
		months[key] = nil
		return nil, nil
	}
	m := &month{}
	if err := decode(record.Body, m); err != nil {
		return nil, fault.New(fault.Corrupt, "engine: month account %s %s: %w", key.Partition, key.Sort, err)
	}
	if err := m.Account.Check(); err != nil {
		return nil, err
	}
	months[key] = m
	return m, nil
}

func writeMonths(tx ports.Tx, months map[ports.Key]*month) error {
	keys := make([]ports.Key, 0, len(months))
	for key, m := range months {
		if m != nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b ports.Key) int { return bytes.Compare([]byte(a.Partition+a.Sort), []byte(b.Partition+b.Sort)) })
	for _, key := range keys {
		tx.Put(ports.Record{Key: key, Kind: kindMonth, Body: marshal(months[key])})
	}
	return nil
}

// drawMonth draws n for a tenant's job from the tenant's month, which draws from the global one in steps of 5 % of its
// limit. Without any record there is no limit, unless the engine requires one.
func (e *Engine) drawMonth(tx ports.Tx, months map[ports.Key]*month, tenant, name string, n cost.Pico) error {
	own, err := readMonth(tx, months, monthKey(tenant, name))
	if err != nil {
		return err
	}
	all, err := readMonth(tx, months, monthKey("", name))
	if err != nil {
		return err
	}
	switch {
	case own == nil && e.options.RequireBudget:
		return fault.New(fault.Budget, "tenant %s has no budget for %s: set one", tenant, name)
	case own == nil && all == nil:
		return nil
	case own == nil:
		return drawFrom(all, n)
	}
	if short := n - own.Account.Free(); short > 0 {
		room := own.Limit - own.Account.Granted
		step := min(max(short, own.Limit/20), room)
		if step < short {
			return fault.New(fault.Budget, "budget of tenant %s for %s has %s USD left, %s are needed: raise its limit or lower the cap", tenant, name, own.Account.Free()+room, n)
		}
		if all != nil {
			if err := drawFrom(all, step); err != nil {
				if err = drawFrom(all, short); err != nil {
					return err
				}
				step = short
			}
		}
		if own.Account, err = own.Account.Grant(step); err != nil {
			return err
		}
	}
	own.Account, err = own.Account.Draw(n)
	return err
}

func drawFrom(m *month, n cost.Pico) error {
	next, err := m.Account.Draw(n)
	if err != nil {
		return fault.New(fault.Budget, "global budget for %s has %s USD left, %s are needed: raise its limit or lower the cap", m.Month, m.Account.Free(), n)
	}
	m.Account = next
	return nil
}

// undrawMonth gives n back to the month that it was drawn from.
func undrawMonth(tx ports.Tx, months map[ports.Key]*month, tenant, name string, n cost.Pico) error {
	for _, scope := range []string{tenant, ""} {
		m, err := readMonth(tx, months, monthKey(scope, name))
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		m.Account, err = m.Account.Undraw(min(n, m.Account.Drawn))
		return err
	}
	return nil
}

// fund gets n more free money into the shard: from the job, and for a bill beyond its hold from the months too. It
// reports how much came.
func (c *change) fund(n cost.Pico, bill bool) (cost.Pico, error) {
	header, err := c.job()
	if err != nil || n <= 0 {
		return 0, err
	}
	if bill && header.Account.Free() < n {
		if err := c.drawForBill(header, n-header.Account.Free()); err != nil {
			return 0, err
		}
	}
	free := header.Account.Free()
	amount := min(n, free)
	if !bill {
		amount = min(max(n, free/cost.Pico(2*c.f.layout.Shards)), free)
	}
	if amount <= 0 {
		return 0, nil
	}
	if header.Account, err = header.Account.Draw(amount); err != nil {
		return 0, err
	}
	if err := c.started(header); err != nil {
		return 0, err
	}
	c.shard.Account, err = c.shard.Account.Grant(amount)
	return amount, err
}

// started notes that work has begun: the first money was drawn.
func (c *change) started(header *job.Job) error {
	if header.State != job.StatePending {
		return nil
	}
	header.StartedAt = c.now
	c.tell(ports.Event{Name: ports.EventJobStarted})
	c.tx.Create(newEvent(header, "started", c.now, nil))
	return header.Move(job.StateRunning)
}

// drawForBill raises the job's grant above its cap for something that has been billed already: the money is gone, the
// books must say so, and the month pays while it can.
func (c *change) drawForBill(header *job.Job, n cost.Pico) error {
	name := monthOf(c.now)
	err := c.e.drawMonth(c.tx, c.monthsRead(), header.Tenant, name, n)
	if fault.KindOf(err) == fault.Budget {
		return nil
	}
	if err != nil {
		return err
	}
	addGrant(header, name, n)
	header.Account, err = header.Account.Grant(n)
	return err
}

func (c *change) monthsRead() map[ports.Key]*month {
	if c.months == nil {
		c.months = map[ports.Key]*month{}
	}
	return c.months
}

func addGrant(j *job.Job, name string, n cost.Pico) {
	if last := len(j.Grants) - 1; last >= 0 && j.Grants[last].Month == name {
		j.Grants[last].Drawn += n
		return
	}
	j.Grants = append(j.Grants, job.Grant{Month: name, Drawn: n})
}

// giveBack returns free money of the shard to the job.
func (c *change) giveBack(n cost.Pico) error {
	n = min(n, c.shard.Account.Granted)
	if n <= 0 {
		return nil
	}
	header, err := c.job()
	if err != nil {
		return err
	}
	if c.shard.Account, err = c.shard.Account.Return(n); err != nil {
		return err
	}
	header.Account, err = header.Account.Undraw(n)
	return err
}

// returnGrants gives what an ending job has left back to its months, the latest grant first.
func (c *change) returnGrants(j *job.Job) error {
	return returnGrants(c.tx, c.monthsRead(), j)
}

func returnGrants(tx ports.Tx, months map[ports.Key]*month, j *job.Job) error {
	return returnSome(tx, months, j, min(j.Account.Free(), j.Account.Granted))
}

// returnSome gives that much of the job's free money back, the latest grant first.
func returnSome(tx ports.Tx, months map[ports.Key]*month, j *job.Job, free cost.Pico) error {
	for i := len(j.Grants) - 1; i >= 0 && free > 0; i-- {
		n := min(free, j.Grants[i].Drawn-j.Grants[i].Returned)
		if n <= 0 {
			continue
		}
		var err error
		if j.Account, err = j.Account.Return(n); err != nil {
			return err
		}
		j.Grants[i].Returned += n
		free -= n
		if err := undrawMonth(tx, months, j.Tenant, j.Grants[i].Month, n); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a record of this package and refuses what the program does not know.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
