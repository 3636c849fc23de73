package engine

import (
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// pay moves the hold to where it belongs and writes the ledger entry.
func (c *change) pay(a job.Attempt, r *result, entry *cost.Entry) (err error) {
	t := &c.parcel.Tasks[a.Task]
	account := &c.shard.Account
	switch {
	case r.free():
		entry.Kind, entry.Amount = cost.EntryVoid, a.Hold
		if r.stored != nil {
			c.identify(entry, r.stored)
		}
		*account, err = account.Void(a.Hold)
		*account = repaid(*account)
		return err
	case r.fate == fateAnswered:
		if actual, ok := c.price(a, r.stored); ok {
			return c.spend(a, r.stored, actual, entry)
		}
		c.identify(entry, r.stored)
	}
	entry.Kind, entry.Amount = cost.EntryPresume, a.Hold
	t.Billed++
	t.Cost += a.Hold
	c.parcel.Presumed = append(c.parcel.Presumed, a)
	*account, err = account.Presume(a.Hold)
	return err
}

// priced is what the answer cost by the terms of its hold; false when its usage cannot be trusted or priced.
func (e *Engine) priced(terms cost.Terms, stored *job.Stored) (cost.Pico, bool) {
	if stored.Unbilled {
		return 0, true
	}
	for _, table := range e.options.Prices {
		if stored.UsageOK && table.Version() == terms.PriceVersion {
			actual, err := table.Cost(terms.Model, terms.Lane, stored.Usage)
			return actual, err == nil
		}
	}
	return 0, false
}

// price is priced, with an alert when there is no price.
func (c *change) price(a job.Attempt, stored *job.Stored) (cost.Pico, bool) {
	if actual, ok := c.e.priced(a.Terms, stored); ok {
		return actual, true
	}
	c.tell(ports.Event{Name: ports.EventUsageAbsurd, Ordinal: stored.Ordinal, Attempt: stored.Attempt, Amount: a.Hold, Detail: "usage is missing or makes no sense: the hold is presumed spent"})
	return 0, false
}

// spend settles an answered attempt. What it cost beyond its hold comes from the free money of shard, job and month;
// what none has is overrun, which closes the job.
func (c *change) spend(a job.Attempt, stored *job.Stored, actual cost.Pico, entry *cost.Entry) error {
	entry.Kind, entry.Amount, entry.Usage = cost.EntrySettle, actual, stored.Usage
	c.identify(entry, stored)
	t := &c.parcel.Tasks[a.Task]
	t.Billed++
	t.Cost += actual
	return c.cover(entry, actual-a.Hold, func() (err error) {
		c.shard.Account, err = c.shard.Account.Settle(a.Hold, actual)
		return err
	})
}

// cover books the entry, which may exceed what was put aside for it by excess. What comes free then pays for an older
// overrun first.
func (c *change) cover(entry *cost.Entry, excess cost.Pico, book func() error) error {
	told := len(c.events)
	defer func() { nameOverruns(c.events[told:], entry) }()
	if missing := excess - c.shard.Account.Free(); missing > 0 {
		if err := c.fundBill(missing); err != nil {
			return err
		}
	}
	was := c.shard.Account.Overrun
	if err := book(); err != nil {
		return err
	}
	if over := c.shard.Account.Overrun - was; over > 0 {
		c.tell(ports.Event{Name: ports.EventOverrun, Amount: over, Detail: "a call cost more than was held and free"})
		return c.pause(job.PauseBudget, "a call cost more than was held for it and no money was free: check the price table and the provider's bill")
	}
	c.shard.Account = repaid(c.shard.Account)
	return nil
}

// nameOverruns says of overruns whose they are.
func nameOverruns(events []ports.Event, entry *cost.Entry) {
	for i := range events {
		if event := &events[i]; event.Name == ports.EventOverrun {
			event.Ordinal, event.Attempt, event.ProviderRequest = entry.Ordinal, entry.Attempt, entry.RequestID
		}
	}
}

func (c *change) identify(entry *cost.Entry, stored *job.Stored) {
	entry.MessageID, entry.RequestID, entry.Content = stored.MessageID, stored.RequestID, stored.Content()
}
