package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// storyline is a job of three tasks in two parcels that goes one way.
type storyline struct {
	script func(plea) said
	// cancels is set when somebody cancels the job with the second call.
	cancels bool
	state   job.State
}

func storylines() map[string]storyline {
	return map[string]storyline{
		"Happy":      {script: func(plea) said { return ok() }, state: job.StateCompleted},
		"Refusal":    {script: func(plea) said { return failing(string(job.CodeRefused)) }, state: job.StateFailed},
		"Truncation": {script: inTurn(again(string(job.CodeOutputTruncated)), ok()), state: job.StateCompleted},
		"Throttled":  {script: inTurn(refused(fault.Throttled, 20*time.Second), ok()), state: job.StateCompleted},
		"Cancel":     {script: func(plea) said { return slow(3 * time.Second) }, cancels: true},
	}
}

// play runs the storyline with the process that is there, whatever that can do, and lets another one finish it.
func play(w *world, s storyline) job.ID {
	submit := submission(3)
	submit.Key = "once"
	w.oracle.script = func(p plea) said {
		if s.cancels && w.oracle.begun == 2 {
			id := w.checks.jobs()[0]
			w.spawn(func() { _, _ = w.main.Cancel(w.ctx, id, "") })
		}
		return s.script(p)
	}
	_, _ = w.main.Submit(w.ctx, submit)
	for range 4 {
		w.busy()
		w.now = w.now.Add(time.Minute)
		w.do(func() { _, _ = w.main.Sweep(w.main.ctx) })
	}
	w.wrap = nil
	w.main = w.start(line())
	r, err := w.main.Submit(w.ctx, submit)
	require.NoError(w.t, err)
	for range 30 {
		w.busy()
		w.minute()
		if w.job(r.Job.ID).State.Ended() {
			break
		}
	}
	require.Empty(w.t, w.checks.broken)
	require.True(w.t, w.job(r.Job.ID).State.Ended(), "%+v", w.progress(r.Job.ID))
	require.Len(w.t, w.checks.jobs(), 1)
	if s.state != "" {
		require.Equal(w.t, s.state, w.job(r.Job.ID).State)
	}
	w.sound()
	return r.Job.ID
}

func line() *engine.Options {
	return &engine.Options{ParcelSize: 2, FlushAfter: time.Second, FlushResults: 2}
}

// busy delivers all messages that are due to the main process, whatever it makes of them.
func (w *world) busy() {
	for range 20 {
		due := w.mail.due()
		if len(due) == 0 {
			break
		}
		for _, l := range due {
			w.do(func() { w.settleOne(l) })
		}
	}
	for len(w.strands) > 0 {
		if !w.step(first) {
			at, some := w.wake()
			require.True(w.t, some, "somebody waits for ever")
			w.now = at
		}
	}
}

// presumes counts the attempts that were presumed spent, adjusted or not.
func (w *world) presumes(id job.ID) int {
	n := 0
	for _, ch := range w.checks.books[id].chains {
		for _, f := range ch.attempts {
			if f.resolved == "presume" {
				n++
			}
		}
	}
	return n
}

// TestEveryCallFails fails each call of each port in turn, loses its acknowledgement, or lets a model call hang.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	for name, s := range storylines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := broken(t, s)
			for method, n := range calls {
				for _, effect := range []faultport.Effect{faultport.Fail, faultport.LoseAck, faultport.Hang} {
					if effect == faultport.Hang && method != "Model.Call" {
						continue
					}
					for nth := 1; nth <= n; nth++ {
						broken(t, s, faultport.Rule{Method: method, Nth: nth, Effect: effect})
						if t.Failed() {
							t.Fatalf("%s of call %d of %s", effect, nth, method)
						}
					}
				}
			}
		})
	}
}

// broken plays the storyline with rules, and returns how often each method was called.
func broken(t *testing.T, s storyline, rules ...faultport.Rule) map[string]int {
	w := newWorld(t, line())
	plan := faultport.NewPlan(w.coop, rules...)
	w.wrap = func(p *engine.Ports) {
		p.Store, p.Queue, p.Model = plan.Store(p.Store), plan.Sender(p.Queue), plan.Model(p.Model)
	}
	w.main = w.start(line())
	id := play(w, s)
	require.LessOrEqual(t, w.presumes(id), 2*len(rules), "%+v", rules)
	if len(rules) == 0 || rules[0].Method != "Model.Call" {
		require.LessOrEqual(t, w.oracle.begun, 3*2+2)
	}
	return plan.Calls()
}

// TestDiesInEveryCall ends the process in each of its calls, before and after the call took effect.
func TestDiesInEveryCall(t *testing.T) {
	t.Parallel()
	for name, s := range storylines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, after := range []bool{false, true} {
				for dies := 1; ; dies++ {
					w := newWorld(t, line())
					p := w.main
					p.dies, p.after = dies, after
					id := play(w, s)
					require.LessOrEqual(t, w.presumes(id), 2, "died in call %d, after it: %t", dies, after)
					if t.Failed() {
						t.Fatalf("died in call %d, after it: %t", dies, after)
					}
					if !p.dead {
						require.Zero(t, w.presumes(id))
						require.Greater(t, dies, 15)
						break
					}
				}
			}
		})
	}
}

// TestDiesTwice ends two processes one after the other, in every pair of their calls.
func TestDiesTwice(t *testing.T) {
	t.Parallel()
	stride := 1
	if seeds < 100 {
		stride = 4
	}
	s := storylines()["Truncation"]
	for one := 1; ; one += stride {
		alive := false
		for two := 1; ; two += stride {
			w := newWorld(t, line())
			first := w.main
			first.dies, first.after = one, (one+two)%2 == 0
			second := &process{}
			w.onDeath(first, func() {
				second = w.start(line())
				second.dies, second.after = two, two%2 == 0
				w.main = second
			})
			play(w, s)
			if t.Failed() {
				t.Fatalf("died in calls %d and %d", one, two)
			}
			if alive = !first.dead; alive || !second.dead {
				break
			}
		}
		if alive {
			return
		}
	}
}

// onDeath does something when a process has died.
func (w *world) onDeath(p *process, then func()) { p.died = then }
