package world

import (
	"io"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Story is a small world in which everything is known in advance: one job, one client, and what the model says.
type Story struct {
	Name string
	// Tasks and Machines are how many there are. Tight gives the job money for one call, and for one more each time that it
	// pauses.
	Tasks, Machines int
	Tight           bool
	// Script is what happens to the nth call for a task; nil for nothing. Cancels lets the operator cancel the job once
	// that many calls were made; 0 for never.
	Script  func(ordinal, n int) chance.Kind
	Cancels int
	// Lane is the job's.
	Lane cost.Lane
	// Operator is what somebody does besides; nil for nothing. The story ends when it is done.
	Operator func(*World)
}

// Stories are all small worlds of jobs up to that many tasks.
func Stories(tasks int) []Story {
	first := func(kind chance.Kind) func(int, int) chance.Kind {
		return func(_, n int) chance.Kind {
			if n == 1 {
				return kind
			}
			return chance.None
		}
	}
	plots := []Story{
		{Name: "happy"},
		{Name: "refusal", Script: func(int, int) chance.Kind { return chance.StopRefusal }},
		{Name: "truncation", Script: first(chance.StopMax)},
		{Name: "429 then ok", Script: first(chance.ThrottleAfter)},
		{Name: "cancel", Cancels: 1},
		{Name: "batch", Lane: cost.Batch},
		{Name: "batch, cancel", Lane: cost.Batch, Cancels: 1},
		{Name: "switch", Script: first(chance.StopMax), Operator: (*World).offAndOn},
		{Name: "batch, switch", Lane: cost.Batch, Script: first(chance.StopMax), Operator: (*World).offAndOn},
		{Name: "cap", Operator: (*World).lowerAndRaise},
		{Name: "cause", Script: twoCauses, Operator: (*World).retryOne},
	}
	var all []Story
	for n := 1; n <= tasks; n++ {
		for machines := 1; machines <= 2; machines++ {
			for _, tight := range []bool{false, true} {
				for _, plot := range plots {
					if plot.Lane == cost.Batch && (tight || n > 2 || plot.Cancels > 0 && n < 2) {
						continue // that money is scarce is no matter of lanes, and a batch of one line is done once it is cancelled
					}
					if plot.Operator != nil && (tight || n != 2 || plot.Lane == cost.Batch && machines > 1) {
						continue // one task has no other; a third, and more machines with a batch, tell nothing more
					}
					plot.Tasks, plot.Machines, plot.Tight = n, machines, tight
					all = append(all, plot)
				}
			}
		}
	}
	return all
}

// config is the same for all stories: two tasks in a parcel, so that three tasks have two parcels.
func (s Story) config() Config {
	took := 2 * time.Minute
	if s.Cancels > 0 || s.Operator != nil {
		took = 20 * time.Minute // so that it is under way when it is cancelled
	}
	return Config{
		Jobs: 1, Tasks: s.Tasks, ParcelSize: 2, Calls: 4, FlushResults: 2, FlushAfter: time.Second, CallTimeout: 30 * time.Second,
		Limits: job.Limits{Judged: 3, Unknown: 5, GiveUpAfter: time.Hour}, Tight: s.Tight, Machines: s.Machines,
		Visibility: 5 * time.Minute, MaxReceives: 5, Latency: 2 * time.Second, BatchTook: took,
	}
}

// Play runs the story with faults planted at calls by their number, and returns which methods were called.
func (s Story) Play(at map[int]chance.Kind, out io.Writer) (Result, []chance.Method) {
	w := newWorld(s.config(), &Options{Trace: out})
	script := &chance.Script{At: at}
	w.inject = script
	w.Pick = func(int) int { return 0 }
	w.provider.script = s.Script
	for range s.Machines {
		m := w.start()
		m.host.Offset = 0
		w.machines = append(w.machines, m)
		m.run()
	}
	w.Go(w.ground, w.supervise)
	w.Go(w.ground, w.readDeadLetters)
	w.Go(w.ground, func() { w.submitOnce(s) })
	if s.Cancels > 0 {
		w.Go(w.ground, func() { w.cancelAfter(s.Cancels) })
	}
	if s.Tight {
		w.Go(w.ground, w.resumePaused)
	}
	if s.Operator != nil {
		w.asked++
		w.Go(w.ground, func() {
			defer func() { w.asked-- }()
			s.Operator(w)
		})
	}
	end := w.Now().Add(6 * time.Hour)
	for !w.broken() && w.Now().Before(end) && !(len(w.books.Jobs()) == 1 && w.atRest()) {
		if !w.quietTurn() {
			break
		}
	}
	calls := len(script.Calls)
	script.At = nil
	w.settle()
	return w.result(), script.Calls[:calls]
}

// quietTurn is a turn in which time passes only when nobody can move.
func (w *World) quietTurn() bool {
	if w.Step() {
		return true
	}
	at, some := w.Wake()
	if some {
		w.Advance(at.Sub(w.Now()))
	}
	return some
}

// paused reports whether the job waits for somebody to resume it.
func (w *World) paused() bool {
	for _, id := range w.books.Jobs() {
		if w.books.Header(id).State == job.StatePaused {
			return true
		}
	}
	return false
}

// resumePaused gives a paused job the money for one call more, as often as it pauses.
func (w *World) resumePaused() {
	for {
		w.Wait(func() bool { return w.over || w.calm || w.paused() })
		if w.over || w.calm {
			return
		}
		id := w.books.Jobs()[0]
		w.on(func(m *Machine) { _, _ = m.engine.Resume(m.ctx, id, w.books.Header(id).Cap+oneCall()) })
		w.rest(time.Second, 2*time.Second)
	}
}

// oneCall is money for one call, and not for two.
func oneCall() cost.Pico {
	hold, err := cost.Prices().Bound(work.Model, cost.Realtime, cost.NoCache, work.InputTokens, 1200)
	if err != nil {
		panic("world: " + err.Error())
	}
	return hold * 3 / 2
}

// submitOnce submits the story's job until the client knows that it is there.
func (w *World) submitOnce(s Story) {
	limit := cost.Pico(s.Tasks) * oneCent
	if s.Tight {
		limit = oneCall()
	}
	submission := engine.Submission{
		Tenant: "acme", Kind: work.Name, Input: work.Input{Name: "small", Tasks: s.Tasks}.Bytes(), Cap: limit, Limits: w.config.Limits, Key: "once",
		Lane: s.Lane,
	}
	for !w.over && !w.submit(1, submission) {
		w.rest(time.Second, 2*time.Second)
	}
}

// cancelAfter cancels the job once so many calls have been made.
func (w *World) cancelAfter(calls int) {
	w.Wait(func() bool { return w.over || w.provider.served >= calls })
	for !w.over {
		id := w.books.Jobs()[0]
		var err error
		if w.on(func(m *Machine) { _, err = m.engine.Cancel(m.ctx, id, "") }) && err == nil || w.books.Header(id).State.Ended() {
			return
		}
		w.rest(time.Second, 2*time.Second)
	}
}
