package books

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Ref names an attempt at a task.
type Ref struct {
	Job             job.ID
	Ordinal, Number int
}

// listApart is how far apart the two lists are by which it is known that a batch was not made.
const listApart = time.Minute

// sent is an attempt that a create was called with.
type sent struct {
	// began is when; refused is true once the engine was told that nothing was made; lists are the lists that were answered
	// since.
	began   time.Time
	refused bool
	lists   []time.Time
	// batch is the batch that has it, empty for none.
	batch string
	// old is true of what was sent before the store was set back.
	old bool
}

// Sending is one create, and what is known of its lines.
type Sending struct{ sent []*sent }

// batch is one of the provider's.
type batchBook struct {
	ended, read bool
	// left are lines that a whole reading did not have.
	left map[Ref]bool
}

// Collection is what the books read of a collection.
type Collection struct {
	Job        job.ID    `json:"job"`
	Number     int       `json:"number"`
	State      string    `json:"state"`
	Owner      string    `json:"owner"`
	Lines      int       `json:"lines"`
	Batch      string    `json:"batch"`
	Fate       string    `json:"fate"`
	CreatingAt time.Time `json:"creating_at"`
	Members    []struct {
		Parcel int   `json:"parcel"`
		Fence  int64 `json:"fence"`
	} `json:"members"`
}

// ReadCollection reads a record of the collections' partition; false when it is none.
func ReadCollection(record ports.Record) (Collection, bool) {
	var c Collection
	if record.Key.Sort == creates.Sort || json.Unmarshal(record.Body, &c) != nil {
		return c, false
	}
	return c, true
}

var creates = ports.Key{Partition: "collections", Sort: "-creates"}

// collection is the one that has the parcel under the fence.
func (b *Books) collection(id job.ID, parcel int, fence int64) (Collection, bool) {
	for _, record := range b.store.All("collections", string(id)+"/") {
		c, is := ReadCollection(record)
		for _, m := range c.Members {
			if is && m.Parcel == parcel && m.Fence == fence {
				return c, true
			}
		}
	}
	return Collection{}, false
}

// BatchBegins checks that the lines may be sent as a batch: each is an open attempt of a collection that alone is being
// sent, and none is in a batch already, as far as anybody can know. Slack is as in Begin.
func (b *Books) BatchBegins(lines []Ref, slack time.Duration) Sending {
	var all Sending
	for _, line := range lines {
		if j := b.jobs[line.Job]; j == nil && !b.strange {
			b.Fail("a batch is made for job %s, which does not exist", line.Job)
		} else if j != nil {
			now := &sent{began: b.now()}
			b.lineBegins(j, line, slack)
			j.sent[attempt{line.Ordinal, line.Number}] = now
			all.sent = append(all.sent, now)
		}
	}
	return all
}

func (b *Books) lineBegins(j *jobBook, line Ref, slack time.Duration) {
	who := fmt.Sprintf("job %s task %d attempt %d: a line of a batch is sent", j.id, line.Ordinal, line.Number)
	n := j.header.Layout.ParcelOf(line.Ordinal)
	s := &j.shards[j.header.Layout.ShardOf(n)]
	at := attempt{line.Ordinal, line.Number}
	before := j.sent[at]
	if b.Wild {
		j.doubts[line.Ordinal] = true
		if j.money[line.Ordinal].covers == 0 {
			b.Fail("%s without a hold or presume", who)
		}
		return
	}
	if j.header.Gate() != job.GateOpen && b.now().Sub(j.closedAt) > b.Fresh+slack {
		b.Fail("%s %s after the job was closed", who, b.now().Sub(j.closedAt))
	}
	p := s.parcels[n]
	open := false
	for _, a := range p.Open {
		open = open || p.First+a.Task == line.Ordinal && a.Number == line.Number && a.Terms.Lane == cost.Batch
	}
	c, some := b.collection(j.id, n, p.Fence)
	holder, _ := b.store.Read(creates)
	var held struct {
		Holder string `json:"holder"`
	}
	_ = json.Unmarshal(holder, &held)
	switch {
	case !open:
		b.Fail("%s, and no attempt of that lane is open", who)
	case !some || c.State != "creating" || c.Owner != p.Owner.String():
		b.Fail("%s, and its collection is %q", who, c.State)
	case held.Holder != string(j.id)+"/"+fmt.Sprintf("%06d", c.Number) && held.Holder == "":
		b.Fail("%s while nobody has the one create", who)
	}
	if before == nil || before.old || before.refused {
		return
	}
	slices.SortFunc(before.lists, time.Time.Compare)
	if len(before.lists) < 2 || before.lists[len(before.lists)-1].Sub(before.lists[0]) < listApart-b.Margin {
		b.Fail("%s again, after a create at %s of unknown outcome and lists at %v", who, before.began, before.lists)
	}
	if before.batch != "" {
		b.Fail("%s again, and batch %s has it", who, before.batch)
	}
}

// BatchMade is told of every batch that comes to be.
func (b *Books) BatchMade(id string, by Sending) {
	b.batches[id] = &batchBook{left: map[Ref]bool{}}
	for _, s := range by.sent {
		s.batch = id
	}
}

// BatchAnswered is told what the engine knows after a create, if anything: refused means that nothing was made.
func (b *Books) BatchAnswered(by Sending, refused bool) {
	for _, s := range by.sent {
		s.refused = refused
	}
}

// BatchesListed is told of every list of batches that was answered, and when it was asked for.
func (b *Books) BatchesListed(at time.Time) {
	for _, j := range b.order {
		for _, s := range j.sent {
			if at.After(s.began) {
				s.lists = append(s.lists, at)
			}
		}
	}
}

// BatchEnded is told of every batch that ends.
func (b *Books) BatchEnded(id string) {
	if known := b.batches[id]; known != nil {
		known.ended = true
	}
}

// BatchRead is told of every reading of results that came to its end, and which lines it did not have.
func (b *Books) BatchRead(id string, left []Ref) {
	known := b.batches[id]
	if known == nil {
		return
	}
	known.read = true
	for _, line := range left {
		known.left[line] = true
	}
}

// lane checks a hold's lane against the job's.
func (b *Books) lane(j *jobBook, what string, lane cost.Lane) {
	h := j.header
	// A store that is slow, and a machine that stands still, hold one Update up for so long.
	early, late := b.now().Before(h.BatchUntil.Add(-b.Margin)), b.now().After(h.BatchUntil.Add(5*b.lease()))
	switch {
	case h.Lane != cost.Auto && lane != h.Lane:
		b.Fail("%s: in lane %s of a job in lane %s", what, lane, h.Lane)
	case h.Lane == cost.Auto && (lane == cost.Realtime && early || lane == cost.Batch && late) && !b.Wild:
		b.Fail("%s: in lane %s, batches are made until %s", what, lane, h.BatchUntil)
	}
}

// unbatched checks that what was open in a batch is resolved by what the batch came to, and by nothing else.
func (b *Books) unbatched(j *jobBook, what string, e *cost.Entry) {
	s := j.sent[attempt{e.Ordinal, e.Attempt}]
	// After a restore a batch of the lost time may be taken for the one that was sent.
	if b.Wild || b.restored || b.opening {
		return
	}
	if s == nil {
		if e.Kind != cost.EntryVoid {
			b.Fail("%s: it was in no batch", what)
		}
		return
	}
	known := b.batches[s.batch]
	if known == nil {
		return // nothing was made; what it is resolved to can only be too much
	}
	n := j.header.Layout.ParcelOf(e.Ordinal)
	fence := int64(0)
	if p := j.shards[j.header.Layout.ShardOf(n)].parcels[n]; p != nil {
		fence = p.Fence // that of the parcel before this commit: ledgers are read first
	}
	if c, some := b.collection(j.id, n, fence); some && c.State == "void" && c.Fate == "unknown" && e.Kind == cost.EntryPresume {
		return // several batches could be it
	}
	switch {
	case !known.ended:
		b.Fail("%s: its batch %s is under way", what, s.batch)
	case e.Kind == cost.EntryPresume && e.MessageID == "" && !known.left[Ref{j.id, e.Ordinal, e.Attempt}]:
		b.Fail("%s: batch %s has a line for it, and no whole reading was without", what, s.batch)
	}
}

// collected checks, at rest, that no collection is left.
func (b *Books) collected() {
	for _, record := range b.store.All("collections", "") {
		if c, is := ReadCollection(record); is {
			b.Fail("job %s: collection %d is at rest and %s", c.Job, c.Number, c.State)
		}
	}
}
