package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// shard compares a shard's counters, account and attempts with its parcels and its ledger.
func (c *checks) shard(b *books, n int) {
	s, ch := &b.shards[n], b.chains[n]
	who := fmt.Sprintf("job %s shard %d", b.id, n)
	var counts job.Counts
	var waiting [job.Reasons]int
	untouched := 0
	open, presumed := map[attempt]cost.Pico{}, map[attempt]cost.Pico{}
	for slot := range b.job.Layout.ParcelsOf(n) {
		number := b.job.Layout.Parcel(n, slot)
		p, written := b.parcels[number]
		if !written {
			untouched += b.job.Layout.TasksOf(number)
			continue
		}
		if s.HasEnded(slot) != p.Ended() {
			c.fail("%s: parcel %d is marked as ended: %t", who, number, s.HasEnded(slot))
		}
		c.parcel(who, &p, s)
		for _, t := range p.Tasks {
			counts[t.State]++
			if t.State == job.TaskWaiting {
				waiting[t.Reason]++
			}
		}
		for _, a := range p.Open {
			open[attempt{p.First + a.Task, a.Number}] = a.Hold
		}
		for _, a := range p.Presumed {
			presumed[attempt{p.First + a.Task, a.Number}] = a.Hold
		}
	}
	c.costs(who, b, n)
	if s.Dropped {
		counts[job.TaskCancelled] += untouched
	} else {
		counts[job.TaskQueued] += untouched
	}
	if counts != s.Counts || waiting != s.Waiting || untouched != s.Untouched {
		c.fail("%s: counts %v %v %d, tasks are %v %v %d", who, s.Counts, s.Waiting, s.Untouched, counts, waiting, untouched)
	}
	if err := s.Account.Check(); err != nil {
		c.fail("%s: %v", who, err)
	}
	if s.Account.Held != ch.held || s.Account.Settled != ch.settled || s.Account.Presumed != ch.presumed || s.Account.Drawn != 0 {
		c.fail("%s: account %s, ledger held %s settled %s presumed %s", who, s.Account, ch.held, ch.settled, ch.presumed)
	}
	for key, f := range ch.attempts {
		if hold, is := open[key]; (f.resolved == "") != is || is && hold != f.hold {
			c.fail("%s: task %d attempt %d is open in its parcel: %t, in the ledger: %s", who, key.ordinal, key.number, is, f.resolved)
		}
		if _, is := presumed[key]; (f.resolved == "presume" && !f.adjusted) != is {
			c.fail("%s: task %d attempt %d is presumed in its parcel: %t, in the ledger: %s", who, key.ordinal, key.number, is, f.resolved)
		}
		delete(open, key)
		delete(presumed, key)
	}
	if len(open)+len(presumed) > 0 {
		c.fail("%s: attempts without a hold: %v %v", who, open, presumed)
	}
}

// costs compares what each task has cost, and how often it was billed, with the ledger.
func (c *checks) costs(who string, b *books, n int) {
	costs, billed := map[int]cost.Pico{}, map[int]int{}
	for key, f := range b.chains[n].attempts {
		if costs[key.ordinal] += f.paid; f.paid > 0 {
			billed[key.ordinal]++
		}
	}
	for ordinal, amounts := range b.chains[n].added {
		billed[ordinal] += len(amounts)
		for _, amount := range amounts {
			costs[ordinal] += amount
		}
		if _, written := b.parcels[b.job.Layout.ParcelOf(ordinal)]; !written {
			c.fail("%s: task %d was billed, and its parcel is not written", who, ordinal)
		}
	}
	for slot := range b.job.Layout.ParcelsOf(n) {
		p := b.parcels[b.job.Layout.Parcel(n, slot)]
		for i, t := range p.Tasks {
			if o := p.First + i; t.Cost != costs[o] || t.Billed != billed[o] {
				c.fail("%s: task %d counts %d for %s, the ledger %d for %s", who, o, t.Billed, t.Cost, billed[o], costs[o])
			}
		}
	}
}

// parcel checks that a task runs exactly while one attempt at it is open, and that open attempts have a lease.
func (c *checks) parcel(who string, p *job.Parcel, s *job.Shard) {
	running := map[int]int{}
	for _, a := range p.Open {
		running[a.Task]++
	}
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if want := t.State == job.TaskRunning; running[i] > 1 || want != (running[i] == 1) {
			c.fail("%s: task %d is %s with %d open attempts", who, p.First+i, t.State, running[i])
		}
		if t.State == job.TaskCompleted && t.Accepted == 0 || (t.State == job.TaskFailed) != (t.Code != "") {
			c.fail("%s: task %d is %s, accepted %d, code %q", who, p.First+i, t.State, t.Accepted, t.Code)
		}
	}
	if len(p.Open) > 0 && p.LeaseEnd.IsZero() {
		c.fail("%s: parcel %d has open attempts and no lease", who, p.Number)
	}
	if s.Done && !p.Ended() {
		c.fail("%s: is done, parcel %d is not", who, p.Number)
	}
}

// header compares the job with its shards: it has ended exactly when they have, with one seal and one notice per round.
func (c *checks) header(b *books) {
	j := b.job
	var counts job.Counts
	for n, end := range j.Ends {
		s := &b.shards[n]
		counts = counts.Plus(s.Counts)
		if (end != nil) != (s.Counts.Open() == 0) || s.Done != (end != nil) {
			c.fail("job %s: shard %d has ended in the job: %t, open %d, done %t", b.id, n, end != nil, s.Counts.Open(), s.Done)
		}
		if end != nil && (end.Counts != s.Counts || end.Account != s.Account || end.Head != s.Head) {
			c.fail("job %s: shard %d has gone on after its end", b.id, n)
		}
	}
	for n := range b.shards {
		if j.State == job.StatePaused && b.shards[n].Gate == job.GateOpen {
			c.fail("job %s: reads paused while shard %d is open", b.id, n)
		}
	}
	if counts.Total() != j.Layout.Tasks {
		c.fail("job %s: %d tasks of %d are counted", b.id, counts.Total(), j.Layout.Tasks)
	}
	if j.State.Ended() != (counts.Open() == 0 && j.Walk == nil) {
		c.fail("job %s: is %s with %d open tasks", b.id, j.State, counts.Open())
	}
	if j.State.Ended() && j.Account.Free() != 0 && j.Account.Overrun == 0 {
		c.fail("job %s: has ended and keeps %s", b.id, j.Account.Free())
	}
	rounds := j.Round - 1
	if j.State.Ended() {
		rounds++
	}
	if seals := len(c.list("job/"+string(b.id), "seal/", "")); seals != rounds {
		c.fail("job %s: %d seals of %d rounds", b.id, seals, rounds)
	}
	if active := c.get("active", string(b.id)) != nil; active == j.State.Ended() {
		c.fail("job %s: is %s and listed as active: %t", b.id, j.State, active)
	}
}

// bill holds the ledger against the provider's own bill, task by task: what was not settled is covered by what is
// presumed or held.
func (c *checks) bill(b *books) {
	if c.loose {
		return
	}
	owed := map[int]cost.Pico{}
	for _, line := range c.w.oracle.bill {
		shard := b.job.Layout.ShardOf(b.job.Layout.ParcelOf(min(line.ordinal, b.job.Layout.Tasks-1)))
		if line.job == b.name && !line.lost && b.chains[shard].paid[line.message] == 0 {
			owed[line.ordinal] += line.amount
		}
	}
	for _, ch := range b.chains {
		for key, f := range ch.attempts {
			if f.resolved == "" || f.resolved == "presume" && !f.adjusted {
				owed[key.ordinal] -= f.hold
			}
		}
	}
	for ordinal, amount := range owed {
		if amount > 0 {
			c.fail("job %s: task %d owes %s that nothing covers", b.id, ordinal, amount)
		}
	}
}

// moves checks that nothing changed in a way that no step allows.
func (c *checks) moves(before, after *books) {
	if after.job.Round == before.job.Round && before.job.State.Ended() && after.job.State != before.job.State {
		c.fail("job %s: %s became %s without a retry", after.id, before.job.State, after.job.State)
	}
	if !before.job.State.CanMove(after.job.State) {
		c.fail("job %s: %s became %s", after.id, before.job.State, after.job.State)
	}
	for number, p := range after.parcels {
		was, written := before.parcels[number]
		if !written {
			was = job.NewParcel(number, after.job.Layout.ParcelSize, after.job.Layout.Tasks)
		}
		s := after.shards[after.job.Layout.ShardOf(number)]
		for i := range p.Tasks {
			from, to := was.Tasks[i].State, p.Tasks[i].State
			dropped := !written && to == job.TaskCancelled
			if !from.CanMove(to) && !dropped && (from != job.TaskQueued || p.Tasks[i].Last == was.Tasks[i].Last) {
				c.fail("job %s: task %d went from %s to %s", after.id, p.First+i, from, to)
			}
			if had := was.Tasks[i].Accepted; had > 0 && !from.Ended() && (to == job.TaskCancelled || to == job.TaskCompleted && p.Tasks[i].Accepted == had && s.Gate != job.GateCancelled) {
				c.fail("job %s: task %d, which had the content of attempt %d, became %s in a shard that is %s", after.id, p.First+i, had, to, s.Gate)
			}
			if to == job.TaskCompleted && from != job.TaskRunning && !from.Ended() && written && p.Tasks[i].Last == was.Tasks[i].Last && p.Tasks[i].Accepted != was.Tasks[i].Accepted {
				c.fail("job %s: task %d was completed without an attempt", after.id, p.First+i)
			}
			if p.Tasks[i].Last > was.Tasks[i].Last && s.Gate != job.GateOpen {
				c.fail("job %s: task %d began attempt %d in a shard that is %s", after.id, p.First+i, p.Tasks[i].Last, s.Gate)
			}
			if from.Ended() && !to.Ended() && before.job.Walk == nil {
				c.fail("job %s: task %d came back to life without a retry", after.id, p.First+i)
			}
		}
		if p.Fence > was.Fence && s.Gate != job.GateOpen {
			c.fail("job %s: parcel %d was leased in a shard that is %s", after.id, number, s.Gate)
		}
		if p.Fence < was.Fence {
			c.fail("job %s: the fence of parcel %d went back", after.id, number)
		}
	}
}

// months checks that each month's account covers what its jobs were granted.
func (c *checks) months() {
	drawn := map[string]cost.Pico{}
	for _, b := range c.books {
		for _, g := range b.job.Grants {
			drawn[b.job.Tenant+" "+g.Month] += g.Drawn - g.Returned
		}
	}
	all := map[string]cost.Pico{}
	for _, name := range c.w.store.Partitions() {
		tenant, is := strings.CutPrefix(name, "tenant/")
		if !is {
			continue
		}
		for _, record := range c.list(name, "month/", "") {
			m := readMonth(record.Body)
			if m.Account.Drawn != drawn[tenant+" "+m.Month] {
				c.fail("month %s of %s: drawn %s, jobs were granted %s", m.Month, tenant, m.Account.Drawn, drawn[tenant+" "+m.Month])
			}
			if m.Limit > 0 && m.Account.Granted > m.Limit {
				c.fail("month %s of %s: granted %s of a limit of %s", m.Month, tenant, m.Account.Granted, m.Limit)
			}
			if err := m.Account.Check(); err != nil {
				c.fail("month %s of %s: %v", m.Month, tenant, err)
			}
			if settled := c.lost(name, m.Month); m.Account.Settled != settled || m.Account.Held != 0 || m.Account.Presumed != 0 {
				c.fail("month %s of %s: %s, lost jobs were billed for %s", m.Month, tenant, m.Account, settled)
			}
			all[m.Month] += m.Account.Granted
		}
	}
	for _, record := range c.list("global", "month/", "") {
		if m := readMonth(record.Body); m.Account.Drawn != all[m.Month] {
			c.fail("month %s: drawn %s, tenants were granted %s", m.Month, m.Account.Drawn, all[m.Month])
		}
	}
}

// lost sums what a month has paid for jobs that are not in the store.
func (c *checks) lost(partition, month string) (sum cost.Pico) {
	for _, record := range c.list(partition, "lost/", "") {
		if l := lostRecord(record.Body); l.Month == month {
			sum += l.Amount
		}
	}
	return sum
}

type monthRecord struct {
	Tenant  string       `json:"tenant"`
	Month   string       `json:"month"`
	Limit   cost.Pico    `json:"limit"`
	Account cost.Account `json:"account"`
}

func readMonth(body []byte) (m monthRecord) {
	if err := json.Unmarshal(body, &m); err != nil {
		panic(err)
	}
	return m
}

// month reads a month's account as it is stored.
func (c *checks) month(tenant, name string) monthRecord {
	if tenant == "" {
		return readMonth(c.get("global", "month/"+name))
	}
	return readMonth(c.get("tenant/"+tenant, "month/"+name))
}

func pico(n int64) cost.Pico { return cost.Pico(n) }

// settled checks, once nothing is open any more, that every answer which was stored has been paid for.
func (c *checks) settled() {
	for id, b := range c.books {
		for n := range b.shards {
			for _, record := range c.list(fmt.Sprintf("job/%s/s%02d", id, n), "a/", "") {
				stored, err := job.UnpackStored(record.Body)
				if err != nil {
					c.fail("job %s: %v", id, err)
					continue
				}
				if stored.UsageOK && !stored.Unbilled && b.chains[n].paid[stored.MessageID] == 0 {
					c.fail("job %s: answer %s was stored and is not settled: %+v", id, stored.MessageID, b.chains[n].attempts[attempt{stored.Ordinal, stored.Attempt}])
				}
			}
		}
	}
}

// lostRecord reads what was booked for a job that is not in the store; a forged record is for Verify to find.
func lostRecord(body []byte) (l struct {
	Message string    `json:"message_id"`
	Month   string    `json:"month"`
	Amount  cost.Pico `json:"amount_usd"`
}) {
	_ = json.Unmarshal(body, &l)
	return l
}
