package books

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

var line = Ref{"j1", 0, 1}

// collect writes a lease in the batch lane, and the collection that has it.
func (d *desk) collect(state, fate string) {
	d.header.Lane = cost.Batch
	d.books.jobs["j1"].header.Lane = cost.Batch
	d.lease(func(d *desk) {
		d.parcel.Open[0].Terms.Lane = cost.Batch
		hold := entry(cost.EntryHold, hold)
		hold.Terms.Lane = cost.Batch
		d.entries(hold)
	})
	d.collection(state, fate)
}

func (d *desk) collection(state, fate string) {
	d.shelf[ports.Key{Partition: "collections", Sort: "j1/000000"}] = []byte(`{"job":"j1","state":"` + state + `","fate":"` + fate +
		`","owner":"` + d.owner.String() + `","members":[{"parcel":0,"fence":1}]}`)
	d.shelf[creates] = []byte(`{"holder":"j1/000000"}`)
}

// resolve writes what the attempt is resolved to.
func (d *desk) resolve(kind cost.EntryKind) {
	d.parcel.TakeOpen(0, 1)
	e := entry(kind, hold)
	e.Terms.Lane = cost.Batch
	task := &d.parcel.Tasks[0]
	d.shard.Account = cost.Account{Granted: hold}
	switch kind {
	case cost.EntryPresume:
		d.parcel.Presumed = append(d.parcel.Presumed, job.Attempt{Task: 0, Number: 1, Hold: hold, Terms: e.Terms})
		d.shard.Account.Presumed = hold
		task.Unknown++
	case cost.EntrySettle:
		d.shard.Account.Settled = hold
	}
	require.NoError(d.t, task.Wait(job.ReasonRetry, noon.Add(time.Minute)))
	d.parcel.Release()
	d.shard.Counts = job.Counts{job.TaskQueued: 1, job.TaskWaiting: 1}
	d.shard.Waiting[job.ReasonRetry] = 1
	d.shard.LeaseEnd, d.shard.Due = time.Time{}, noon.Add(time.Minute)
	d.entries(e)
	d.putShard()
	d.putParcel()
	d.commit()
}

func (d *desk) send(refused bool) {
	d.sending = d.books.BatchBegins([]Ref{line}, 0)
	d.books.BatchAnswered(d.sending, refused)
}

func (d *desk) made() { d.books.BatchMade("b1", d.sending) }

func TestBatchLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(*desk)
		want string
	}{
		"sent once":          {func(d *desk) { d.send(false) }, ""},
		"refused, and again": {func(d *desk) { d.send(true); d.send(false) }, ""},
		"unknown, and again": {func(d *desk) { d.send(false); d.send(false) }, "again, after a create at"},
		"a job that is closed": {func(d *desk) {
			d.books.jobs["j1"].header.CancelledAt = noon
			d.books.jobs["j1"].closedAt = noon.Add(-time.Minute)
			d.send(false)
		}, "after the job was closed"},
		"no such job":       {func(d *desk) { d.books.BatchBegins([]Ref{{"j9", 0, 1}}, 0) }, "which does not exist"},
		"another attempt":   {func(d *desk) { d.books.BatchBegins([]Ref{{"j1", 0, 2}}, 0) }, "no attempt of that lane is open"},
		"not being sent":    {func(d *desk) { d.collection("open", ""); d.send(false) }, `its collection is "open"`},
		"nobody may create": {func(d *desk) { d.shelf[creates] = []byte("{}"); d.send(false) }, "while nobody has the one create"},
		"an older create is answered late": {func(d *desk) {
			older := d.books.BatchBegins([]Ref{line}, 0)
			d.books.BatchAnswered(older, true)
			d.send(true)
			d.books.BatchAnswered(older, false)
			d.send(false)
		}, ""},
		"two lists without it": {func(d *desk) {
			d.send(false)
			d.books.BatchesListed(noon.Add(time.Minute))
			d.books.BatchesListed(noon.Add(2 * time.Minute))
			d.send(false)
		}, ""},
		"two lists at one time": {func(d *desk) {
			d.send(false)
			d.books.BatchesListed(noon.Add(time.Minute))
			d.books.BatchesListed(noon.Add(time.Minute))
			d.send(false)
		}, "again, after a create at"},
		"two lists, and there it is": {func(d *desk) {
			d.send(false)
			d.made()
			d.books.BatchesListed(noon.Add(time.Minute))
			d.books.BatchesListed(noon.Add(2 * time.Minute))
			d.send(false)
		}, "batch b1 has it"},
		"void and never sent":        {func(d *desk) { d.resolve(cost.EntryVoid) }, ""},
		"presumed and never sent":    {func(d *desk) { d.resolve(cost.EntryPresume) }, "it was in no batch"},
		"presumed and under way":     {func(d *desk) { d.send(false); d.made(); d.resolve(cost.EntryPresume) }, "its batch b1 is under way"},
		"presumed and not made":      {func(d *desk) { d.send(false); d.resolve(cost.EntryPresume) }, ""},
		"presumed although it is in": {func(d *desk) { d.send(false); d.made(); d.books.BatchEnded("b1"); d.resolve(cost.EntryPresume) }, "no whole reading was without"},
		"presumed and missing": {func(d *desk) {
			d.send(false)
			d.made()
			d.books.BatchEnded("b1")
			d.books.BatchRead("b1", []Ref{line})
			d.resolve(cost.EntryPresume)
		}, ""},
		"presumed in doubt": {func(d *desk) {
			d.send(false)
			d.made()
			d.collection("void", "unknown")
			d.resolve(cost.EntryPresume)
		}, ""},
		"done in two batches": {func(d *desk) {
			d.books.Billed(&Line{Job: "j1", Number: 1, Message: "one", Batch: "b1", Amount: 1})
			d.books.Billed(&Line{Job: "j1", Number: 1, Message: "two", Batch: "b2", Amount: 1})
		}, "was done in batches b1 and b2"},
		"left at rest":      {func(d *desk) { d.books.collected() }, "collection 0 is at rest"},
		"a batch of nobody": {func(d *desk) { d.books.BatchEnded("b9"); d.books.BatchRead("b9", nil) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.collect("creating", "")
			require.Empty(t, d.books.Broken())
			test.do(d)
			if test.want == "" {
				require.Empty(t, d.books.Broken())
			} else {
				require.Contains(t, d.books.Broken(), test.want)
			}
		})
	}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lane, hold cost.Lane
		until      time.Duration
		want       string
	}{
		"its own":      {cost.Realtime, cost.Realtime, 0, ""},
		"another":      {cost.Realtime, cost.Batch, 0, "in lane batch of a job in lane realtime"},
		"auto, early":  {cost.Auto, cost.Batch, time.Hour, ""},
		"auto, late":   {cost.Auto, cost.Realtime, -time.Hour, ""},
		"too early":    {cost.Auto, cost.Realtime, time.Hour, "batches are made until"},
		"too late":     {cost.Auto, cost.Batch, -time.Hour, "batches are made until"},
		"at that time": {cost.Auto, cost.Batch, -time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.header.Lane, d.header.BatchUntil = test.lane, noon.Add(test.until)
			d.books.lane(&jobBook{header: &d.header}, "hold", test.hold)
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
}
