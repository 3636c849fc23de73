package books

import (
	"fmt"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// jobBook is all that is known of one job.
type jobBook struct {
	id      job.ID
	header  *job.Job
	before  *job.Job
	shards  []shardBook
	money   []taskMoney
	answers map[attempt]answer
	billed  cost.Pico
	seals   int
	// closedAt is when the job was closed, by a wish that its shards may not know yet.
	closedAt time.Time
	// wishes are the gates by the number of the wish that asked for them.
	wishes map[int64]job.Gate
	events map[string]bool
	// said are the entries that the commit which is looked at has added to the history; caps are all that the job has had.
	said []said
	caps []cost.Pico
	// obeys is set while a call that switched spending off has reached the job in all its shards.
	obeys bool
	// refused is what the provider last said to a call for a task, begun the attempts that a call was made for. wanted are the
	// tasks that a retry has not reached yet, nil where that is not known; keys are those that have begun rounds.
	refused map[int]refusal
	begun   map[attempt]bool
	wanted  map[int]bool
	keys    []string
	// sent are the attempts that are lines of batches, repeats those that repeat one of unknown outcome.
	// With clocks that are hours apart, whether a batch was made cannot be told from lists: doubts are the tasks of creates
	// of unknown outcome, which may be done twice.
	doubts  map[int]bool
	sent    map[attempt]*sent
	repeats map[attempt]bool
	// opened is when the attempts were held.
	opened map[attempt]time.Time
	// stopped names an attempt to which the provider said that it stops all calls, in the commit that is looked at.
	stopped string
}

// taskMoney is what is owed to the provider for a task, and what covers it.
type taskMoney struct{ owed, covers cost.Pico }

type attempt struct{ ordinal, number int }

// answer is a stored answer.
type answer struct {
	message  string
	accepted bool
	again    bool // another attempt may be made
	due      bool // it has a price, and must be settled
}

// shardBook is one shard: its header, its parcels and its ledger as far as it was read.
type shardBook struct {
	header  job.Shard
	parcels map[int]*job.Parcel
	// counts, waiting and untouched are added up from the parcels.
	counts    job.Counts
	waiting   [job.Reasons]int
	untouched int
	chain     chain
	closedAt  time.Time
	// heldNow is set by a hold in the commit that is looked at.
	heldNow bool
	dirty   bool
}

// open reads a job that was not known: all of it, because it was just made or the store was set back.
func (b *Books) open(id job.ID) *jobBook {
	body, found := b.store.Read(ports.Key{Partition: "job/" + string(id), Sort: "header"})
	if !found {
		b.Fail("job %s: a record was written, and it has no header", id)
		return nil
	}
	header, err := job.UnpackJob(body)
	if err != nil {
		b.Fail("job %s: %v", id, err)
		return nil
	}
	j := &jobBook{
		id: id, header: header, shards: make([]shardBook, header.Layout.Shards), money: make([]taskMoney, header.Layout.Tasks),
		answers: map[attempt]answer{}, events: map[string]bool{}, refused: map[int]refusal{}, begun: map[attempt]bool{}, wishes: map[int64]job.Gate{},
		caps: []cost.Pico{header.Cap}, sent: map[attempt]*sent{}, doubts: map[int]bool{}, repeats: map[attempt]bool{}, opened: map[attempt]time.Time{},
	}
	if !header.State.Ended() {
		j.wishes[header.Wish] = header.Gate()
	}
	b.jobs[id], b.order = j, append(b.order, j)
	b.grants(nil, header)
	for n := range j.shards {
		s := &j.shards[n]
		s.parcels, s.chain = map[int]*job.Parcel{}, newChain()
		for slot := range header.Layout.ParcelsOf(n) {
			tasks := header.Layout.TasksOf(header.Layout.Parcel(n, slot))
			s.untouched += tasks
			s.counts[job.TaskQueued] += tasks
		}
		b.reread(j, n)
	}
	j.seals = len(b.store.All("job/"+string(id), "seal/"))
	return j
}

// reread takes in what a shard's partition holds.
func (b *Books) reread(j *jobBook, n int) {
	part := fmt.Sprintf("job/%s/s%02d", j.id, n)
	b.shardRecord(j, n)
	b.follow(j, n)
	for _, record := range b.store.All(part, "a/") {
		b.answerRecord(j, record.Key)
	}
	for _, record := range b.store.All(part, "p/") {
		b.parcelRecord(j, n, number(strings.TrimPrefix(record.Key.Sort, "p/")))
	}
}

func (b *Books) headerRecord(j *jobBook, key ports.Key) {
	switch {
	case key.Sort == "header":
		body, _ := b.store.Read(key)
		header, err := job.UnpackJob(body)
		if err != nil {
			b.Fail("job %s: %v", j.id, err)
			return
		}
		if j.before == nil {
			j.before = j.header
		}
		j.header = header
		if header.Gate() == job.GateOpen || j.before.Gate() == job.GateOpen {
			j.closedAt = b.now()
		}
		// A wish that is made with the job's last task is of no use to anybody: the end forgets it.
		if header.Wish != j.before.Wish && !header.State.Ended() {
			j.wishes[header.Wish] = header.Gate()
		}
		b.grants(j.before, header)
	case strings.HasPrefix(key.Sort, "seal/"):
		j.seals++
	case strings.HasPrefix(key.Sort, "event/"):
		if j.events[key.Sort] {
			b.Fail("job %s: %s was written again", j.id, key.Sort)
		}
		j.events[key.Sort] = true
		b.historyRecord(j, key)
	}
}

func (b *Books) shardRecord(j *jobBook, n int) {
	who := fmt.Sprintf("job %s shard %d", j.id, n)
	body, _ := b.store.Read(ports.Key{Partition: fmt.Sprintf("job/%s/s%02d", j.id, n), Sort: "header"})
	next, err := job.UnpackShard(body)
	if err != nil {
		b.Fail("%s: %v", who, err)
		return
	}
	s := &j.shards[n]
	was := s.header
	if next.Wish < was.Wish || next.Wish == was.Wish && next.Gate != was.Gate {
		b.Fail("%s: wish %d (%s) was taken after wish %d (%s)", who, next.Wish, next.Gate, was.Wish, was.Gate)
	}
	if gate, known := j.wishes[next.Wish]; known && gate != next.Gate {
		b.Fail("%s: wish %d asked for %s, the gate is %s", who, next.Wish, gate, next.Gate)
	}
	switch {
	case next.Gate == job.GateOpen:
		s.closedAt = time.Time{}
	case s.closedAt.IsZero():
		s.closedAt = b.now()
	}
	if was.Account != next.Account {
		if err := next.Account.Check(); err != nil {
			b.Fail("%s: %v", who, err)
		}
		if next.Account.Overrun > b.lost[j.id] && !b.Loose && !b.strange {
			b.Fail("%s: overrun of %s although no bound was wrong", who, next.Account.Overrun)
		}
	}
	if next.Dropped && !was.Dropped {
		s.counts[job.TaskQueued] -= s.untouched
		s.counts[job.TaskCancelled] += s.untouched
	}
	s.header, s.dirty = next, true
}

func (b *Books) answerRecord(j *jobBook, key ports.Key) {
	body, found := b.store.Read(key)
	stored, err := job.UnpackStored(body)
	if !found || err != nil {
		b.Fail("job %s: answer %s: %v", j.id, key.Sort, err)
		return
	}
	at := attempt{stored.Ordinal, stored.Attempt}
	if _, twice := j.answers[at]; twice {
		b.Fail("job %s: answer %s was written twice", j.id, key.Sort)
	}
	line := b.bill[stored.MessageID]
	switch {
	case line == nil:
		b.Fail("job %s: answer %s was never given", j.id, stored.MessageID)
	case line.Job != j.id || line.Ordinal != stored.Ordinal:
		b.Fail("job %s: the answer of task %d is that of job %s task %d", j.id, stored.Ordinal, line.Job, line.Ordinal)
	case stored.Verdict.Outcome == job.Accepted && string(stored.Verdict.Output) != line.Text:
		b.Fail("job %s: the content of task %d is not what the model said", j.id, stored.Ordinal)
	}
	j.answers[at] = answer{message: stored.MessageID, accepted: stored.Verdict.Outcome == job.Accepted, again: stored.Verdict.Outcome == job.Again, due: stored.UsageOK && !stored.Unbilled}
}
