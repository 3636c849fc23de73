package books

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// shelf is a store that is written to by hand.
type shelf map[ports.Key][]byte

func (s shelf) Read(key ports.Key) ([]byte, bool) { body, found := s[key]; return body, found }

func (s shelf) All(partition, prefix string) []ports.Record {
	var records []ports.Record
	for key, body := range s {
		if key.Partition == partition && strings.HasPrefix(key.Sort, prefix) {
			records = append(records, ports.Record{Key: key, Body: body})
		}
	}
	sort.Slice(records, func(i, j int) bool { return records[i].Key.Sort < records[j].Key.Sort })
	return records
}

func (s shelf) Partitions() []string {
	seen := map[string]bool{}
	for key := range s {
		seen[key.Partition] = true
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	return names
}

const (
	jobPart   = "job/j1"
	shardPart = "job/j1/s00"
	hold      = cost.Pico(1000)
)

// desk is one job of two tasks in one parcel, written by hand as the engine would, and its books.
type desk struct {
	t      *testing.T
	shelf  shelf
	books  *Books
	header job.Job
	shard  job.Shard
	parcel job.Parcel
	owner  job.Owner
	wrote  []ports.Key
	// sending is the last create.
	sending Sending
}

func newDesk(t *testing.T) *desk {
	layout := job.NewLayout(2, 2)
	d := &desk{t: t, shelf: shelf{}, shard: job.NewShard(layout, 0, noon), parcel: job.NewParcel(0, 2, 2), owner: job.Owner{1}}
	d.books = New(d.shelf, func() time.Time { return noon }, Rules{
		CallTimeout: time.Minute, Margin: 5 * time.Second, Fresh: 5 * time.Second, Epoch: func() int64 { return 0 },
	})
	d.header = job.Job{
		Schema: 1, ID: "j1", Tenant: "acme", Layout: layout, Lane: cost.Realtime, Limits: job.Limits{Judged: 3, Unknown: 3}, State: job.StatePending,
		Round: 1, Cap: 10 * hold, Ends: make([]*job.End, 1), Account: cost.Account{Granted: 10 * hold},
		Grants: []job.Grant{{Month: "2026-06", Drawn: 10 * hold}}, InputChunks: 1,
	}
	d.putJob()
	d.putShard()
	d.put(ports.Key{Partition: "active", Sort: "j1"}, []byte("{}"))
	d.month("acme", 10*hold)
	d.month("", 10*hold)
	d.commit()
	require.Empty(t, d.books.Broken())
	return d
}

func (d *desk) put(key ports.Key, body []byte) {
	d.shelf[key] = body
	d.wrote = append(d.wrote, key)
}

func (d *desk) month(tenant string, drawn cost.Pico) {
	key := ports.Key{Partition: "tenant/" + tenant, Sort: "month/2026-06"}
	if tenant == "" {
		key.Partition = "global"
	}
	d.put(key, fmt.Appendf(nil, `{"month":"2026-06","account":{"granted":"%s","drawn":"%s","held":"0","settled":"0","presumed":"0","overrun":"0"}}`, drawn, drawn))
}

func (d *desk) putJob() {
	body, err := d.header.Pack()
	require.NoError(d.t, err)
	d.put(ports.Key{Partition: jobPart, Sort: "header"}, body)
}

func (d *desk) putShard() { d.put(ports.Key{Partition: shardPart, Sort: "header"}, d.shard.Pack()) }
func (d *desk) putParcel() {
	d.put(ports.Key{Partition: shardPart, Sort: "p/00000000"}, d.parcel.Pack())
}

func (d *desk) entries(entries ...cost.Entry) {
	block := cost.Block{First: d.shard.Head.Seq + 1, At: noon, Round: 1, Entries: entries}
	head, body, err := d.shard.Head.Append(block)
	require.NoError(d.t, err)
	d.shard.Head = head
	d.put(blockKey("job/j1/l00", block.First), body)
}

func (d *desk) commit() {
	d.books.Committed(d.wrote, Told{})
	d.wrote = nil
}

func entry(kind cost.EntryKind, amount cost.Pico) cost.Entry {
	e := cost.Entry{Kind: kind, Ordinal: 0, Attempt: 1, Amount: amount, Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "v"}}
	if kind == cost.EntrySettle {
		e.MessageID, e.Usage = "msg", cost.Usage{Input: 1}
	}
	return e
}

// lease writes a lease with a hold for the first task; change may spoil it before it is committed.
func (d *desk) lease(change func(*desk)) {
	d.parcel.Lease(d.owner, 0, noon.Add(2*time.Minute))
	_, err := d.parcel.Tasks[0].Start()
	require.NoError(d.t, err)
	d.parcel.Begin(job.Attempt{Task: 0, Number: 1, Hold: hold, Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "v"}})
	d.header.Account.Drawn, d.header.State = hold, job.StateRunning
	d.shard.Account = cost.Account{Granted: hold, Held: hold}
	d.shard.Counts = job.Counts{job.TaskQueued: 1, job.TaskRunning: 1}
	d.shard.Untouched, d.shard.LeaseEnd = 0, d.parcel.LeaseEnd
	if change != nil {
		change(d)
	}
	if d.shard.Head.Seq == 0 {
		d.entries(entry(cost.EntryHold, hold))
	}
	d.putJob()
	d.putShard()
	d.putParcel()
	d.commit()
}

// TestALeaseIsFine is the desk's own check: nothing is wrong with what the other tests spoil.
func TestALeaseIsFine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lease(nil)
	require.Empty(t, d.books.Broken())
	require.False(t, d.books.Runnable(Message{Job: "j1"}))
	require.Equal(t, []job.ID{"j1"}, d.books.Jobs())
	require.Equal(t, "acme", d.books.Tenant("j1"))
}

func TestSpoiledLeases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*desk)
		want   string
	}{
		"no hold in the ledger": {func(d *desk) {
			d.entries(cost.Entry{Kind: cost.EntryHold, Ordinal: 1, Attempt: 1, Amount: hold, Terms: entry(cost.EntryHold, 1).Terms})
		}, "is open and not held"},
		"counters left behind":       {func(d *desk) { d.shard.Counts = job.Counts{job.TaskQueued: 2} }, "counts"},
		"account left behind":        {func(d *desk) { d.shard.Account.Held = 0 }, "ledger held"},
		"drawn and not granted":      {func(d *desk) { d.header.Account.Drawn = 2 * hold }, "granted to its shards"},
		"a lease in a closed shard":  {func(d *desk) { d.shard.Gate, d.shard.Wish = job.GatePaused, 1 }, "in a shard that is paused"},
		"no time to look":            {func(d *desk) { d.shard.LeaseEnd = time.Time{} }, "has it looked at at"},
		"an attempt without a lease": {func(d *desk) { d.parcel.Release() }, "open attempts and no lease"},
		"a task that skips":          {func(d *desk) { d.parcel.Tasks[1].State = job.TaskCompleted }, "is completed with attempt 0"},
		"a head without its block":   {func(d *desk) { d.entries(entry(cost.EntryHold, hold)); d.shard.Head.Seq++ }, "the header says 2"},
		"another tenant":             {func(d *desk) { d.put(ports.Key{Partition: "tenant/other", Sort: "index"}, nil) }, "of 2 tenants"},
		"what never changes":         {func(d *desk) { d.header.Tenant = "brio" }, "what never changes"},
		"more than the cap":          {func(d *desk) { d.header.Cap = hold / 2 }, "of a cap of"},
		"ended with open tasks":      {func(d *desk) { d.header.State = job.StateCompleted }, "with 2 open tasks"},
		"the history written twice": {func(d *desk) {
			k := ports.Key{Partition: jobPart, Sort: "event/000001"}
			d.put(k, []byte("{}"))
			d.put(k, []byte("{}"))
		}, "was written again"},
		"an answer that nobody gave":  {func(d *desk) { d.answer("ghost", "ok") }, "was never given"},
		"a month that does not match": {func(d *desk) { d.month("acme", 9*hold); d.month("", 9*hold) }, "jobs were granted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.lease(test.change)
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
}

func (d *desk) answer(message, text string) {
	stored := &job.Stored{Ordinal: 0, Attempt: 1, MessageID: message, UsageOK: true, Verdict: job.Verdict{Outcome: job.Accepted, Output: []byte(text)}}
	d.put(ports.Key{Partition: shardPart, Sort: "a/00000000/000001"}, stored.Pack())
}

func TestMoney(t *testing.T) {
	t.Parallel()
	line := func(amount cost.Pico) *Line {
		return &Line{Job: "j1", Tenant: "acme", Message: "msg", Amount: amount, Text: "ok"}
	}
	settle := func(d *desk, amount cost.Pico) {
		d.answer("msg", "ok")
		d.commit()
		d.entries(entry(cost.EntrySettle, amount))
		d.shard.Account = cost.Account{Granted: hold, Settled: amount}
		d.parcel.Open = nil
		require.NoError(d.t, d.parcel.Tasks[0].Complete(1))
		d.shard.Counts = job.Counts{job.TaskQueued: 1, job.TaskCompleted: 1}
		d.putShard()
		d.putParcel()
		d.commit()
	}
	t.Run("SettledAtItsPrice", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold))
		settle(d, hold)
		require.Empty(t, d.books.Broken())
		require.Equal(t, []int{0}, d.books.Repeatable("j1"))
	})
	t.Run("SettledAtAnother", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold - 1))
		settle(d, hold)
		require.Contains(t, d.books.Broken(), "is booked for")
		require.Equal(t, cost.Pico(1), d.books.Drift)
	})
	t.Run("BilledBeyondItsHold", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold + 1))
		require.Contains(t, d.books.Broken(), "owes")
	})
	t.Run("BilledBeyondTheCap", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(11 * hold))
		require.Contains(t, d.books.Broken(), "of a cap of")
	})
	t.Run("VoidedAlthoughBilled", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold))
		d.entries(entry(cost.EntryVoid, hold))
		d.commit()
		require.Contains(t, d.books.Broken(), "owes")
	})
	t.Run("PaidTwice", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold))
		settle(d, hold)
		d.entries(entry(cost.EntrySettle, hold))
		d.commit()
		require.Contains(t, d.books.Broken(), "its state in the ledger forbids it")
	})
	t.Run("AnotherTextThanTheModelSaid", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold))
		d.answer("msg", "something else")
		d.commit()
		require.Contains(t, d.books.Broken(), "not what the model said")
	})
	t.Run("StoredAndNeverSettled", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lease(nil)
		d.books.Billed(line(hold))
		d.answer("msg", "ok")
		d.commit()
		require.Empty(t, d.books.Broken())
		d.books.AtRest(nil)
		require.Contains(t, d.books.Broken(), "at rest")
		d.books.broken = ""
		d.books.answersSettled(d.books.jobs["j1"])
		require.Contains(t, d.books.Broken(), "is not settled")
	})
}

func TestBegins(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*desk, *Begin)
		want   string
	}{
		"under its lease":        {func(*desk, *Begin) {}, ""},
		"another's lease":        {func(_ *desk, c *Begin) { c.Mine = func(job.Owner) bool { return false } }, "under a lease of another"},
		"without a hold":         {func(_ *desk, c *Begin) { c.Ordinal = 1 }, "without a hold"},
		"too late for its lease": {func(_ *desk, c *Begin) { c.Clock = noon.Add(time.Minute) }, "may last longer than its lease"},
		"after it read a close":  {func(_ *desk, c *Begin) { c.ReadClosed = true }, "has read its shard closed"},
		"no such job":            {func(_ *desk, c *Begin) { c.Job = "j2" }, "does not exist"},
		"long after the close": {func(d *desk, _ *Begin) {
			d.books.jobs["j1"].shards[0].header.Gate = job.GatePaused
			d.books.jobs["j1"].shards[0].closedAt = noon.Add(-6 * time.Second)
		}, "after its shard was closed"},
		"wild clocks, no money": {func(d *desk, c *Begin) { d.books.Wild, c.Ordinal = true, 1 }, "without a hold or presume"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.lease(nil)
			begin := Begin{Job: "j1", Clock: noon, Mine: func(o job.Owner) bool { return o == d.owner }}
			test.change(d, &begin)
			d.books.Begins(begin)
			if test.want == "" {
				require.Empty(t, d.books.Broken())
				return
			}
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
	d := newDesk(t)
	d.books.Begins(Begin{Job: "j1"})
	require.Contains(t, d.books.Broken(), "never leased")
}

func TestRunnable(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.True(t, d.books.Runnable(Message{Job: "j1"}), "nobody has leased it")
	require.False(t, d.books.Runnable(Message{Job: "j1", Parcel: 7}))
	require.False(t, d.books.Runnable(Message{Job: "j2"}))
	require.Zero(t, d.books.Wish("j2"))
	require.Empty(t, d.books.Tenant("j2"))
	require.False(t, d.books.ReadClosed("j2", 0, nil))
	require.True(t, d.books.ReadClosed("j1", 0, map[string]bool{shardPart: true}))
}

func TestWishes(t *testing.T) {
	t.Parallel()
	wish := func(d *desk, n int64, gate job.Gate) {
		d.shard.Wish, d.shard.Gate = n, gate
		d.putShard()
		d.commit()
	}
	d := newDesk(t)
	wish(d, 2, job.GateOpen)
	require.Empty(t, d.books.Broken())
	wish(d, 1, job.GatePaused)
	require.Contains(t, d.books.Broken(), "was taken after wish 2")

	d = newDesk(t)
	d.header.Wish, d.header.Pauses = 1, []job.PauseReason{job.PauseOperator}
	d.putJob()
	d.commit()
	wish(d, 1, job.GateCancelled)
	require.Contains(t, d.books.Broken(), "asked for paused")
}

func TestKeysAndNotices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	once := func(id string, created time.Time) {
		body := fmt.Appendf(nil, `{"job":%q,"created":%q}`, id, created.Format(time.RFC3339))
		d.put(ports.Key{Partition: "tenant/acme", Sort: "once/k"}, body)
		d.commit()
	}
	once("j1", noon)
	once("j1", noon)
	require.Empty(t, d.books.Broken())
	d.books.KeyLife = time.Hour
	once("j2", noon)
	require.Contains(t, d.books.Broken(), "a key stands for job j1, and then for j2")

	d = newDesk(t)
	notice := ports.Key{Partition: "outbox", Sort: "j1-1-0-job.completed"}
	body := []byte(`{"id":"x","type":"job.completed","job":"j1","body":"eyJyb3VuZCI6MX0="}`)
	d.put(notice, body)
	d.commit()
	delete(d.shelf, notice)
	d.wrote = []ports.Key{notice}
	d.commit()
	require.Empty(t, d.books.Broken(), "it was delivered")
	d.put(notice, body)
	d.commit()
	require.Contains(t, d.books.Broken(), "2 completion events in round 1")
}

func TestRestored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := shelf{}
	for key, body := range d.shelf {
		before[key] = body
	}
	d.lease(nil)
	d.books.Billed(&Line{Job: "j1", Message: "msg", Amount: hold, Text: "ok"})
	d.books.store = before
	after := d.books.Restored(func(string) bool { return false })
	require.Empty(t, after.Broken())
	require.Equal(t, hold, after.lost["j1"])
	after.Reconciled(nil)
	require.Contains(t, after.Broken(), "is in no ledger after it was reconciled")

	d.books.bill["msg"].Job = "gone"
	after = d.books.Restored(func(string) bool { return false })
	after.Reconciled(nil)
	require.Contains(t, after.Broken(), "that the restore has lost, and is in no month")
	before[ports.Key{Partition: "tenant/acme", Sort: "lost/1"}] = []byte(`{"message_id":"msg"}`)
	after = d.books.Restored(func(string) bool { return false })
	after.Reconciled(nil)
	require.Contains(t, after.Broken(), "have paid")
	d.books.bill["msg"].Amount = 0
	after = d.books.Restored(func(string) bool { return false })
	after.Reconciled(nil)
	require.Empty(t, after.Broken())
}
