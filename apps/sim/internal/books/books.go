// Package books looks over the engine's shoulder: after every commit it reads what was written from the store alone and
// holds it against everything that must always be true (DESIGN section 5), and against the provider's own bill to the
// pico-dollar. It knows the records and none of the engine's code.
package books

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Line is one request on the provider's bill.
type Line struct {
	// Job and Ordinal are the task that it was made for.
	Job     job.ID
	Tenant  string
	Ordinal int
	Message string
	Lane    cost.Lane
	Usage   cost.Usage
	Amount  cost.Pico
	Text    string
	At      time.Time
	// Batch is the batch that it was a line of, Number its attempt there; empty for a call.
	Batch  string
	Number int
	// paid is set once the ledger has it, lost when the store that was set back had nothing of it.
	paid, lost bool
}

// Store reads records without giving way.
type Store interface {
	Read(key ports.Key) ([]byte, bool)
	All(partition, prefix string) []ports.Record
	Partitions() []string
}

// Rules are what a run holds its books to.
type Rules struct {
	CallTimeout, Margin, Fresh time.Duration
	// Loose lifts the rules on budgets, for calls that cost more than their bound.
	Loose bool
	// Wild lifts the rules that hold only while clocks deviate by less than the margin.
	Wild bool
	// Epoch is the store's.
	Epoch func() int64
	// KeyLife is how long an idempotency key stands; 0 for ever.
	KeyLife time.Duration
	// Slots is how many calls all machines can have under way; Paced is true when the provider always tells its limits
	// right.
	Slots int
	Paced bool
	// Rates are its limits of calls, prompt tokens and generated tokens a minute.
	Rates [3]int64
	// Saw, if set, is told of what has to happen in some run.
	Saw func(chance.Kind)
}

// Books is what is known of a store from its commits.
type Books struct {
	Rules
	store Store
	now   func() time.Time
	jobs  map[job.ID]*jobBook
	// order lists the jobs as they came.
	order []*jobBook
	bill  map[string]*Line
	// months and drawn are by tenant and month, an empty tenant for all; granted sums the tenants' grants by month.
	months map[monthName]month
	drawn  map[monthName]cost.Pico
	// notices counts the completion events by job and round.
	notices map[roundOf]int
	// outbox names every notice that was ever written.
	outbox map[string]bool
	once   map[string]once
	broken string
	// Drift sums the differences between ledger and bill.
	Drift cost.Pico
	// strange is set after the store was set back, until the bill has been reconciled; lost is what was billed for each job
	// in the lost time.
	strange bool
	// restored is set for good then.
	restored bool
	// opening is set while the records of a store are read that was written before.
	opening bool
	lost    map[job.ID]cost.Pico
	// batches are the provider's, pace what all machines share about it. Probes counts the calls that probed it.
	batches map[string]*batchBook
	billed  map[Ref]*Line
	pace    pace
	Probes  int
	// asks are what was asked of jobs, by request id.
	asks     map[string]*Ask
	spending spendingSwitch
}

type roundOf struct {
	id    job.ID
	round int
}

type monthName struct{ tenant, month string }

// New returns the books of an empty store.
func New(store Store, now func() time.Time, rules Rules) *Books {
	return &Books{
		Rules: rules, store: store, now: now, jobs: map[job.ID]*jobBook{}, bill: map[string]*Line{},
		months: map[monthName]month{}, drawn: map[monthName]cost.Pico{}, notices: map[roundOf]int{}, outbox: map[string]bool{}, once: map[string]once{},
		batches: map[string]*batchBook{}, billed: map[Ref]*Line{}, lost: map[job.ID]cost.Pico{},
		asks: map[string]*Ask{},
	}
}

// Broken is the first rule that was broken, or empty.
func (b *Books) Broken() string { return b.broken }

// Fail notes a broken rule; the first one stays.
func (b *Books) Fail(format string, args ...any) {
	if b.broken == "" {
		b.broken = fmt.Sprintf(format, args...)
	}
}

// Committed is told the keys of every commit, and what a write to the record of the model has to say.
func (b *Books) Committed(keys []ports.Key, told Told) {
	b.pace.told = told
	var touched []*jobBook
	tenants := map[string]bool{}
	for _, key := range sorted(keys) {
		if j := b.record(key, tenants); j != nil && !slices.Contains(touched, j) {
			touched = append(touched, j)
		}
	}
	for _, j := range touched {
		tenants[j.header.Tenant] = true
		b.job(j, keys)
	}
	if len(tenants) > 1 {
		b.Fail("one commit touches the records of %d tenants: %v", len(tenants), keys)
	}
	if len(touched) > 0 {
		b.checkMonths()
	}
}

// sorted orders the keys of a commit so that ledger blocks are read before parcels, parcels before headers of shards, and
// headers of jobs last.
func sorted(keys []ports.Key) []ports.Key {
	keys = slices.Clone(keys)
	rank := func(k ports.Key) int {
		part, rest, _ := strings.Cut(strings.TrimPrefix(k.Partition, "job/"), "/")
		switch {
		case part == k.Partition:
			return 4
		case rest == "":
			return 3
		case rest[0] == 'l':
			return 0
		case k.Sort == "header":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(keys, func(x, y ports.Key) int { return rank(x) - rank(y) })
	return keys
}

// record takes one written record in, and returns the job that it belongs to.
func (b *Books) record(key ports.Key, tenants map[string]bool) *jobBook {
	part, of, found := strings.Cut(key.Partition, "/")
	switch {
	case part == "tenant" && found:
		tenants[of] = true
		b.tenantRecord(of, key)
	case key == spendingKey:
		b.readSwitch()
	case part == "global":
		b.readMonth("", key)
	case part == "outbox":
		b.notice(key)
	case part == "provider":
		b.paceRecord(key)
	case part == "job" && found:
		return b.jobRecord(key, of)
	}
	return nil
}

func (b *Books) jobRecord(key ports.Key, of string) *jobBook {
	id, section, _ := strings.Cut(of, "/")
	j := b.jobs[job.ID(id)]
	if j == nil {
		if j = b.open(job.ID(id)); j != nil && b.spending.off {
			b.Fail("job %s: is made while spending is off", id)
		}
		return j
	}
	switch {
	case section == "":
		b.headerRecord(j, key)
	case section[0] == 'l':
		b.follow(j, number(section[1:]))
	case key.Sort == "header":
		b.shardRecord(j, number(section[1:]))
	case strings.HasPrefix(key.Sort, "p/"):
		b.parcelRecord(j, number(section[1:]), number(key.Sort[2:]))
	case strings.HasPrefix(key.Sort, "a/"):
		b.answerRecord(j, key)
	}
	return j
}

// number reads digits of a key.
func number(s string) int {
	n := 0
	for _, r := range s {
		n = 10*n + int(r-'0')
	}
	return n
}

// Billed puts a line on the provider's bill: it must be covered by a hold or a presume.
func (b *Books) Billed(line *Line) {
	b.bill[line.Message] = line
	j := b.jobs[line.Job]
	if j == nil {
		return
	}
	j.billed += line.Amount
	if line.Batch != "" {
		b.twice(line)
	}
	if b.strange && line.Batch == "" {
		return
	}
	if j.billed > j.header.Cap+b.lost[j.id] && !b.Loose && len(j.doubts) == 0 {
		b.Fail("job %s: the provider has billed %s of a cap of %s", j.id, j.billed, j.header.Cap)
	}
	task := &j.money[line.Ordinal]
	task.owed += line.Amount
	b.covered(j, line.Ordinal)
}

// twice fails a line whose attempt stands on the bill already, as a line of another batch.
func (b *Books) twice(line *Line) {
	at := Ref{line.Job, line.Ordinal, line.Number}
	if was := b.billed[at]; was != nil && !b.Wild {
		b.Fail("job %s: task %d attempt %d was done in batches %s and %s", line.Job, line.Ordinal, line.Number, was.Batch, line.Batch)
	}
	b.billed[at] = line
}

// covered checks that what was billed for a task and is not settled is covered by what is held or presumed for it.
func (b *Books) covered(j *jobBook, ordinal int) {
	if m := j.money[ordinal]; m.owed > m.covers && !b.Loose && !b.strange && !j.doubts[ordinal] {
		b.Fail("job %s: task %d owes %s, holds and presumes cover %s", j.id, ordinal, m.owed, m.covers)
	}
}

// Jobs are the ids of all jobs, in the order in which they were made.
func (b *Books) Jobs() []job.ID {
	ids := make([]job.ID, 0, len(b.order))
	for _, j := range b.order {
		ids = append(ids, j.id)
	}
	return ids
}

// Header is a job's header as it was last written; nil when there is no such job.
func (b *Books) Header(id job.ID) *job.Job {
	if j := b.jobs[id]; j != nil {
		return j.header
	}
	return nil
}

// Lines are the provider's bill.
func (b *Books) Lines() []*Line {
	lines := make([]*Line, 0, len(b.bill))
	for _, line := range b.bill {
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(x, y *Line) int { return strings.Compare(x.Message, y.Message) })
	return lines
}
