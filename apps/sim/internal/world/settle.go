package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// The bounds within which everything must come to rest once the faults have ended.
const (
	settleTime  = 96 * time.Hour
	settleSteps = 400_000
)

// settle is the time without faults: everything must come to rest, and then the books must be closed and right.
func (w *World) settle() {
	if w.broken() {
		return
	}
	for w.restoring && !w.broken() {
		w.turn()
	}
	w.calmDown()
	end, money := w.Now().Add(settleTime), w.Now()
	wishes := w.newWishes()
	for step := 0; !w.broken() && !w.atRest(); step++ {
		if step > settleSteps || w.Now().After(end) || !w.turn() {
			w.books.Fail("no rest after %d steps and %s without faults:%s", step, w.Now().Sub(end.Add(-settleTime)), w.open())
			return
		}
		wishes.look()
		if w.Now().After(money) {
			money = w.Now().Add(10 * time.Minute)
			w.Go(w.ground, func() { w.payUp(wishes.began) })
		}
	}
	w.goHome()
	if w.broken() {
		return
	}
	w.books.AtRest(w.delivered)
	w.audit()
}

// wishes watches how long wishes take to reach their shards, jobs to follow the switch, and ended leases to be taken over.
type wishes struct {
	w *World
	// since is since when a job's wish is on its way, strays since when it does not follow the switch.
	since, strays map[job.ID]time.Time
	began, next   time.Time
}

func (w *World) newWishes() *wishes {
	return &wishes{w: w, began: w.Now(), since: map[job.ID]time.Time{}, strays: map[job.ID]time.Time{}}
}

// look fails a wish that a whole sweep has not carried. A sweep comes each minute; what a machine was held up in when the
// faults ended may last for two leases; a clock that was wild may let a sweeper sleep for hours.
func (s *wishes) look() {
	w := s.w
	if w.Now().Before(s.next) {
		return
	}
	s.next = w.Now().Add(time.Minute)
	// The sweeper may have sent in vain so often that it looks again only after 64 minutes.
	if longest := 90 * time.Minute; w.Now().Sub(s.began) > longest {
		w.books.Stale(longest)
	}
	if longest := 2*w.lease() + 15*time.Minute; w.Now().Sub(s.began) > longest && !w.config.Wild {
		if left := w.batches.uncancelled(); left != "" {
			w.books.Fail("batch %s goes on %s after its job was cancelled", left, longest)
		}
	}
	for _, id := range w.books.Jobs() {
		h := w.books.Header(id)
		if late := s.late(s.since, id, h.Carried >= h.Wish || h.State.Ended()); late > w.followIn() && !w.config.Wild {
			w.books.Fail("job %s: wish %d has not reached every shard after %s of sweeps", id, h.Wish, late)
		}
		if late := s.late(s.strays, id, w.books.Follows(id)); late > w.followIn() && !w.config.Wild {
			w.books.Fail("job %s: it is %s and paused for %v, and does not follow the switch after %s of sweeps", id, h.State, h.Pauses, late)
		}
	}
}

// late is how long it has been so that something is not done.
func (s *wishes) late(since map[job.ID]time.Time, id job.ID, done bool) time.Duration {
	if done {
		delete(since, id)
		return 0
	}
	if _, known := since[id]; !known {
		since[id] = s.w.Now()
	}
	return s.w.Now().Sub(since[id])
}

// calmDown ends the faults that are still going on: clocks are right, machines move, and those of other versions are replaced.
func (w *World) calmDown() {
	w.calm = true
	w.note("calm", "", "", "")
	w.provider.weather = chance.None
	w.batches.hurry()
	for _, m := range w.machines {
		m.host.Offset = 0
		m.host.Freeze(time.Time{})
		m.old = false
		if m.ahead && !m.host.Dead() {
			m.host.Kill()
		}
	}
}

// atRest reports whether every job has ended and nothing is left to tell.
func (w *World) atRest() bool {
	if w.asked > 0 {
		return false
	}
	for _, id := range w.books.Jobs() {
		if h := w.books.Header(id); !h.State.Ended() {
			return false
		}
	}
	return len(rawStore{w}.All("outbox", "")) == 0 && len(w.queue.dead) == 0 && w.collected() && len(w.pending) == 0
}

// collected reports whether no batch is left to be settled.
func (w *World) collected() bool {
	for _, record := range (rawStore{w}).All("collections", "") {
		if _, is := books.ReadCollection(record); is {
			return false
		}
	}
	return true
}

// open says which jobs have not ended.
func (w *World) open() string {
	text := ""
	for _, id := range w.books.Jobs() {
		if h := w.books.Header(id); !h.State.Ended() {
			text += " " + string(id) + " is " + string(h.State)
		}
	}
	if !w.collected() {
		text += " a collection is left"
	}
	if len(w.pending) > 0 {
		text += " a bill is not booked"
	}
	return text
}

// payUp switches spending on, and resumes what is paused for another reason, with more money; the months' limits are raised so
// that it can be had. What the switch has paused goes on by itself.
func (w *World) payUp(calm time.Time) {
	if !w.switchOn(calm) {
		return
	}
	for _, id := range w.books.Jobs() {
		h := w.books.Header(id)
		if h.State != job.StatePaused && len(h.Pauses) == 0 || slices.Equal(h.Pauses, []job.PauseReason{job.PauseSpendingOff}) {
			continue
		}
		w.on(func(m *Machine) {
			if w.config.MonthLimit > 0 {
				for _, tenant := range []string{"", h.Tenant} {
					_ = m.engine.SetLimit(m.ctx, tenant, w.Now().Format("2006-01"), 1000*cost.Dollar)
				}
			}
			_, err := m.engine.Resume(m.ctx, id, max(h.Cap, h.Account.Granted)+cost.Pico(h.Layout.Tasks)*10*oneCent)
			w.note(m.host.Name, "resume", string(id), fmt.Sprint(err))
		})
	}
}

// goHome stops all machines and people: nobody may be left waiting for what never comes.
func (w *World) goHome() {
	w.over = true
	for _, m := range w.machines {
		if !m.gone() {
			m.stop()
		}
	}
	for step := 0; w.Strands() > 0 && !w.broken(); step++ {
		if step > settleSteps || !w.turn() {
			w.books.Fail("somebody waits for ever:%s", w.Waiting())
		}
	}
}

// audit lets a fresh machine look at every book in full.
func (w *World) audit() {
	m := w.start()
	m.spawn(func() {
		for _, id := range w.books.Jobs() {
			if report, err := m.engine.Verify(m.ctx, id); err != nil || len(w.problems(report)) > 0 {
				w.books.Fail("verify of job %s at rest: %v %+v", id, err, report.Problems)
			}
		}
	})
	for w.Strands() > 0 && !w.broken() {
		if !w.turn() {
			w.books.Fail("the audit waits for ever:%s", w.Waiting())
		}
	}
}
