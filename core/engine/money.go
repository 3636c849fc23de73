package engine

import (
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fund gets at least n more free money into the shard from the job, or nothing when the job does not have that much.
func (c *change) fund(n cost.Pico) error {
	header, err := c.job()
	if err != nil {
		return err
	}
	free := header.Account.Free()
	if n > free {
		return nil
	}
	return c.draw(header, max(n, free/cost.Pico(2*c.f.layout.Shards)))
}

// fundBill gets money for something that was billed beyond its hold: from the job, and what the job does not have from
// its month. What neither has does not come.
func (c *change) fundBill(n cost.Pico) error {
	header, err := c.job()
	if err != nil {
		return err
	}
	if missing := n - header.Account.Free(); missing > 0 {
		if err := c.drawForBill(header, missing); err != nil {
			return err
		}
	}
	return c.draw(header, min(n, header.Account.Free()))
}

// draw moves free money of the job to the shard.
func (c *change) draw(header *job.Job, n cost.Pico) (err error) {
	if n <= 0 {
		return nil
	}
	if header.Account, err = header.Account.Draw(n); err != nil {
		return err
	}
	if err := c.started(header); err != nil {
		return err
	}
	c.shard.Account, err = c.shard.Account.Grant(n)
	return err
}

// repaid is the account with its overrun covered as far as its free money goes: what was spent without a grant has one
// then, and once all of it has, the account can hold again.
func repaid(a cost.Account) cost.Account {
	a.Overrun -= min(a.Overrun, a.Free())
	return a
}

// started notes that work has begun: the first money was drawn, and not for a bill that comes after the end. A job may still read paused then, while a resume is on its
// way to the last shards; it reads running once that has been carried.
func (c *change) started(header *job.Job) error {
	if !header.StartedAt.IsZero() || header.State.Ended() {
		return nil
	}
	header.StartedAt, header.Since = c.now, c.now
	c.tell(ports.Event{Name: ports.EventJobStarted})
	c.tx.Create(ownEvent(header, "started", c.now, nil))
	if header.State == job.StatePending {
		return header.Move(job.StateRunning)
	}
	return nil
}

// drawForBill raises the job's grant above its cap for something that has been billed already: the money is gone, the
// books must say so, and the month pays what it can. Somebody has to look at it all the same.
func (c *change) drawForBill(header *job.Job, n cost.Pico) error {
	name := monthOf(c.now)
	p, err := readPurse(c.tx, c.monthsRead(), header.Tenant, name)
	if err != nil {
		return err
	}
	if c.e.options.RequireBudget && p.own.Limit == 0 {
		return nil
	}
	if n = min(n, p.left()); n <= 0 {
		return nil
	}
	if err := p.draw(n); err != nil {
		return err
	}
	c.tell(ports.Event{Name: ports.EventOverrun, Amount: n, Detail: "a call cost more than was held and free: its month paid, beyond the job's cap"})
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

// giveBack returns the free money of the shard to the job.
func (c *change) giveBack() error {
	n := c.shard.Account.Free()
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
	return returnSome(tx, months, j, j.Account.Free())
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
		p, err := readPurse(tx, months, j.Tenant, j.Grants[i].Month)
		if err != nil {
			return err
		}
		if err := p.undraw(n); err != nil {
			return err
		}
	}
	return nil
}
