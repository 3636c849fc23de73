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
// Reconciled is called, what the bill has and the ledgers have not is not held against anybody, but for the lines of
// batches that the store knows of.
func (b *Books) Restored(known func(batch string) bool) *Books {
	next := New(b.store, b.now, b.Rules)
	next.broken, next.Drift, next.strange, next.restored, next.Probes = b.broken, b.Drift, true, true, b.Probes
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
	next.readSwitch()
	next.opening = true
	for _, id := range ids {
		next.open(id)
	}
	next.opening = false
	for _, j := range next.order {
		j.batchesGoOn()
	}
	for _, record := range next.store.All("provider", "") {
		next.paceRecord(record.Key)
	}
	for _, line := range next.Lines() {
		j := next.jobs[line.Job]
		if j != nil {
			j.billed += line.Amount
		}
		switch {
		case line.paid:
		case line.Batch != "" && known(line.Batch) && j != nil:
			next.billed[Ref{line.Job, line.Ordinal, line.Number}] = line
			j.money[line.Ordinal].owed += line.Amount
		default:
			line.lost = true
			next.lost[line.Job] += line.Amount
		}
	}
	return next
}

// batchesGoOn notes what was sent before the store was set back.
func (j *jobBook) batchesGoOn() {
	for n := range j.shards {
		for _, p := range j.shards[n].parcels {
			for _, a := range p.Open {
				if a.Terms.Lane == cost.Batch {
					j.sent[attempt{p.First + a.Task, a.Number}] = &sent{old: true}
				}
			}
		}
	}
}

// Reconciled ends the time after a restore: every line of the bill is now in a ledger, or in the month of its tenant where
// its job is lost; but for those that come later, because their task was in a batch.
func (b *Books) Reconciled(later map[string]bool) {
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
			line.lost = false
		case !line.lost || later[line.Message]:
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
