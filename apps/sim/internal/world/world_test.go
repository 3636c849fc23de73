package world

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestTheSameSeedGivesTheSameTrace compares every byte of what happened.
func TestTheSameSeedGivesTheSameTrace(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{3, 24, 57} {
		var one, two bytes.Buffer
		first := Run(Draw(seed), &Options{Trace: &one})
		second := Run(Draw(seed), &Options{Trace: &two})
		require.Empty(t, first.Broken)
		require.Equal(t, first.Hash, second.Hash)
		require.Greater(t, one.Len(), 5000)
		require.Equal(t, one.String(), two.String())
		silent := Run(Draw(seed), nil)
		require.Equal(t, first.Hash, silent.Hash, "reading along changes nothing")
	}
	require.NotEqual(t, Run(Draw(3), nil).Hash, Run(Draw(4), nil).Hash)
}

func TestDrawCoversEverySwitch(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(400) {
		c := Draw(seed)
		for name, on := range map[string]bool{
			"tight": c.Tight, "grim": c.Grim, "hasty": c.Hasty, "wild": c.Wild, "dear": c.Dear, "version": c.OtherVersion, "schema": c.OldSchema, "functions": c.Functions,
			"rewind": c.Rewind, "key": c.KeyLife > 0, "month": c.MonthLimit > 0, "switched": c.Switched, "large": c.Tasks > 20, "calm": c.Intensity == 0,
			"one": c.Machines == 1, "rate": c.RPM > 0, "lying": c.Lying, "outages": c.Outages, "unsteady": c.Unsteady > 0, "guard": c.Guard, "profile": c.Profile, "batches": c.Batched > 0,
		} {
			seen[name] = seen[name] || on
			seen["not "+name] = seen["not "+name] || !on
		}
		require.Equal(t, c, Draw(seed))
	}
	require.Len(t, seen, 44)
	for name, on := range seen {
		require.True(t, on, name)
	}
}

func TestLeavingOutActorsAndFaults(t *testing.T) {
	t.Parallel()
	without := map[string]bool{}
	for _, name := range Actors() {
		without[name] = true
	}
	r := Run(Draw(8), &Options{Without: without, Keep: func(int) bool { return false }})
	require.Empty(t, r.Broken)
	r.Reach.Each(func(p chance.Pair, hits int) {
		if p.Method == "Operator" || p.Method == "Store.Update" {
			require.Zero(t, hits, "%v", p)
		}
	})
}

// TestRestore sets the store back in the middle of work: what was billed in the lost time is in the books after it.
func TestRestore(t *testing.T) {
	t.Parallel()
	restored, booked := 0, 0
	for seed := uint64(0); restored < 12; seed++ {
		c := Draw(seed)
		c.Rewind = true
		var out bytes.Buffer
		r := Run(c, &Options{Trace: &out})
		require.Empty(t, r.Broken, "seed %d", seed)
		if strings.Contains(out.String(), "restore") {
			restored++
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if strings.Contains(line, "reconcile") && !strings.Contains(line, "0 adjusted, 0 added, 0 lost") {
				booked++
			}
		}
	}
	require.Positive(t, booked)
}

func TestStoriesEndAsTold(t *testing.T) {
	t.Parallel()
	stories := Stories(3)
	require.Len(t, stories, 3*2*2*5+2*2+2+2*3+1)
	for _, s := range stories {
		r, calls := s.Play(nil, nil)
		require.Empty(t, r.Broken, "%+v", s)
		require.Greater(t, len(calls), 15, "%+v", s)
		require.Contains(t, calls, map[cost.Lane]chance.Method{"": chance.ModelCall, cost.Batch: chance.BatchRead}[s.Lane])
	}
}

// TestAPlantedFaultHappens lets the machine die in the middle of the story.
func TestAPlantedFaultHappens(t *testing.T) {
	t.Parallel()
	s := Stories(1)[0]
	_, calls := s.Play(nil, nil)
	var out bytes.Buffer
	for n, m := range calls {
		if m == chance.ModelCall {
			r, _ := s.Play(map[int]chance.Kind{n: chance.CrashAfter}, &out)
			require.Empty(t, r.Broken)
			break
		}
	}
	require.Contains(t, out.String(), "[crash after]")
	require.Contains(t, out.String(), "m2       start", "another machine takes its place")
}

// still is a world in which nothing happens by itself.
func still(t *testing.T) (*World, *Machine) {
	t.Helper()
	c := Stories(1)[0].config()
	c.MaxReceives = 2
	w := newWorld(c, &Options{})
	w.inject = &chance.Script{}
	w.Pick = func(int) int { return 0 }
	m := w.start()
	m.host.Offset = 0
	return w, m
}

// on runs something on the machine until nobody can move, with a fault in its first call.
func (w *World) with(m *Machine, kind chance.Kind, do func()) {
	w.inject = &chance.Script{At: map[int]chance.Kind{0: kind}}
	m.spawn(do)
	for w.quietTurn() {
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	message := ports.Message{Body: []byte(`{"schema":1,"job":"none","parcel":0}`)}
	receive := func(w *World, m *Machine, kind chance.Kind) (got []ports.Delivery, err error) {
		w.with(m, kind, func() { got, err = queuePort{m}.Receive(ctx, 5, m.host.Now()) })
		return got, err
	}
	send := func(w *World, m *Machine, kind chance.Kind, messages ...ports.Message) (err error) {
		w.with(m, kind, func() { err = queuePort{m}.Send(ctx, messages...) })
		return err
	}
	for kind, want := range map[chance.Kind]struct {
		fails bool
		there int
	}{
		chance.None: {false, 2}, chance.LostRequest: {true, 0}, chance.Throttle: {true, 0}, chance.LostAck: {true, 2}, chance.Lost: {false, 0},
	} {
		w, m := still(t)
		require.Equal(t, want.fails, send(w, m, kind, message, message) != nil, kind)
		require.Len(t, w.queue.letters, want.there, kind)
	}
	w, m := still(t)
	require.NoError(t, send(w, m, chance.None, message))
	got, err := receive(w, m, chance.Unseen)
	require.NoError(t, err)
	require.Empty(t, got, "the client never saw it")
	got, _ = receive(w, m, chance.None)
	require.Empty(t, got, "and it is hidden all the same")
	w.Advance(w.config.Visibility)
	got, _ = receive(w, m, chance.None)
	require.Len(t, got, 1)
	require.Equal(t, 2, got[0].Count)
	require.Equal(t, message.Body, got[0].Body)
	w.with(m, chance.None, func() { require.NoError(t, queuePort{m}.Return(ctx, got[0].Receipt, 0)) })
	got, _ = receive(w, m, chance.None)
	require.Empty(t, got, "received twice already: it is a dead letter")
	require.Len(t, w.queue.dead, 1)

	w, m = still(t)
	require.NoError(t, send(w, m, chance.Twice, message))
	require.Len(t, w.queue.letters, 2)
	w.Advance(time.Minute)
	got, _ = receive(w, m, chance.Duplicate)
	again, _ := receive(w, m, chance.None)
	require.NotEmpty(t, again, "it is there for another at once")
	w.with(m, chance.Later, func() { require.NoError(t, queuePort{m}.Ack(ctx, got[0].Receipt)) })
	require.Len(t, w.queue.letters, 2, "acknowledged, and it comes again")
	for _, l := range slices.Clone(w.queue.letters) {
		w.with(m, chance.None, func() { require.NoError(t, queuePort{m}.Ack(ctx, l.receipts[0])) })
	}
	require.Empty(t, w.queue.letters)
}

func TestMachinesOfTheFirstVersionWriteSchemaZero(t *testing.T) {
	t.Parallel()
	_, m := still(t)
	m.old = true
	note := job.Note{Schema: 1, Job: "j1", Tenant: "acme", Parcel: new(int), RequestID: "r"}
	old := m.agedNote(note.Pack())
	require.JSONEq(t, `{"schema":0,"job_id":"j1","parcel":0,"request_id":"r"}`, string(old))
	read, err := job.ReadNote(old)
	require.NoError(t, err)
	note.Tenant = ""
	require.Equal(t, note, read)
	record := m.aged(ports.Record{Kind: "job", Body: []byte(`{"schema":1,"tenant":"acme","lane":"realtime"}`)})
	require.JSONEq(t, `{"schema":0,"business_id":"acme"}`, string(record.Body))
	same := ports.Record{Kind: "parcel", Body: []byte("packed")}
	require.Equal(t, same, m.aged(same))
	m.old = false
	require.Equal(t, note.Pack(), m.agedNote(note.Pack()))
}

// TestHistories are submissions with one key as clients saw them.
func TestHistories(t *testing.T) {
	t.Parallel()
	type seen struct {
		body, job string
		repeated  bool
		open      bool
		// inside is true for one that begins before the one before it has ended.
		inside bool
	}
	for name, test := range map[string]struct {
		seen  []seen
		legal bool
	}{
		"one job, then the same":         {[]seen{{body: "a", job: "1"}, {body: "a", job: "1", repeated: true}}, true},
		"two jobs":                       {[]seen{{body: "a", job: "1"}, {body: "a", job: "2"}}, false},
		"another job for the repeat":     {[]seen{{body: "a", job: "1"}, {body: "a", job: "2", repeated: true}}, false},
		"a conflict for another body":    {[]seen{{body: "a", job: "1"}, {body: "b", job: conflict}}, true},
		"a conflict for the same body":   {[]seen{{body: "a", job: "1"}, {body: "a", job: conflict}}, false},
		"a conflict with nothing":        {[]seen{{body: "a", job: conflict}}, false},
		"another body taken for same":    {[]seen{{body: "a", job: "1"}, {body: "b", job: "1", repeated: true}}, false},
		"a repeat of nothing":            {[]seen{{body: "a", job: "1", repeated: true}}, false},
		"an open one took effect":        {[]seen{{body: "a", open: true}, {body: "a", job: "1", repeated: true}}, true},
		"an open one took no effect":     {[]seen{{body: "a", open: true}, {body: "b", job: "1"}}, true},
		"an open one took effect late":   {[]seen{{body: "a", open: true}, {body: "b", job: conflict}}, true},
		"an open one cannot have two":    {[]seen{{body: "a", open: true}, {body: "a", job: "1", repeated: true}, {body: "a", job: "2"}}, false},
		"two at once, the second was it": {[]seen{{body: "a", job: "1", repeated: true, inside: true}, {body: "a", job: "1"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h history
			var calls []int
			for i, s := range test.seen {
				if i > 0 && !test.seen[i-1].inside && !test.seen[i-1].open {
					h.answer(calls[i-1], test.seen[i-1].job, test.seen[i-1].repeated, epoch)
				}
				calls = append(calls, h.call(i, engine.Submission{Tenant: "acme", Key: "k", Input: []byte(s.body)}, epoch))
			}
			for i, s := range test.seen {
				if !s.open && !h.events[calls[i]].answered {
					h.answer(calls[i], s.job, s.repeated, epoch)
				}
			}
			require.Equal(t, test.legal, h.legal(0))
			require.True(t, h.legal(time.Minute), "keys that lapse are checked by the books")
		})
	}
	var h history
	require.Equal(t, -1, h.call(1, engine.Submission{Tenant: "acme"}, epoch), "without a key nothing is promised")
	h.answer(-1, "1", false, epoch)
	h.drop(-1)
	at := h.call(1, engine.Submission{Tenant: "acme", Key: "k"}, epoch)
	h.answer(at, conflict, false, epoch)
	require.False(t, h.legal(0))
	h.drop(at)
	require.True(t, h.legal(0))
}

// TestProvider holds the provider's answers against its bill.
func TestProvider(t *testing.T) {
	t.Parallel()
	request := job.Request{Model: "claude-haiku-5-5", System: "small", Prompt: "0", MaxTokens: 400}
	for kind, test := range map[chance.Kind]struct {
		fails, unknown, valid bool
		stop                  job.StopReason
	}{
		chance.None:          {valid: true, stop: job.StopEndTurn},
		chance.StopUnknown:   {valid: true, stop: "daydream"},
		chance.UsageMissing:  {stop: job.StopEndTurn},
		chance.ResetAfter:    {fails: true, unknown: true},
		chance.ThrottleAfter: {fails: true},
	} {
		w, m := still(t)
		w.config.Latency = 0
		var reply ports.Reply
		var err error
		w.with(m, chance.None, func() {
			reply, err = w.provider.serve(context.Background(), m, "j", request, kind)
		})
		require.Equal(t, test.fails, err != nil, kind)
		require.Equal(t, test.stop, reply.Stop, kind)
		require.Equal(t, test.valid, reply.UsageOK, kind)
		lines := w.books.Lines()
		require.Len(t, lines, map[bool]int{true: 1, false: 0}[kind != chance.ThrottleAfter], kind)
		for _, line := range lines {
			require.Positive(t, line.Amount)
			require.Equal(t, job.ID("j"), line.Job)
		}
	}
	w, m := still(t)
	w.config.RPM, w.config.Latency = 1, 0
	w.provider.limits = newLimits(w)
	w.provider.limits.requests.most, w.provider.limits.requests.level = 1, 1
	var second error
	w.with(m, chance.None, func() {
		_, err := w.provider.serve(context.Background(), m, "j", request, chance.None)
		require.NoError(t, err)
		_, second = w.provider.serve(context.Background(), m, "j", request, chance.None)
	})
	require.ErrorContains(t, second, "over the rate")
}

var _ books.Store = rawStore{}
