package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestRead is about what people see of a job.
func TestRead(t *testing.T) {
	t.Parallel()

	t.Run("Tasks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(20)
		w.deliver(id, 0)
		w.deliver(id, 4)
		var seen []int
		require.NoError(t, w.main.Tasks(w.ctx, id, 0, func(v engine.TaskView) bool {
			seen = append(seen, v.Ordinal)
			want := job.TaskQueued
			if v.Ordinal/3 == 0 || v.Ordinal/3 == 4 {
				want = job.TaskCompleted
				if v.Ordinal%2 == 1 {
					want = job.TaskFailed
				}
			}
			require.Equal(t, want, v.State, v.Ordinal)
			return v.Ordinal < 18
		}))
		require.Len(t, seen, 19)
		seen = nil
		require.NoError(t, w.main.Tasks(w.ctx, id, 17, func(v engine.TaskView) bool { seen = append(seen, v.Ordinal); return true }))
		require.Equal(t, []int{17, 18, 19}, seen)
		for _, from := range []int{-1, 20} {
			require.ErrorIs(t, w.main.Tasks(w.ctx, id, from, nil), fault.Invalid)
		}
		require.ErrorIs(t, w.main.Tasks(w.ctx, "none", 0, nil), fault.NotFound)
		require.Zero(t, w.progress(id).Due, "nothing waits for a time")
	})

	t.Run("ProgressOfAJobThatEndsMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		worker, headers := w.main, 0
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, get: func(key ports.Key) error {
				if key != (ports.Key{Partition: "job/" + string(id), Sort: "header"}) {
					return nil
				}
				// The shards were read before; all of them end before the header is read again.
				if headers++; headers == 2 {
					w.work(worker, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
					w.settle(first)
				}
				return nil
			}}
		}
		p, err := w.start(small()).Progress(w.ctx, id)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, p.Job.State)
		require.Equal(t, job.Counts{job.TaskCompleted: 3}, p.Counts, "an ended job has no open task")
	})

	t.Run("Answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return said{text: "again TOO_SHORT"}
			}
			return said{text: "ok the text"}
		}
		id := w.submit(3)
		w.rest(id)
		first, err := w.main.Answer(w.ctx, id, 1, 1)
		require.NoError(t, err)
		require.Equal(t, job.Again, first.Verdict.Outcome)
		require.Equal(t, "again TOO_SHORT", string(first.Verdict.Output), "the answer's own text")
		require.Equal(t, cost.Usage{Input: 500, Output: 400}, first.Usage)
		second, err := w.main.Answer(w.ctx, id, 1, 2)
		require.NoError(t, err)
		require.Equal(t, "the text", string(second.Verdict.Output))
		require.Empty(t, second.Verdict.Code)
		for _, at := range [][2]int{{1, 3}, {-1, 1}, {3, 1}} {
			_, err := w.main.Answer(w.ctx, id, at[0], at[1])
			require.ErrorIs(t, err, fault.NotFound)
		}
		_, err = w.main.Answer(w.ctx, "none", 0, 1)
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("Events", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(6)
		_, err := w.main.Pause(w.ctx, id, "lunch")
		require.NoError(t, err)
		_, err = w.main.Resume(w.ctx, id, 100*hold)
		require.NoError(t, err)
		w.rest(id)
		_, err = w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		w.rest(id)
		events, err := w.main.Events(w.ctx, id)
		require.NoError(t, err)
		var types []string
		for n, event := range events {
			require.Equal(t, n+1, event.Seq)
			types = append(types, event.Type)
		}
		require.Equal(t, []string{"created", "paused", "budget_changed", "resumed", "started", "partial", "retried", "completed"}, types)
		require.Equal(t, "lunch", events[1].Data["detail"])
		_, err = w.main.Events(w.ctx, "none")
		require.ErrorIs(t, err, fault.NotFound)
		w.put(ports.Key{Partition: "job/" + string(id), Sort: "event/000002"}, []byte("{"))
		_, err = w.main.Events(w.ctx, id)
		require.ErrorIs(t, err, fault.Corrupt)
		w.put(ports.Key{Partition: "job/" + string(id), Sort: "event/000002"}, marshalEvent(events[1]))
	})

	t.Run("Jobs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		var ids []job.ID
		for n := range 6 {
			ids = append(ids, w.submit(1, func(s *engine.Submission) {
				if n%3 == 0 {
					s.Tenant = "other"
				}
			}))
		}
		list := func(tenant string, limit int) (found []job.ID) {
			jobs, err := w.main.Jobs(w.ctx, tenant, limit)
			require.NoError(t, err)
			for _, j := range jobs {
				found = append(found, j.ID)
			}
			return found
		}
		require.Equal(t, []job.ID{ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]}, list("", 10))
		require.Equal(t, []job.ID{ids[5], ids[4]}, list("", 2))
		require.Equal(t, []job.ID{ids[3], ids[0]}, list("other", 2))
		require.Equal(t, []job.ID{ids[5]}, list("acme", 1))
		require.Empty(t, list("nobody", 1))
		for _, limit := range []int{0, -1} {
			_, err := w.main.Jobs(w.ctx, "acme", limit)
			require.ErrorIs(t, err, fault.Invalid)
		}
		_, err := w.main.Jobs(w.ctx, "a/b", 1)
		require.ErrorIs(t, err, fault.Invalid)
	})

	t.Run("Ledger", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(unknown(true), ok())
		id := w.submit(4)
		w.rest(id)
		sums := map[cost.EntryKind]cost.Pico{}
		next := map[int]int64{}
		require.NoError(t, w.main.Ledger(w.ctx, id, func(l engine.Line) error {
			next[l.Shard]++
			require.Equal(t, next[l.Shard], l.Seq)
			require.Equal(t, 1, l.Round)
			sums[l.Kind] += l.Amount
			return nil
		}))
		require.Equal(t, map[cost.EntryKind]cost.Pico{cost.EntryHold: 8 * hold, cost.EntryPresume: 4 * hold, cost.EntrySettle: 4 * spent}, sums)
		stop := errors.New("enough")
		require.ErrorIs(t, w.main.Ledger(w.ctx, id, func(engine.Line) error { return stop }), stop)
		require.ErrorIs(t, w.main.Ledger(w.ctx, "none", nil), fault.NotFound)
	})

	t.Run("Progress", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(7)
		w.begin(w.main, id, 0)
		calls := w.main.calls
		p := w.progress(id)
		require.LessOrEqual(t, w.main.calls-calls, 1+p.Job.Layout.Shards, "one record per shard")
		require.Equal(t, 3*hold, p.Held)
		require.Equal(t, job.Counts{job.TaskQueued: 4, job.TaskRunning: 3}, p.Counts)
		_, err := w.main.Progress(w.ctx, "none")
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("CallsAreTold", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(refused(fault.Throttled, 0), slow(3*time.Second))
		id := w.submit(1)
		w.rest(id)
		calls := w.seen.Events(ports.EventCall)
		require.Len(t, calls, 2)
		require.Equal(t, string(fault.Throttled), calls[0].Fault)
		require.Zero(t, calls[0].Amount)
		require.Equal(t, spent, calls[1].Amount)
		require.Equal(t, 3*time.Second, calls[1].Duration)
		require.Equal(t, 2, calls[1].Attempt)
	})

	t.Run("WhenTheStoreFails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(7)
		w.rest(id)
		reads := map[string]func(p *process) error{
			"Job":      func(p *process) error { _, err := p.Job(w.ctx, id); return err },
			"Input":    func(p *process) error { _, err := p.Input(w.ctx, id); return err },
			"Progress": func(p *process) error { _, err := p.Progress(w.ctx, id); return err },
			"Tasks": func(p *process) error {
				return p.Tasks(w.ctx, id, 0, func(engine.TaskView) bool { return true })
			},
			"Answer": func(p *process) error { _, err := p.Answer(w.ctx, id, 0, 1); return err },
			"Events": func(p *process) error { _, err := p.Events(w.ctx, id); return err },
			"Jobs":   func(p *process) error { _, err := p.Jobs(w.ctx, "", 5); return err },
			"Ledger": func(p *process) error {
				return p.Ledger(w.ctx, id, func(engine.Line) error { return nil })
			},
			"Verify":   func(p *process) error { _, err := p.Verify(w.ctx, id); return err },
			"Resume":   func(p *process) error { _, err := p.Resume(w.ctx, id, 0); return err },
			"SetLimit": func(p *process) error { return p.SetLimit(w.ctx, "acme", november, 100*hold) },
			"Retry": func(p *process) error {
				_, err := p.Retry(w.ctx, id, []int{1}, 1)
				if errors.Is(err, fault.Invalid) {
					return nil
				}
				return err
			},
		}
		for name, read := range reads {
			if name == "Resume" {
				continue
			}
			for dies := 1; ; dies++ {
				require.Less(t, dies, 200)
				p := w.start(small())
				p.dies = dies
				err := read(p)
				if !p.dead {
					require.NoError(t, err, name)
					break
				}
				require.ErrorIs(t, err, errDead, "%s died in call %d", name, dies)
			}
		}
	})
}

// TestForecast is about what a job will cost.
func TestForecast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	f, err := w.main.Forecast(w.ctx, submission(100), engine.Pace{})
	require.NoError(t, err)
	require.Equal(t, 100, f.Tasks)
	require.Equal(t, "claude-haiku-5-5", f.Model)
	require.Equal(t, cost.Prices().Version(), f.PriceVersion)
	require.Equal(t, 700*hold, f.Cost.Worst)
	require.Less(t, f.Cost.Expected, f.Cost.P95)
	require.Less(t, f.Cost.P95, f.Cost.Worst)
	require.Equal(t, 12*time.Second, f.Duration.Expected)
	require.Less(t, f.Duration.Expected, f.Duration.P95)
	for name, test := range map[string]struct {
		pace engine.Pace
		want time.Duration
	}{
		"requests":    {engine.Pace{RPM: 10}, 10 * time.Minute},
		"input":       {engine.Pace{ITPM: 1}, time.Duration(f.Tokens.Input) * time.Minute},
		"output":      {engine.Pace{OTPM: f.Tokens.Output}, time.Minute},
		"concurrency": {engine.Pace{Concurrency: 1, Latency: time.Second}, 100 * time.Second},
		"more slots":  {engine.Pace{Concurrency: 1000, Latency: time.Second}, time.Second},
	} {
		f, err := w.main.Forecast(w.ctx, submission(100), test.pace)
		require.NoError(t, err)
		require.Equal(t, test.want, f.Duration.Expected, name)
	}
	_, err = w.main.Forecast(w.ctx, engine.Submission{}, engine.Pace{})
	require.ErrorIs(t, err, fault.Invalid)
	require.Empty(t, w.store.Partitions())
}

// estimated is a plan that knows its money by itself.
type estimated struct {
	probe
	estimate job.Estimate
}

func (e *estimated) Name() string { return "estimated" }

func (e *estimated) Open(input []byte) (job.Plan, error) {
	plan, err := e.probe.Open(input)
	if err != nil {
		return nil, err
	}
	return estimatedPlan{plan, e.estimate}, nil
}

type estimatedPlan struct {
	job.Plan
	estimate job.Estimate
}

func (p estimatedPlan) Estimate() job.Estimate { return p.estimate }

// TestEstimator is about plans that estimate themselves, rightly or not.
func TestEstimator(t *testing.T) {
	t.Parallel()
	good := job.Estimate{
		Model: "claude-haiku-5-5", InputBound: 10_000, InputExpected: 4_000, InputMax: 1000, OutputBound: 10_000, OutputExpected: 4_000, OutputP95: 6_000,
		InputBoundMost: 20_000, OutputBoundMost: 30_000,
	}
	for name, test := range map[string]struct {
		change func(*job.Estimate)
		kind   fault.Kind
	}{
		"good":                {func(*job.Estimate) {}, ""},
		"unknown model":       {func(e *job.Estimate) { e.Model = "gpt" }, fault.Invalid},
		"empty requests":      {func(e *job.Estimate) { e.InputMax = 0 }, fault.Internal},
		"negative":            {func(e *job.Estimate) { e.InputExpected = -100 }, fault.Invalid},
		"negative later":      {func(e *job.Estimate) { e.OutputP95 = -100 }, fault.Invalid},
		"more than an amount": {func(e *job.Estimate) { e.InputBound, e.InputBoundMost = 1<<62, 1<<62 }, fault.Overflow},
		"later more":          {func(e *job.Estimate) { e.OutputBoundMost = 1 << 60 }, fault.Overflow},
		"nothing":             {func(e *job.Estimate) { *e = job.Estimate{Model: e.Model, InputMax: 1} }, fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			estimate := good
			test.change(&estimate)
			e, err := engine.New(engine.Ports{
				Store: w.store, Queue: w.mail, Model: w.oracle, Clock: w.coop, Group: w.coop, IDs: w.ids, Observer: w.seen,
			}, []job.Kind{&estimated{estimate: estimate}}, small())
			require.NoError(t, err)
			s := submission(10)
			s.Kind = "estimated"
			r, err := e.Submit(w.ctx, s)
			if test.kind != "" {
				require.ErrorIs(t, err, test.kind)
				require.Empty(t, w.store.Partitions())
				return
			}
			require.NoError(t, err)
			require.Equal(t, cost.Pico(10_000*100_000+10_000*500_000+6*(20_000*100_000+30_000*500_000)), r.Job.Cap)
		})
	}
}

// TestNew is about engines that cannot be made.
func TestNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	all := engine.Ports{Store: w.store, Queue: w.mail, Model: w.oracle, Clock: w.coop, Group: w.coop, IDs: w.ids, Observer: w.seen}
	_, err := engine.New(engine.Ports{}, nil, nil)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = engine.New(all, []job.Kind{w.kind, w.kind}, nil)
	require.ErrorIs(t, err, fault.Invalid)
	for _, o := range []engine.Options{
		{Lease: time.Minute}, {CallTimeout: -1}, {Margin: -1}, {ParcelSize: -1}, {ParcelSize: job.ParcelSize + 1}, {Calls: -1}, {FlushResults: -1},
		{FlushAfter: -1}, {FlushBefore: -1}, {Fresh: -1}, {SweepParcels: -1}, {IdleAfter: -1}, {Plans: -1},
	} {
		_, err = engine.New(all, nil, &o)
		require.ErrorIs(t, err, fault.Invalid, "%+v", o)
	}
	_, err = engine.New(all, nil, nil)
	require.NoError(t, err)
}

// TestPlansAreForgotten is about an engine with more jobs than it keeps in memory.
func TestPlansAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &engine.Options{ParcelSize: 3, Plans: 2})
	var ids []job.ID
	for range 5 {
		ids = append(ids, w.submit(4))
	}
	for _, id := range ids {
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	}
}
