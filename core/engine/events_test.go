package engine_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// named gives a job a request id.
func named(s *engine.Submission) { s.RequestID = "req-of-the-caller" }

// moved sums what the events of money tell.
func (w *world) moved() (total ports.Event) {
	for _, e := range w.seen.Events(ports.EventMoney) {
		total.Count += e.Count
		total.Held += e.Held
		total.Settled += e.Settled
		total.Presumed += e.Presumed
		total.Voided += e.Voided
	}
	return total
}

// squareEvents compares the events of money with the ledger and the accounts.
func (w *world) squareEvents(id job.ID) {
	w.t.Helper()
	entries := map[cost.EntryKind]cost.Pico{}
	count := 0
	require.NoError(w.t, w.main.Ledger(w.ctx, id, func(l engine.Line) error {
		entries[l.Kind] += l.Amount
		count++
		return nil
	}))
	told, p := w.moved(), w.progress(id)
	require.Equal(w.t, count, told.Count)
	require.Equal(w.t, entries[cost.EntryHold], told.Held)
	require.Equal(w.t, entries[cost.EntryVoid], told.Voided)
	require.Equal(w.t, p.Settled, told.Settled)
	require.Equal(w.t, p.Presumed, told.Presumed)
}

func TestMoneyIsTold(t *testing.T) {
	t.Parallel()
	t.Run("AsTheLedgerHasIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(refused(fault.Throttled, 0), again("X"), unknown(true), ok())
		id := w.submit(7)
		w.rest(id)
		told := w.moved()
		require.Positive(t, told.Voided)
		require.Equal(t, 7*hold, told.Presumed)
		require.Equal(t, 14*spent, told.Settled)
		w.squareEvents(id)
	})
	t.Run("TheTruthTakesFromPresumed", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1")})
		last := w.seen.Events(ports.EventMoney)
		require.Equal(t, -hold, last[len(last)-1].Presumed)
		require.Equal(t, spent, last[len(last)-1].Settled)
		w.squareEvents(id)
	})
	t.Run("ALeaseSaysWhatItHolds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.rest(id)
		leases := w.seen.Events(ports.EventLeased)
		require.Len(t, leases, 1)
		require.Equal(t, 3*hold, leases[0].Amount)
	})
}

func TestQuotaIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits ports.Limits
		used   []int
	}{
		"Nothing": {ports.Limits{}, nil},
		"Most": {ports.Limits{
			Requests: ports.Limit{Known: true, Max: 100, Remaining: 90}, Output: ports.Limit{Known: true, Max: 1000, Remaining: 250},
			Input: ports.Limit{Max: 10},
		}, []int{750}},
		"Full":   {ports.Limits{Requests: ports.Limit{Known: true, Max: 100, Remaining: 300}}, []int{0}},
		"Absurd": {ports.Limits{Requests: ports.Limit{Known: true, Max: 1 << 62, Remaining: -1 << 62}}, []int{1000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.oracle.script = func(plea) said { return said{text: "ok", limits: c.limits} }
			w.rest(w.submit(1))
			var used []int
			for _, e := range w.seen.Events(ports.EventQuota) {
				require.Equal(t, "claude-haiku-5-5", e.Model)
				used = append(used, e.QuotaUsed)
			}
			require.Equal(t, c.used, used)
		})
	}
}

// TestEventsJoin follows pages from the request of a caller to the ledger's entries, through every sort of failure.
func TestEventsJoin(t *testing.T) {
	t.Parallel()
	silent, crash := ok(), ok()
	silent.silent, crash.crash = true, true
	for name, script := range map[string][]said{
		"Answered": {ok()},
		"Judged":   {again("X"), failing("Y")},
		"Refused":  {refused(fault.Throttled, 0), refused(fault.Overloaded, 0), ok()},
		"Rejected": {refused(fault.Rejected, 0)},
		"Stopped":  {refused(fault.Unauthorized, 0)},
		"Unknown":  {unknown(true), ok()},
		"Silent":   {silent, ok()},
		"Crash":    {crash, ok()},
		"Dear":     {dear(21_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.checks.loose = name == "Dear"
			w.oracle.script = inTurn(script...)
			id := w.submit(4, named, capped(4*hold))
			w.rest(id)
			require.Equal(t, name == "Dear", w.events(ports.EventOverrun) > 0)
			require.Equal(t, name == "Silent", w.events(ports.EventUsageAbsurd) > 0)
			require.Equal(t, name == "Stopped", w.events(ports.EventProviderStopped) > 0)
			w.joins(id)
		})
	}
	t.Run("Batch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(4, named, batched)
		w.rest(id)
		require.Len(t, w.seen.Events(ports.EventCall), 4)
		w.joins(id)
		w.squareEvents(id)
	})
	t.Run("TakenOver", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(2, named)
		w.begin(w.main, id, 0)
		w.now = w.now.Add(10 * time.Minute)
		w.main.die()
		w.main = w.start(small())
		w.oracle.script = func(plea) said { return ok() }
		w.rest(id)
		require.NotEmpty(t, w.seen.Events(ports.EventTakenOver))
		w.joins(id)
	})
}

// joins demands of every event about a job that it names job, tenant and request; of one about an attempt the attempt; and of
// a call that was answered what the ledger has of the provider's request.
func (w *world) joins(id job.ID) {
	w.t.Helper()
	type attempt struct{ ordinal, number int }
	requests := map[attempt]string{}
	require.NoError(w.t, w.main.Ledger(w.ctx, id, func(l engine.Line) error {
		if l.RequestID != "" {
			requests[attempt{l.Ordinal, l.Attempt}] = l.RequestID
		}
		return nil
	}))
	named := map[attempt]string{}
	for _, e := range w.seen.Events() {
		switch e.Name {
		case ports.EventQuota, ports.EventBreakerOpened, ports.EventBreakerClosed:
			require.NotEmpty(w.t, e.Model, "%+v", e)
			continue
		case ports.EventCall, ports.EventTaskEnded, ports.EventUsageAbsurd, ports.EventOverrun, ports.EventProviderStopped:
			require.Positive(w.t, e.Attempt, "%+v", e)
		}
		if e.ProviderRequest != "" {
			named[attempt{e.Ordinal, e.Attempt}] = e.ProviderRequest
		}
		require.Equal(w.t, string(id), e.Job, "%+v", e)
		require.Equal(w.t, "acme", e.Tenant, "%+v", e)
		require.Equal(w.t, "req-of-the-caller", e.RequestID, "%+v", e)
	}
	for at, request := range requests {
		require.Equal(w.t, request, named[at], "%+v", at)
	}
}

// TestForeignMessages: what stands in a message that none of our programs has sent is not repeated.
func TestForeignMessages(t *testing.T) {
	t.Parallel()
	const masked = "a message that none of our programs has sent"
	for name, c := range map[string]struct{ body, job, request, detail string }{
		"NoJSON":       {"ana@harbor.example", "", "", "note: invalid character 'a' looking for beginning of value"},
		"OtherField":   {`{"schema":1,"job":"none","parcels":1}`, "", "", `note: json: unknown field "parcels"`},
		"PrivateField": {`{"schema":1,"job":"none","ana@harbor.example":1}`, "", "", masked},
		"LongField":    {`{"schema":1,"job":"none","a_field_whose_name_is_a_whole_sentence":1}`, "", "", masked},
		"QuoteInField": {`{"schema":1,"job":"none","a\"Ana\"b":1}`, "", "", masked},
		"PrivateJob":   {`{"schema":1,"job":"ana@harbor.example","parcel":1,"request_id":"ana"}`, "", "", masked},
		"NoSuchJob":    {`{"schema":1,"job":"none","parcel":1,"request_id":"req-1"}`, "none", "req-1", "job none does not exist: see the list of jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			require.NoError(t, w.main.Work(w.ctx, []byte(c.body)))
			seen := w.seen.Events(ports.EventFault)
			require.Len(t, seen, 1)
			require.Equal(t, c.detail, seen[0].Detail)
			require.Equal(t, c.job, seen[0].Job)
			require.Equal(t, c.request, seen[0].RequestID)
			require.NoError(t, w.main.DeadLetter(w.ctx, []byte(c.body)))
		})
	}
}

func TestASweepsFailureNamesItsJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.verified, w.checks.loose = true, true
	w.oracle.script = inTurn(refused(fault.Throttled, time.Hour))
	id := w.submit(1, named)
	w.deliver(id, 0)
	w.put(ports.Key{Partition: "job/" + string(id), Sort: "header"}, []byte("broken"))
	_, err := w.main.Sweep(w.ctx)
	require.ErrorIs(t, err, fault.Corrupt)
	seen := w.seen.Events(ports.EventFault)
	require.NotEmpty(t, seen)
	last := seen[len(seen)-1]
	require.Equal(t, []string{string(id), "acme", "req-of-the-caller"}, []string{last.Job, last.Tenant, last.RequestID})
}

// TestADamagedRecordAlertsOnce: whatever reads it, and whether or not the job could still be read.
func TestADamagedRecordAlertsOnce(t *testing.T) {
	t.Parallel()
	for damaged, key := range map[string]string{"header": "header", "shard": "s00", "input": "input/"} {
		t.Run(damaged, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.verified, w.checks.loose = true, true
			id := w.submit(3, named)
			note := job.ParcelNote(w.job(id), 0).Pack()
			spread := job.Note{Schema: job.Schema, Job: id, Tenant: "acme", Shard: new(int), RequestID: "req-of-the-caller"}.Pack()
			w.wrap = func(p *engine.Ports) {
				get := func(at ports.Key) error {
					if strings.Contains(at.Partition+"/"+at.Sort, key) {
						return fault.New(fault.Corrupt, "unreadable")
					}
					return nil
				}
				p.Store = &faulty{Store: p.Store, get: get, update: func(keys []ports.Key, do func() error) error { return cmp.Or(get(keys[0]), do()) }}
			}
			p := w.start(small())
			for what, do := range map[string]func() error{
				"a parcel": func() error { return p.Work(w.ctx, note) }, "a shard": func() error { return p.Work(w.ctx, spread) },
				"a letter": func() error { return p.DeadLetter(w.ctx, note) },
			} {
				before := w.events(ports.EventCorrupt)
				var err error
				w.do(func() { err = do() })
				if err == nil { // it does not read this record
					require.Equal(t, before, w.events(ports.EventCorrupt), what)
					continue
				}
				require.ErrorIs(t, err, fault.Corrupt, what)
				seen := w.seen.Events(ports.EventCorrupt)
				require.Len(t, seen, before+1, what)
				require.Equal(t, []string{string(id), "req-of-the-caller"}, []string{seen[before].Job, seen[before].RequestID}, what)
				require.Contains(t, seen[before].Detail, "unreadable")
			}
			require.Positive(t, w.events(ports.EventCorrupt))
		})
	}
}
