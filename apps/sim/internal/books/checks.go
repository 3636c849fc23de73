package books

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func blockKey(partition string, first int64) ports.Key {
	return ports.Key{Partition: partition, Sort: fmt.Sprintf("b/%012d", first)}
}

// job checks a job that a commit has touched.
func (b *Books) job(j *jobBook, keys []ports.Key) {
	var granted, spent cost.Pico
	for n := range j.shards {
		s := &j.shards[n]
		if s.dirty {
			b.shard(j, n)
			s.dirty = false
		}
		granted += s.header.Account.Granted
		spent += s.header.Account.Settled + s.header.Account.Presumed + s.header.Account.Held
	}
	if granted != j.header.Account.Drawn {
		b.Fail("job %s: drawn %s, granted to its shards %s", j.id, j.header.Account.Drawn, granted)
	}
	if spent > j.header.Cap+b.lost[j.id] && !b.Loose && !b.strange {
		b.Fail("job %s: %s of a cap of %s", j.id, spent, j.header.Cap)
	}
	b.ends(j)
	b.stops(j)
	if j.before != nil {
		b.headerMoves(j, keys)
		b.gateMoves(j)
		b.obeys(j)
		b.recapped(j, spent)
		j.before = nil
	}
	j.said = nil
}

// shard compares a shard's header with its parcels and its ledger.
func (b *Books) shard(j *jobBook, n int) {
	s := &j.shards[n]
	h, who := &s.header, fmt.Sprintf("job %s shard %d", j.id, n)
	if h.Counts != s.counts || h.Waiting != s.waiting || h.Untouched != s.untouched {
		b.Fail("%s: counts %v %v %d, tasks are %v %v %d", who, h.Counts, h.Waiting, h.Untouched, s.counts, s.waiting, s.untouched)
	}
	if h.Head != s.chain.head {
		b.Fail("%s: the ledger ends at %d, the header says %d", who, s.chain.head.Seq, h.Head.Seq)
	}
	a := h.Account
	if a.Held != s.chain.held || a.Settled != s.chain.settled || a.Presumed != s.chain.presumed || a.Drawn != 0 {
		b.Fail("%s: account %s, ledger held %s settled %s presumed %s", who, a, s.chain.held, s.chain.settled, s.chain.presumed)
	}
	if a.Overrun > 0 && s.heldNow {
		b.Fail("%s: money is held although %s are overrun", who, a.Overrun)
	}
	s.heldNow = false
	b.failing(j, n)
	opened, unsure := 0, 0
	for slot := range j.header.Layout.ParcelsOf(n) {
		p := s.parcels[j.header.Layout.Parcel(n, slot)]
		if p == nil {
			continue
		}
		opened, unsure = opened+len(p.Open), unsure+len(p.Presumed)
		if h.HasEnded(slot) != p.Ended() || h.Done && !p.Ended() {
			b.Fail("%s: parcel %d is marked as ended: %t, shard done: %t", who, p.Number, h.HasEnded(slot), h.Done)
		}
		b.found(who, s, p)
	}
	if opened != s.chain.open || unsure != s.chain.unsure {
		b.Fail("%s: %d attempts open and %d presumed, in the ledger %d and %d", who, opened, unsure, s.chain.open, s.chain.unsure)
	}
}

// found checks that the header alone tells the sweeper when to look at the parcel.
func (b *Books) found(who string, s *shardBook, p *job.Parcel) {
	const longest = 70 * time.Minute // IdleAfter of 2 minutes, doubled five times, and clocks
	if b.Wild {
		return
	}
	look := s.header.LeaseEnd
	if look.IsZero() || !s.header.Due.IsZero() && s.header.Due.Before(look) {
		look = s.header.Due
	}
	if !p.LeaseEnd.IsZero() && (look.IsZero() || look.After(p.LeaseEnd) && look.After(b.now().Add(longest))) {
		b.Fail("%s: parcel %d is leased until %s, and the header has it looked at at %s", who, p.Number, p.LeaseEnd, look)
	}
	due, some := p.NextDue()
	if p.LeaseEnd.IsZero() && some && !due.IsZero() && s.header.Gate == job.GateOpen && (look.IsZero() || look.After(due) && look.After(b.now().Add(longest))) {
		b.Fail("%s: a task of parcel %d is due at %s, and the header has it looked at at %s", who, p.Number, due, look)
	}
}

// ends compares the job with the ends of its shards.
func (b *Books) ends(j *jobBook) {
	opened := 0
	for n, end := range j.header.Ends {
		s := &j.shards[n].header
		opened += s.Counts.Open()
		if (end != nil) != (s.Counts.Open() == 0) || s.Done != (end != nil) {
			b.Fail("job %s: shard %d has ended in the job: %t, open %d, done %t", j.id, n, end != nil, s.Counts.Open(), s.Done)
		}
		if end != nil && (end.Counts != s.Counts || end.Account != s.Account || end.Head != s.Head) {
			b.Fail("job %s: shard %d has gone on after its end", j.id, n)
		}
		if end != nil && s.Account.Free() != 0 && s.Account.Overrun == 0 {
			b.Fail("job %s: shard %d has ended and keeps %s", j.id, n, s.Account.Free())
		}
		if j.header.State == job.StatePaused && s.Gate == job.GateOpen {
			b.Fail("job %s: reads paused while shard %d is open", j.id, n)
		}
	}
	if j.header.State.Ended() != (opened == 0 && j.header.Walk == nil) {
		b.Fail("job %s: is %s with %d open tasks", j.id, j.header.State, opened)
	}
}

// headerMoves checks what changed in a job's header.
func (b *Books) headerMoves(j *jobBook, keys []ports.Key) {
	h, was := j.header, j.before
	if h.Tenant != was.Tenant || h.Lane != was.Lane || h.Layout != was.Layout || h.Limits != was.Limits || h.PlanHash != was.PlanHash || !h.BatchUntil.Equal(was.BatchUntil) {
		b.Fail("job %s: what never changes has changed: tenant %q lane %q, before %q %q", j.id, h.Tenant, h.Lane, was.Tenant, was.Lane)
	}
	if h.Account != was.Account {
		if err := h.Account.Check(); err != nil {
			b.Fail("job %s: %v", j.id, err)
		}
	}
	var grants cost.Pico
	for _, g := range h.Grants {
		grants += g.Drawn - g.Returned
	}
	if grants != h.Account.Granted {
		b.Fail("job %s: granted %s, grants are %s", j.id, h.Account.Granted, grants)
	}
	if !was.State.CanMove(h.State) || was.State.Ended() && h.Round == was.Round && h.State != was.State {
		b.Fail("job %s: %s became %s in round %d", j.id, was.State, h.State, h.Round)
	}
	if h.Wish < was.Wish || h.Round < was.Round || h.Carried > h.Wish {
		b.Fail("job %s: wish %d after %d, round %d after %d, carried %d", j.id, h.Wish, was.Wish, h.Round, was.Round, h.Carried)
	}
	rounds := h.Round - 1
	if h.State.Ended() {
		rounds++
		if h.Account.Free() != 0 && h.Account.Overrun == 0 {
			b.Fail("job %s: has ended and keeps %s", j.id, h.Account.Free())
		}
	}
	b.walks(j)
	b.wished(j)
	if h.State.Ended() && !was.State.Ended() {
		b.ended(j)
	}
	if j.seals != rounds {
		b.Fail("job %s: %d seals of %d rounds", j.id, j.seals, rounds)
	}
	if _, active := b.store.Read(ports.Key{Partition: "active", Sort: string(j.id)}); active == h.State.Ended() {
		b.Fail("job %s: is %s and listed as active: %t", j.id, h.State, active)
	}
	if h.State.Ended() && !was.State.Ended() && h.State != job.StateCancelled {
		told := slices.ContainsFunc(keys, func(k ports.Key) bool {
			return k.Partition == "outbox" && strings.HasPrefix(k.Sort, fmt.Sprintf("%s-%d-", j.id, h.Round))
		})
		if !told {
			b.Fail("job %s: ended as %s without its event in the outbox", j.id, h.State)
		}
	}
}
