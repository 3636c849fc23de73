package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// checks looks at the store alone, after every commit, and notes the first thing that must never be.
type checks struct {
	w      *world
	books  map[job.ID]*books
	broken string
	named  int
	// closed is when a shard's gate was first seen closed.
	closed map[string]time.Time
	// ids are the jobs that ever were, by the name in their input.
	ids map[string]job.ID
	// loose lifts the rule that a job spends no more than its cap, for calls that cost more than their bound.
	loose bool
}

// books are all records of one job, and what its ledger adds up to.
type books struct {
	id      job.ID
	name    string
	job     *job.Job
	shards  []job.Shard
	parcels map[int]job.Parcel
	chains  []*chain
}

// chain is one shard's ledger as far as it was read.
type chain struct {
	head                    cost.Head
	held, settled, presumed cost.Pico
	attempts                map[attempt]*fate
	// paid are the answers that were paid for, by the provider's name for the message.
	paid map[string]int
	// spent counts, by task and round, the attempts that used up a limit.
	spent map[[2]int]int
	// added are the amounts that bills have added to a task.
	added map[int][]cost.Pico
}

type attempt struct{ ordinal, number int }

type fate struct {
	hold, paid cost.Pico
	resolved   string
	adjusted   bool
	round      int
}

func newChecks(w *world) *checks {
	return &checks{w: w, books: map[job.ID]*books{}, closed: map[string]time.Time{}, ids: map[string]job.ID{}}
}

// names gives numbers to jobs.
func (c *checks) names() int {
	c.named++
	return c.named
}

func (c *checks) fail(format string, args ...any) {
	if c.broken == "" {
		c.broken = fmt.Sprintf(format, args...)
	}
}

// jobs are the ids of all jobs in the store.
func (c *checks) jobs() []job.ID {
	var ids []job.ID
	for _, name := range c.w.store.Partitions() {
		if id, is := strings.CutPrefix(name, "job/"); is && !strings.Contains(id, "/") {
			ids = append(ids, job.ID(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// look is called after every commit with the keys that it wrote.
func (c *checks) look(keys []ports.Key) {
	seen := map[string]bool{}
	for _, key := range keys {
		part, is := strings.CutPrefix(key.Partition, "job/")
		if id, _, _ := strings.Cut(part, "/"); is && !seen[id] {
			seen[id] = true
			c.job(job.ID(id))
		}
	}
	paid := slices.ContainsFunc(keys, func(key ports.Key) bool { return strings.HasPrefix(key.Sort, "lost/") })
	if len(seen) > 0 || paid {
		c.months()
	}
}

func (c *checks) list(partition, prefix, from string) []ports.Record {
	r := ports.Prefix(partition, prefix)
	if from != "" {
		r.From = from
	}
	var records []ports.Record
	for {
		page, err := c.w.store.List(context.Background(), r)
		if err != nil {
			c.fail("list %s: %v", partition, err)
			return nil
		}
		records = append(records, page.Records...)
		if r.Cursor = page.Cursor; r.Cursor == "" {
			return records
		}
	}
}

func (c *checks) get(partition, sort string) []byte {
	record, err := c.w.store.Get(context.Background(), ports.Key{Partition: partition, Sort: sort})
	if err != nil {
		return nil
	}
	return record.Body
}

// read makes the books of a job; the chains go on from where they were read before.
func (c *checks) read(id job.ID, before *books) *books {
	j, err := job.UnpackJob(c.get("job/"+string(id), "header"))
	if err != nil {
		c.fail("job %s: %v", id, err)
		return nil
	}
	b := &books{id: id, job: j, parcels: map[int]job.Parcel{}}
	if before != nil {
		b.chains, b.name = before.chains, before.name
	} else {
		var in probeInput
		_ = json.Unmarshal(c.get("job/"+string(id), "input/000"), &in)
		b.name = in.Name
		c.ids[b.name] = id
	}
	for n := range j.Layout.Shards {
		part := fmt.Sprintf("job/%s/s%02d", id, n)
		s, err := job.UnpackShard(c.get(part, "header"))
		if err != nil {
			c.fail("job %s shard %d: %v", id, n, err)
			return nil
		}
		b.shards = append(b.shards, s)
		for _, record := range c.list(part, "p/", "") {
			p, err := job.UnpackParcel(record.Body)
			if err != nil {
				c.fail("job %s %s: %v", id, record.Key.Sort, err)
				return nil
			}
			b.parcels[p.Number] = p
		}
		if len(b.chains) <= n {
			b.chains = append(b.chains, &chain{attempts: map[attempt]*fate{}, paid: map[string]int{}, spent: map[[2]int]int{}, added: map[int][]cost.Pico{}})
		}
		c.follow(b, n)
	}
	return b
}

// follow reads what was added to a shard's ledger.
func (c *checks) follow(b *books, shard int) {
	ch := b.chains[shard]
	for _, record := range c.list(fmt.Sprintf("job/%s/l%02d", b.id, shard), "b/", fmt.Sprintf("b/%012d", ch.head.Seq+1)) {
		next, block, err := ch.head.Follow(record.Body)
		if err != nil {
			c.fail("job %s shard %d: %v", b.id, shard, err)
			return
		}
		ch.head = next
		for i := range block.Entries {
			c.entry(b, ch, block.Round, &block.Entries[i])
		}
	}
	if ch.head != b.shards[shard].Head {
		c.fail("job %s shard %d: chain ends at %d, header says %d", b.id, shard, ch.head.Seq, b.shards[shard].Head.Seq)
	}
}

// entry adds one ledger entry up: one hold for each attempt, one resolution, one adjust of a presume at most.
func (c *checks) entry(b *books, ch *chain, round int, e *cost.Entry) {
	if e.Attempt == 0 {
		c.added(b, ch, e)
		return
	}
	key := attempt{e.Ordinal, e.Attempt}
	f := ch.attempts[key]
	what := fmt.Sprintf("job %s task %d attempt %d: %s", b.id, e.Ordinal, e.Attempt, e.Kind)
	switch {
	case (e.Kind == cost.EntryHold) != (f == nil):
		c.fail("%s: a hold comes first, and once", what)
		return
	case f == nil:
		ch.attempts[key] = &fate{hold: e.Amount, round: round}
		ch.held += e.Amount
		return
	case e.Kind == cost.EntryAdjust && (f.resolved != "presume" || f.adjusted), e.Kind != cost.EntryAdjust && f.resolved != "":
		c.fail("%s: after %s, adjusted %t", what, f.resolved, f.adjusted)
		return
	}
	switch e.Kind {
	case cost.EntrySettle:
		ch.held, ch.settled, f.paid = ch.held-f.hold, ch.settled+e.Amount, e.Amount
		c.paid(b, ch, e, e.Amount)
	case cost.EntryVoid:
		ch.held -= f.hold
	case cost.EntryPresume:
		ch.held, ch.presumed, f.paid = ch.held-f.hold, ch.presumed+f.hold, f.hold
	case cost.EntryAdjust:
		f.adjusted, f.paid = true, f.hold+e.Amount
		ch.presumed, ch.settled = ch.presumed-f.hold, ch.settled+f.paid
		if f.paid != 0 {
			c.paid(b, ch, e, f.paid)
		}
		return
	}
	f.resolved = e.Kind.String()
	if e.Kind != cost.EntryVoid {
		at := [2]int{e.Ordinal, round}
		if ch.spent[at]++; ch.spent[at] > b.job.Limits.Attempts() {
			c.fail("%s: more than %d attempts in round %d", what, b.job.Limits.Attempts(), round)
		}
	}
}

// added adds up what a bill has added to a task without an attempt.
func (c *checks) added(b *books, ch *chain, e *cost.Entry) {
	if e.Kind != cost.EntryAdjust || e.Amount <= 0 {
		c.fail("job %s task %d: %s of %s without an attempt", b.id, e.Ordinal, e.Kind, e.Amount)
	}
	ch.settled += e.Amount
	ch.added[e.Ordinal] = append(ch.added[e.Ordinal], e.Amount)
	c.paid(b, ch, e, e.Amount)
}

// paid compares what was settled with the provider's own bill, where it can be: an answer is paid once, at its price.
func (c *checks) paid(b *books, ch *chain, e *cost.Entry, amount cost.Pico) {
	if e.MessageID == "" {
		c.fail("job %s task %d attempt %d: paid for without an answer", b.id, e.Ordinal, e.Attempt)
		return
	}
	if ch.paid[e.MessageID]++; ch.paid[e.MessageID] > 1 {
		c.fail("job %s: answer %s is paid twice", b.id, e.MessageID)
	}
	for _, line := range c.w.oracle.bill {
		if line.message == e.MessageID {
			if line.amount != amount && !c.loose {
				c.fail("job %s: answer %s is booked for %s, billed for %s", b.id, e.MessageID, amount, line.amount)
			}
			return
		}
	}
	c.fail("job %s: answer %s was never given", b.id, e.MessageID)
}

// job compares a job's books with each other and with those of before.
func (c *checks) job(id job.ID) {
	before := c.books[id]
	b := c.read(id, before)
	if b == nil || c.broken != "" {
		return
	}
	c.books[id] = b
	var granted, spent cost.Pico
	var overrun cost.Pico
	for n := range b.shards {
		c.shard(b, n)
		s := &b.shards[n]
		granted += s.Account.Granted
		overrun += s.Account.Overrun
		spent += s.Account.Settled + s.Account.Presumed + s.Account.Held
	}
	if granted != b.job.Account.Drawn {
		c.fail("job %s: drawn %s, granted to shards %s", id, b.job.Account.Drawn, granted)
	}
	if err := b.job.Account.Check(); err != nil {
		c.fail("job %s: %v", id, err)
	}
	var grants cost.Pico
	for _, g := range b.job.Grants {
		grants += g.Drawn - g.Returned
	}
	if grants != b.job.Account.Granted {
		c.fail("job %s: granted %s, grants are %s", id, b.job.Account.Granted, grants)
	}
	if spent > b.job.Cap && !c.loose {
		c.fail("job %s: %s of a cap of %s", id, spent, b.job.Cap)
	}
	c.gates(b)
	c.header(b)
	c.bill(b)
	if before != nil {
		c.moves(before, b)
	}
}

// begins is called when a call is begun: a hold or a presume covers it, and the shard was open within the last 5 seconds.
func (c *checks) begins(name string, ordinal int) {
	for _, b := range c.books {
		if b.name != name {
			continue
		}
		number := b.job.Layout.ParcelOf(ordinal)
		shard := b.job.Layout.ShardOf(number)
		p := b.parcels[number]
		covers := func(a job.Attempt) bool { return p.First+a.Task == ordinal }
		if !slices.ContainsFunc(p.Open, covers) && !slices.ContainsFunc(p.Presumed, covers) {
			c.fail("job %s: a call for task %d is begun without a hold", b.id, ordinal)
		}
		if at := c.closed[gateName(b, shard)]; b.shards[shard].Gate != job.GateOpen && c.w.now.Sub(at) > 5*time.Second {
			c.fail("job %s: a call for task %d is begun %s after its shard was closed", b.id, ordinal, c.w.now.Sub(at))
		}
	}
}

// gates notes when each shard was closed.
func (c *checks) gates(b *books) {
	for n := range b.shards {
		name := gateName(b, n)
		if b.shards[n].Gate == job.GateOpen {
			delete(c.closed, name)
		} else if _, known := c.closed[name]; !known {
			c.closed[name] = c.w.now
		}
	}
}

func gateName(b *books, shard int) string { return fmt.Sprintf("%s/%d", b.id, shard) }
