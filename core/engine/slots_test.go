package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// crowded is an engine with three call slots.
func crowded() *engine.Options {
	return &engine.Options{ParcelSize: 3, FlushAfter: time.Second, Calls: 3}
}

// TestSlots is about the calls that an engine has open at once: never more than its slots, and each slot comes back.
func TestSlots(t *testing.T) {
	t.Parallel()

	t.Run("NeverMoreThanCalls", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, crowded())
		w.oracle.script = func(p plea) said { return slow(time.Duration(1+p.ordinal%4) * time.Second) }
		id := w.submit(30)
		for _, l := range w.mail.due() {
			w.do(func() { w.settleOne(l) })
		}
		for _, l := range w.mail.due() {
			w.work(w.main, l)
		}
		for w.job(id).State != job.StateCompleted {
			if !w.step(first) {
				at, _ := w.wake()
				w.now = at
			}
		}
		require.Equal(t, 3, w.oracle.most)
	})

	t.Run("OneSlotIsEnough", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, Calls: 1})
		w.oracle.script = inTurn(again("X"), unknown(true), ok())
		id := w.submit(7)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 1, w.oracle.most)
	})

	t.Run("WithoutAFreeSlotNothingIsLeased", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, crowded())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(6)
		w.begin(w.main, id, 0)
		waiting := w.begin(w.main, id, 1)
		require.False(t, waiting.done)
		require.Equal(t, 3, w.progress(id).Counts[job.TaskRunning])
		h.free = true
		w.settle(first)
		require.True(t, waiting.done)
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("ASlotIsNotKeptForAShardThatIsClosed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, crowded())
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.job == "j1" && p.ordinal == 0 {
				return h.script(p)
			}
			return again("X")
		}
		id := w.submit(3)
		other := w.submit(3)
		w.begin(w.main, id, 0)
		w.begin(w.main, other, 0)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		w.oracle.script = func(plea) said { return ok() }
		w.now = w.now.Add(time.Minute)
		w.settle(first)
		require.Equal(t, job.StateCompleted, w.job(other).State)
		h.free = true
		w.settle(first)
	})

	type scene struct {
		w    *world
		id   job.ID
		note []byte
		down string
	}
	for name, story := range map[string]func(s *scene){
		"SettleFails": func(s *scene) {
			s.w.oracle.script = func(p plea) said {
				if p.ordinal == 2 {
					return said{text: "ok", hang: true}
				}
				return ok()
			}
			s.w.onCommit("p/", func() { s.down = "p/" })
			s.w.do(func() { require.Error(s.w.t, s.w.main.Work(s.w.ctx, s.note)) })
		},
		"LeaseFails": func(s *scene) {
			s.down = "p/"
			s.w.do(func() { require.Error(s.w.t, s.w.main.Work(s.w.ctx, s.note)) })
		},
		"PeekFails": func(s *scene) {
			s.down = "get"
			s.w.do(func() { require.Error(s.w.t, s.w.main.Work(s.w.ctx, s.note)) })
		},
		"AnswersCannotBeStored": func(s *scene) {
			s.down = "a/"
			s.w.do(func() { require.NoError(s.w.t, s.w.main.Work(s.w.ctx, s.note)) })
			require.Equal(s.w.t, 3, s.w.progress(s.id).Counts[job.TaskRunning], "they are left to whoever takes over")
		},
		"ContextEndsWhileCallsAreOpen": func(s *scene) {
			s.w.oracle.script = (&held{}).script
			ctx, cancel := s.w.WithDeadline(s.w.ctx, s.w.now.Add(time.Hour))
			strand := s.w.spawn(func() { require.Error(s.w.t, s.w.main.Work(ctx, s.note)) })
			s.w.settle(first)
			cancel()
			s.w.settle(first)
			require.True(s.w.t, strand.done)
		},
		"ContextEndsBeforeTheCallsAreBegun": func(s *scene) {
			ctx, cancel := s.w.WithDeadline(s.w.ctx, s.w.now.Add(time.Hour))
			s.w.onCommit("p/", cancel)
			s.w.do(func() { require.Error(s.w.t, s.w.main.Work(ctx, s.note)) })
		},
		"ContextEndsWhileWaitingForASlot": func(s *scene) {
			h := &held{}
			s.w.oracle.script = h.script
			s.w.begin(s.w.main, s.id, 0)
			ctx, cancel := s.w.WithDeadline(s.w.ctx, s.w.now.Add(time.Hour))
			strand := s.w.spawn(func() { require.Error(s.w.t, s.w.main.Work(ctx, job.ParcelNote(s.w.job(s.id), 1).Pack())) })
			s.w.settle(first)
			cancel()
			s.w.settle(first)
			require.True(s.w.t, strand.done)
			h.free = true
			s.w.settle(first)
		},
		"ModelPanics": func(s *scene) {
			s.w.oracle.script = func(plea) said { return said{crash: true} }
			s.w.deliver(s.id, 0)
		},
		"NothingFits": func(s *scene) {
			_, err := s.w.main.Resume(s.w.ctx, s.id, 1)
			require.NoError(s.w.t, err)
			s.w.deliver(s.id, 0)
		},
		"LeaseIsLost": func(s *scene) {
			h := &held{}
			s.w.oracle.script = h.script
			s.w.begin(s.w.main, s.id, 0)
			s.w.now = s.w.now.Add(time.Hour)
			s.w.do(func() { _ = s.w.start(crowded()).Work(s.w.ctx, job.ParcelNote(s.w.job(s.id), 0).Pack()) })
			h.free = true
			s.w.settle(first)
		},
	} {
		t.Run("ComeBackWhen/"+name, func(t *testing.T) {
			t.Parallel()
			s := &scene{w: newWorld(t, crowded())}
			s.w.wrap = func(p *engine.Ports) {
				p.Store = &faulty{Store: p.Store,
					get: func(key ports.Key) error {
						if s.down == "get" {
							return fault.New(fault.Unavailable, "no store")
						}
						return nil
					},
					update: func(keys []ports.Key, do func() error) error {
						if s.down == "p/" && len(keys) > 1 && strings.HasPrefix(keys[1].Sort, "p/") || s.down == "a/" && len(keys) == 0 {
							return fault.New(fault.Unavailable, "no store")
						}
						return do()
					}}
			}
			s.w.main = s.w.start(crowded())
			s.id = s.w.submit(6)
			s.note = job.ParcelNote(s.w.job(s.id), 0).Pack()
			s.w.mail.lose()
			story(s)
			s.down = ""
			s.w.settle(first)
			require.Empty(t, s.w.strands)
			// Three calls at once are possible again.
			s.w.oracle.most = 0
			s.w.oracle.script = func(plea) said { return slow(time.Second) }
			other := s.w.submit(3)
			s.w.deliver(other, 0)
			require.Equal(t, 3, s.w.oracle.most)
			require.Equal(t, job.StateCompleted, s.w.job(other).State)
			if s.w.job(s.id).Cap == 1 {
				return
			}
			require.Equal(t, job.StateCompleted, s.w.rest(s.id).State)
		})
	}
}

// TestAbandoned is about answers that arrive and cannot be stored.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	down := false
	w.wrap = func(p *engine.Ports) {
		p.Store = &faulty{Store: p.Store, update: func(keys []ports.Key, do func() error) error {
			if down && len(keys) == 0 {
				return fault.New(fault.Corrupt, "no room")
			}
			return do()
		}}
	}
	w.main = w.start(small())
	w.oracle.script = func(p plea) said {
		s := ok()
		switch {
		case p.n > 1:
		case p.ordinal == 1:
			s.took = 100 * time.Second
		case p.ordinal == 2:
			s.hang = true
		}
		return s
	}
	id := w.submit(3)
	w.mail.lose()
	down = true
	ctx, cancel := w.WithDeadline(w.ctx, w.now.Add(126*time.Second))
	defer cancel()
	calls := w.main.calls
	s := w.spawn(func() { require.NoError(t, w.main.Work(ctx, job.ParcelNote(w.job(id), 0).Pack())) })
	for !s.done {
		require.Less(t, w.main.calls-calls, 100, "nobody may hammer the store while it waits")
		if w.step(first) {
			continue
		}
		at, some := w.wake()
		require.True(t, some)
		w.now = at
	}
	require.Equal(t, 2, w.progress(id).Counts[job.TaskRunning])
	down = false
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	p := w.progress(id)
	require.Equal(t, 3*hold, p.Presumed)
	require.Equal(t, 3*spent, p.Settled)
}

// TestAbandonedLeavesTheParcel is about what its worker does with the rest of a parcel.
func TestAbandonedLeavesTheParcel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	failed := false
	w.wrap = func(p *engine.Ports) {
		p.Store = &faulty{Store: p.Store, update: func(keys []ports.Key, do func() error) error {
			if !failed && len(keys) == 0 {
				failed = true
				return fault.New(fault.Corrupt, "no room")
			}
			return do()
		}}
	}
	w.main = w.start(small())
	w.oracle.script = func(p plea) said {
		s := again("X")
		if p.n > 1 {
			s = ok()
		}
		s.took = time.Duration(1+10*p.ordinal) * time.Second
		return s
	}
	id := w.submit(3)
	w.deliver(id, 0)
	require.True(t, failed)
	require.Equal(t, 3, w.oracle.begun, "the lease must end, so that somebody can resolve what was left")
	require.Equal(t, job.Counts{job.TaskRunning: 1, job.TaskWaiting: 2}, w.progress(id).Counts)
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	require.Equal(t, hold, w.progress(id).Presumed)
}

// TestDrain is about a process that is being stopped.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	h := &held{}
	w.oracle.script = func(p plea) said {
		s := h.script(p)
		s.text = "again X"
		return s
	}
	id := w.submit(3)
	w.mail.lose()
	s := w.begin(w.main, id, 0)
	w.main.Drain()
	h.free = true
	w.settle(first)
	require.True(t, s.done)
	require.Equal(t, 3, w.oracle.begun, "what was open has settled, nothing new was begun")
	require.Equal(t, 3*spent, w.progress(id).Settled)
	require.Len(t, w.mail.letters, 1, "somebody else goes on")
	w.deliver(id, 0)
	require.Equal(t, 3, w.oracle.begun)
	require.Len(t, w.mail.letters, 2)
	w.main = w.start(small())
	w.oracle.script = func(plea) said { return ok() }
	require.Equal(t, job.StateCompleted, w.rest(id).State)
}

// TestAParcelWaitsAMomentForMoreSlots: they get free one by one, and it would go through life task by task.
func TestAParcelWaitsAMomentForMoreSlots(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &engine.Options{Calls: 30})
	n := 0
	w.oracle.script = func(plea) said {
		n++
		return slow(time.Second + time.Duration(n)*100*time.Millisecond)
	}
	id := w.submit(50)
	one := w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
	two := w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 1).Pack()})
	w.until(func() bool { return one.done && two.done })
	var leases []int
	for _, e := range w.seen.Events(ports.EventLeased) {
		leases = append(leases, e.Count)
	}
	require.Equal(t, []int{25, 10}, leases, "five were free, and five more a moment later")
	require.Equal(t, job.StateCompleted, w.rest(id).State)
}

// TestDrainSettlesWhatHasComeBack: whoever is about to be killed does not wait for the time to flush.
func TestDrainSettlesWhatHasComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &engine.Options{FlushAfter: time.Minute})
	n := 0
	w.oracle.script = func(plea) said {
		if n++; n < 4 {
			return slow(time.Second)
		}
		return slow(30 * time.Second)
	}
	id := w.submit(6)
	s := w.work(w.main, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
	begun := w.now
	w.until(func() bool { return w.now.Sub(begun) >= time.Second })
	for w.step(first) {
		continue
	}
	require.Zero(t, w.progress(id).Settled)
	w.main.Drain()
	for w.step(first) {
		continue
	}
	require.Equal(t, 3, w.progress(id).Counts[job.TaskCompleted])
	require.Positive(t, w.progress(id).Settled)
	w.until(func() bool { return s.done })
	require.Equal(t, 6, w.progress(id).Counts[job.TaskCompleted], "calls in flight settle too")
}
