package books

import (
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Tenant is who pays for a job.
func (b *Books) Tenant(id job.ID) string {
	if j := b.jobs[id]; j != nil {
		return j.header.Tenant
	}
	return ""
}

// Restored returns the books of the store as it stands after it was set back, with the provider's bill as it is. Until
// Reconciled is called, what the bill has and the ledgers have not is not held against anybody.
func (b *Books) Restored() *Books {
	next := New(b.store, b.now, b.Rules)
	next.broken, next.Drift, next.strange, next.lost = b.broken, b.Drift, true, map[job.ID]cost.Pico{}
	for message, line := range b.bill {
		again := *line
		again.paid = false
		next.bill[message] = &again
	}
	var ids []job.ID
	for _, name := range b.store.Partitions() {
		id, is := strings.CutPrefix(name, "job/")
		if is && !strings.Contains(id, "/") {
			ids = append(ids, job.ID(id))
		}
		if tenant, is := strings.CutPrefix(name, "tenant/"); is || name == "global" {
			tenant = strings.TrimPrefix(tenant, "global")
			for _, record := range b.store.All(name, "month/") {
				next.readMonth(tenant, record.Key)
			}
		}
	}
	slices.Sort(ids)
	next.opening = true
	for _, id := range ids {
		next.open(id)
	}
	next.opening = false
	for _, line := range next.Lines() {
		j := next.jobs[line.Job]
		if j != nil {
			j.billed += line.Amount
		}
		if !line.paid {
			next.lost[line.Job] += line.Amount
		}
	}
	return next
}

// Reconciled ends the time after a restore: every line of the bill is now in a ledger, or in the month of its tenant where
// its job is lost.
func (b *Books) Reconciled() {
	b.strange = false
	lost := map[string]bool{}
	for _, name := range b.store.Partitions() {
		if strings.HasPrefix(name, "tenant/") {
			for _, record := range b.store.All(name, "lost/") {
				lost[string(record.Body)] = true
			}
		}
	}
	paid := map[string]cost.Pico{}
	for name, m := range b.months {
		if name.tenant != "" {
			paid[name.tenant] += m.Account.Settled
		}
	}
	for _, line := range b.Lines() {
		if b.jobs[line.Job] == nil {
			paid[line.Tenant] -= line.Amount
		}
	}
	for _, line := range b.Lines() {
		j := b.jobs[line.Job]
		switch {
		case line.Amount == 0:
		case j != nil && !line.paid:
			b.Fail("job %s: %s was billed before the restore and is in no ledger after it was reconciled", line.Job, line.Message)
		case j == nil && !named(lost, line.Message):
			b.Fail("%s was billed for a job that the restore has lost, and is in no month", line.Message)
		}
	}
	for tenant, difference := range paid {
		if difference != 0 {
			b.Fail("the months of %s have paid %s more than was billed for its lost jobs", tenant, difference)
		}
	}
	for _, j := range b.order {
		for ordinal := range j.money {
			j.money[ordinal].owed = 0
		}
	}
}

// named reports whether one of the records speaks of the message.
func named(records map[string]bool, message string) bool {
	for body := range records {
		if strings.Contains(body, message) {
			return true
		}
	}
	return false
}
