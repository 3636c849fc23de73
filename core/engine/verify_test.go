package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// forger changes records of a job past the engine.
type forger struct {
	*world
	id job.ID
}

func (f *forger) key(partition, sort string) ports.Key {
	return ports.Key{Partition: "job/" + string(f.id) + partition, Sort: sort}
}

func (f *forger) body(partition, sort string) []byte {
	record, err := f.store.Get(f.ctx, f.key(partition, sort))
	require.NoError(f.t, err)
	return record.Body
}

func (f *forger) shard(n int, change func(*job.Shard)) {
	key := f.key(fmt.Sprintf("/s%02d", n), "header")
	s, err := job.UnpackShard(f.body(fmt.Sprintf("/s%02d", n), "header"))
	require.NoError(f.t, err)
	change(&s)
	f.put(key, s.Pack())
}

func (f *forger) parcel(n int, change func(*job.Parcel)) {
	part, sort := fmt.Sprintf("/s%02d", n%f.job(f.id).Layout.Shards), fmt.Sprintf("p/%08d", n)
	p, err := job.UnpackParcel(f.body(part, sort))
	require.NoError(f.t, err)
	change(&p)
	f.put(f.key(part, sort), p.Pack())
}

func (f *forger) header(change func(*job.Job)) {
	j := f.job(f.id)
	change(j)
	body, err := j.Pack()
	require.NoError(f.t, err)
	f.put(f.key("", "header"), body)
}

func (f *forger) answer(ordinal, attempt int, change func(*job.Stored)) {
	l := f.job(f.id).Layout
	part := fmt.Sprintf("/s%02d", l.ShardOf(l.ParcelOf(ordinal)))
	sort := fmt.Sprintf("a/%08d/%06d", ordinal, attempt)
	s, err := job.UnpackStored(f.body(part, sort))
	require.NoError(f.t, err)
	if change == nil {
		f.put(f.key(part, sort), nil)
		return
	}
	change(s)
	f.put(f.key(part, sort), s.Pack())
}

// blocks are the shard's ledger.
func (f *forger) blocks(shard int) []ports.Record {
	return f.checks.list("job/"+string(f.id)+fmt.Sprintf("/l%02d", shard), "b/", "")
}

// rechain writes a shard's ledger anew from changed blocks, with right hashes, and its header's head with it.
func (f *forger) rechain(shard int, change func([]cost.Block) []cost.Block) {
	var blocks []cost.Block
	for _, record := range f.blocks(shard) {
		block, _, err := cost.ReadBlock(record.Body)
		require.NoError(f.t, err)
		blocks = append(blocks, block)
		f.put(record.Key, nil)
	}
	var head cost.Head
	for _, block := range change(blocks) {
		block.First = head.Seq + 1
		next, body, err := head.Append(block)
		require.NoError(f.t, err)
		f.put(f.key(fmt.Sprintf("/l%02d", shard), fmt.Sprintf("b/%012d", block.First)), body)
		head = next
	}
	f.shard(shard, func(s *job.Shard) { s.Head = head })
	f.header(func(j *job.Job) { j.Ends[shard].Head = head })
}

func (f *forger) seal(round int, change func(*engine.Seal)) {
	key := f.key("", fmt.Sprintf("seal/%04d", round))
	var seal engine.Seal
	require.NoError(f.t, json.Unmarshal(f.body("", key.Sort), &seal))
	change(&seal)
	body, err := json.Marshal(seal)
	require.NoError(f.t, err)
	f.put(key, body)
}

// row is the job's record in the index.
func (f *forger) row() ports.Key {
	return ports.Key{Partition: "tenant/acme", Sort: "job/" + string(f.id)}
}

// TestVerifyFindsForgeries tampers with each kind of record in turn. Each forgery is found, and where it is.
func TestVerifyFindsForgeries(t *testing.T) {
	t.Parallel()
	const whole = -1
	for name, test := range map[string]struct {
		forge func(f *forger)
		kind  engine.ProblemKind
		shard int
		seq   int64
	}{
		"BlockChanged": {func(f *forger) {
			r := f.blocks(1)[1]
			body := []byte(strings.Replace(string(r.Body), "msg", "gsm", 1))
			f.put(r.Key, body)
		}, engine.ProblemChain, 1, 4},
		"BlockDropped":  {func(f *forger) { f.put(f.blocks(1)[1].Key, nil) }, engine.ProblemChain, 1, 4},
		"LastBlockCut":  {func(f *forger) { b := f.blocks(1); f.put(b[len(b)-1].Key, nil) }, engine.ProblemHead, 1, 9},
		"BlocksSwapped": {func(f *forger) { b := f.blocks(1); f.put(b[0].Key, b[1].Body); f.put(b[1].Key, b[0].Body) }, engine.ProblemChain, 1, 1},
		"BlockInserted": {func(f *forger) {
			f.put(f.key("/l01", "b/000000000002"), f.blocks(0)[0].Body)
		}, engine.ProblemChain, 1, 4},
		"BlockBehindTheEnd": {func(f *forger) { f.put(f.key("/l01", "b/999999999999"), f.blocks(0)[0].Body) }, engine.ProblemChain, 1, 13},
		"BlockMoved": {func(f *forger) {
			b := f.blocks(1)
			f.put(b[1].Key, nil)
			f.put(f.key("/l01", "b/000000000005"), b[1].Body)
		}, engine.ProblemChain, 1, 4},
		"AmountWithNewHashes": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[1].Entries[0].Amount--; return b })
		}, engine.ProblemEntry, 1, 4},
		"UsageWithNewHashes": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[1].Entries[0].Usage.Output++; return b })
		}, engine.ProblemEntry, 1, 4},
		"HoldOfNothing": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[0].Entries[0].Amount = 0; return b })
		}, engine.ProblemEntry, 1, 1},
		"EntryOfAnotherShard": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[0].Entries[0].Ordinal = 0; return b })
		}, engine.ProblemEntry, 1, 1},
		"EntryOfNoTask": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[0].Entries[0].Ordinal = 3_000; return b })
		}, engine.ProblemEntry, 1, 1},
		"HeldTwice": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block {
				b[0].Entries = append(b[0].Entries, b[0].Entries[0])
				return b
			})
		}, engine.ProblemEntry, 1, 4},
		"SettledTwice": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block {
				b[1].Entries = append(b[1].Entries, b[1].Entries[0])
				return b
			})
		}, engine.ProblemEntry, 1, 7},
		"SettledWithoutAHold": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[0].Entries = b[0].Entries[1:]; return b })
		}, engine.ProblemEntry, 1, 3},
		"AdjustedWithoutAPresume": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block {
				e := b[1].Entries[0]
				e.Kind = cost.EntryAdjust
				b[1].Entries = append(b[1].Entries, e)
				return b
			})
		}, engine.ProblemEntry, 1, 7},
		"VoidOfAnotherAmount": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block {
				b[1].Entries[0] = cost.Entry{Kind: cost.EntryVoid, Ordinal: b[1].Entries[0].Ordinal, Attempt: 1, Amount: 1, Terms: b[1].Entries[0].Terms}
				return b
			})
		}, engine.ProblemEntry, 1, 4},
		"SettleLeftOut": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { b[1].Entries = b[1].Entries[1:]; return b })
		}, engine.ProblemAttempt, 1, 1},
		"PresumeMadeOfASettle": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block {
				e := b[1].Entries[0]
				b[1].Entries[0] = cost.Entry{Kind: cost.EntryPresume, Ordinal: e.Ordinal, Attempt: e.Attempt, Amount: hold, Terms: e.Terms}
				return b
			})
		}, engine.ProblemAttempt, 1, 4},
		"ChainCutBeforeASeal": {func(f *forger) {
			f.rechain(1, func(b []cost.Block) []cost.Block { return b[:1] })
		}, engine.ProblemHead, 1, 0},
		"Settled":   {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Account.Settled-- }) }, engine.ProblemAccount, 1, 0},
		"Presumed":  {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Account.Presumed++; s.Account.Granted++ }) }, engine.ProblemAccount, 1, 0},
		"Held":      {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Account.Held++; s.Account.Granted++ }) }, engine.ProblemAccount, 1, 0},
		"Committed": {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Account.Granted-- }) }, engine.ProblemAccount, 1, 0},
		"Granted":   {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Account.Granted++ }) }, engine.ProblemAccount, whole, 0},
		"Counter": {func(f *forger) {
			f.shard(1, func(s *job.Shard) { s.Counts[job.TaskCompleted]--; s.Counts[job.TaskFailed]++ })
		}, engine.ProblemCounter, 1, 0},
		"Untouched":  {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Untouched++ }) }, engine.ProblemCounter, 1, 0},
		"Waiting":    {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Waiting[1]++ }) }, engine.ProblemCounter, 1, 0},
		"Ended":      {func(f *forger) { f.shard(1, func(s *job.Shard) { s.SetEnded(0, false) }) }, engine.ProblemCounter, 1, 0},
		"Done":       {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Done = false }) }, engine.ProblemCounter, 1, 0},
		"HeadHash":   {func(f *forger) { f.shard(1, func(s *job.Shard) { s.Head.Hash[0]++ }) }, engine.ProblemHead, 1, 12},
		"ShardBytes": {func(f *forger) { f.put(f.key("/s01", "header"), []byte("nonsense")) }, engine.ProblemRecord, 1, 0},
		"ShardGone":  {func(f *forger) { f.put(f.key("/s01", "header"), nil) }, engine.ProblemRecord, 1, 0},
		"ParcelBytes": {func(f *forger) {
			f.put(f.key("/s01", "p/00000001"), []byte("nonsense"))
		}, engine.ProblemRecord, 1, 0},
		"ParcelGone": {func(f *forger) { f.put(f.key("/s01", "p/00000001"), nil) }, engine.ProblemCounter, 1, 0},
		"TaskState": {func(f *forger) {
			f.parcel(1, func(p *job.Parcel) { p.Tasks[0].State, p.Tasks[0].Code = job.TaskFailed, "X" })
		}, engine.ProblemCounter, 1, 0},
		"TaskCost":   {func(f *forger) { f.parcel(1, func(p *job.Parcel) { p.Tasks[0].Cost++ }) }, engine.ProblemAttempt, 1, 0},
		"TaskBilled": {func(f *forger) { f.parcel(1, func(p *job.Parcel) { p.Tasks[0].Billed++ }) }, engine.ProblemAttempt, 1, 0},
		"TaskLast":   {func(f *forger) { f.parcel(1, func(p *job.Parcel) { p.Tasks[0].Last++ }) }, engine.ProblemAttempt, 1, 0},
		"TaskAccepted": {func(f *forger) {
			f.parcel(2, func(p *job.Parcel) { p.Tasks[1].Accepted = 1 })
		}, engine.ProblemAttempt, 0, 0},
		"OpenAttempt": {func(f *forger) {
			f.parcel(1, func(p *job.Parcel) { p.Begin(job.Attempt{Task: 0, Number: 1, Hold: hold}) })
		}, engine.ProblemAttempt, 1, 0},
		"PresumedAttempt": {func(f *forger) {
			f.parcel(2, func(p *job.Parcel) { p.Presumed = nil })
		}, engine.ProblemAttempt, 0, 11},
		"Content":     {func(f *forger) { f.answer(3, 2, func(s *job.Stored) { s.Verdict.Output = []byte("another text") }) }, engine.ProblemContent, 1, 0},
		"ContentGone": {func(f *forger) { f.answer(3, 2, nil) }, engine.ProblemContent, 1, 0},
		"SealHead":    {func(f *forger) { f.seal(1, func(s *engine.Seal) { s.Heads[1].Seq++ }) }, engine.ProblemHead, whole, 0},
		"SealHash":    {func(f *forger) { f.seal(2, func(s *engine.Seal) { s.Hash[0]++ }) }, engine.ProblemHead, whole, 0},
		"SealMadeAnew": {func(f *forger) {
			f.seal(1, func(s *engine.Seal) { s.Heads[1].Hash[0]++; s.Hash = cost.Seal(s.Round, s.Heads) })
		}, engine.ProblemHead, 1, 6},
		"SealGone":  {func(f *forger) { f.put(f.key("", "seal/0001"), nil) }, engine.ProblemHead, whole, 0},
		"SealBytes": {func(f *forger) { f.put(f.key("", "seal/0001"), []byte("{")) }, engine.ProblemRecord, whole, 0},
		"JobBytes":  {func(f *forger) { f.put(f.key("", "header"), []byte("{")) }, engine.ProblemRecord, whole, 0},
		"IndexGone": {func(f *forger) { f.put(f.row(), nil) }, engine.ProblemRecord, whole, 0},
		"IndexSum": {func(f *forger) {
			body := f.checks.list(f.row().Partition, f.row().Sort, "")[0].Body
			f.put(f.row(), []byte(strings.Replace(string(body), `"completed":`, `"completed":1`, 1)))
		}, engine.ProblemRecord, whole, 0},
		"JobState":   {func(f *forger) { f.header(func(j *job.Job) { j.State = job.StateCompleted }) }, engine.ProblemCounter, whole, 0},
		"JobRuns":    {func(f *forger) { f.header(func(j *job.Job) { j.State = job.StateRunning }) }, engine.ProblemCounter, whole, 0},
		"JobRound":   {func(f *forger) { f.header(func(j *job.Job) { j.Round = 3 }) }, engine.ProblemCounter, whole, 0},
		"JobCap":     {func(f *forger) { f.header(func(j *job.Job) { j.Cap++ }) }, engine.ProblemAccount, whole, 0},
		"JobDrawn":   {func(f *forger) { f.header(func(j *job.Job) { j.Account.Drawn-- }) }, engine.ProblemAccount, whole, 0},
		"JobGranted": {func(f *forger) { f.header(func(j *job.Job) { j.Account.Granted++ }) }, engine.ProblemAccount, whole, 0},
		"JobKeeps": {func(f *forger) {
			f.header(func(j *job.Job) { j.Account.Granted++; j.Grants[0].Drawn++ })
		}, engine.ProblemAccount, whole, 0},
		"JobSettled": {func(f *forger) { f.header(func(j *job.Job) { j.Account.Settled++ }) }, engine.ProblemAccount, whole, 0},
		"JobGrants":  {func(f *forger) { f.header(func(j *job.Job) { j.Grants[0].Returned++ }) }, engine.ProblemAccount, whole, 0},
		"JobEnd":     {func(f *forger) { f.header(func(j *job.Job) { j.Ends[1].Counts[job.TaskCompleted]++ }) }, engine.ProblemCounter, 1, 12},
		"JobEndGone": {func(f *forger) { f.header(func(j *job.Job) { j.Ends[1] = nil }) }, engine.ProblemCounter, 1, 0},
		"EventGone":  {func(f *forger) { f.put(f.key("", "event/000002"), nil) }, engine.ProblemRecord, whole, 0},
		"EventBytes": {func(f *forger) { f.put(f.key("", "event/000002"), []byte("{")) }, engine.ProblemRecord, whole, 0},
		"EventsCut": {func(f *forger) {
			f.put(f.key("", fmt.Sprintf("event/%06d", f.job(f.id).Events)), nil)
		}, engine.ProblemRecord, whole, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := forged(t)
			test.forge(f)
			report, err := f.main.Verify(f.ctx, f.id)
			require.NoError(t, err)
			require.False(t, report.OK())
			found := false
			for _, p := range report.Problems {
				found = found || p.Kind == test.kind && p.Shard == test.shard && (test.seq == 0 || p.Seq == test.seq)
			}
			require.True(t, found, "%+v", report.Problems)
			f.checks.books = nil
			f.verified = true
		})
	}
}

// forged is a job of two shards and two rounds, with settles, voids, presumes and an adjust in its books.
func forged(t *testing.T) *forger {
	w := newWorld(t, small())
	w.oracle.script = func(p plea) said {
		switch {
		case p.ordinal == 7 && p.n < 6:
			return unknown(true)
		case p.ordinal == 0 && p.n == 1:
			return failing("REFUSED")
		case p.ordinal == 4 && p.n == 1:
			return failing("REFUSED")
		}
		return ok()
	}
	id := w.submit(9, func(s *engine.Submission) { s.Limits.Unknown = 1 })
	w.deliver(id, 0)
	w.deliver(id, 1)
	require.Equal(t, job.StatePartial, w.rest(id).State)
	_, err := w.main.Retry(w.ctx, id, []int{0, 3, 4, 5}, 0)
	require.NoError(t, err)
	require.Equal(t, job.StatePartial, w.rest(id).State)
	report, err := w.main.Verify(w.ctx, id)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.True(t, report.OK())
	require.EqualValues(t, 18+8, report.Entries)
	return &forger{w, id}
}

// TestVerifyLiveJob looks at a job while it is worked on: nothing honest is a problem.
func TestVerifyLiveJob(t *testing.T) {
	t.Parallel()
	for seed := range 40 {
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal%3 == 0 && p.n == 1 {
				return failing("REFUSED")
			}
			return ok()
		}
		id := w.submit(12)
		turn := seed
		for _, l := range []int{0, 1, 2, 3} {
			w.work(w.main, &letter{body: job.ParcelNote(w.job(id), l).Pack()})
		}
		var report engine.Report
		for round := range 2 {
			other := w.start(small())
			s := w.spawn(func() {
				var err error
				report, err = other.Verify(w.ctx, id)
				require.NoError(t, err)
			})
			if round == 1 && w.job(id).State.Ended() {
				w.spawn(func() { _, _ = w.main.Retry(w.ctx, id, nil, 0) })
			}
			for !s.done {
				turn = turn*31 + 7
				w.step(func(n int) int { return (turn & 1023) % n })
			}
			require.Empty(t, report.Problems, "seed %d", seed)
			w.settle(first)
			w.now = w.now.Add(1)
		}
		w.rest(id)
	}
}

// TestVerifyWhileTheJobEnds lets the job end between the reads of its header and of its seals.
func TestVerifyWhileTheJobEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	id := w.submit(3)
	worker := w.main
	w.wrap = func(p *engine.Ports) {
		p.Store = &faulty{Store: p.Store, list: func(r ports.Range) error {
			if r.From == "seal/" && !w.job(id).State.Ended() {
				require.NoError(t, worker.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()))
			}
			return nil
		}}
	}
	report, err := w.start(small()).Verify(w.ctx, id)
	require.NoError(t, err)
	require.True(t, w.job(id).State.Ended())
	require.Empty(t, report.Problems)
}

// TestVerifyTooManyProblems is about books that are wrong everywhere.
func TestVerifyTooManyProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &engine.Options{})
	id := w.submit(1500)
	w.rest(id)
	f := &forger{w, id}
	for parcel := range w.job(id).Layout.Parcels() {
		f.parcel(parcel, func(p *job.Parcel) {
			for i := range p.Tasks {
				p.Tasks[i].Cost++
			}
		})
	}
	report, err := w.main.Verify(w.ctx, id)
	require.NoError(t, err)
	require.Len(t, report.Problems, 1000)
	w.verified = true
}
