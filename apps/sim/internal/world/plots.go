package world

import (
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// begun waits until the first call has been made, or the first batch.
func (w *World) begun() bool {
	w.Wait(func() bool { return w.over || w.provider.served > 0 || len(w.batches.all) > 0 })
	return !w.over
}

// until does something again and again until it is known to be done.
func (w *World) until(done func() bool) {
	for !w.over && !done() {
		w.rest(time.Second, 2*time.Second)
	}
}

// offAndOn switches spending off while calls are under way, and on after two sweeps.
func (w *World) offAndOn() {
	if !w.begun() {
		return
	}
	w.until(func() bool { return w.spend(false) })
	w.rest(2*time.Minute, 2*time.Minute)
	w.until(func() bool { return w.spend(true) })
}

// lowerAndRaise lowers the job's cap to what it has handed out while calls are under way, and then raises it again.
func (w *World) lowerAndRaise() {
	if !w.begun() {
		return
	}
	id := w.books.Jobs()[0]
	most := w.books.Header(id).Cap
	set := func(kind chance.Kind, limit func() cost.Pico) {
		w.until(func() bool {
			outcome := w.ask(kind, request{Ask: books.Ask{Job: id, Cap: limit()}})
			return outcome == books.Done || w.books.Header(id).State.Ended()
		})
	}
	set(chance.DoLessCap, func() cost.Pico { return max(w.books.HandedOut(id), 1) })
	w.rest(time.Second, time.Second)
	set(chance.DoMoreCap, func() cost.Pico { return most })
}

// twoCauses lets the first task be refused and the second one be of no use, once each.
func twoCauses(ordinal, n int) chance.Kind {
	if n > 1 {
		return chance.None
	}
	return []chance.Kind{chance.StopRefusal, chance.StopUnknown}[ordinal%2]
}

// retryOne makes what was refused again, and leaves what failed of another cause. It asks under one key until it knows.
func (w *World) retryOne() {
	w.Wait(func() bool {
		return w.over || len(w.books.Jobs()) > 0 && w.books.Header(w.books.Jobs()[0]).State.Ended()
	})
	if w.over {
		return
	}
	id := w.books.Jobs()[0]
	w.until(func() bool {
		outcome := w.ask(chance.DoCause, request{
			Ask:   books.Ask{Job: id, Retry: true, Codes: []job.Code{job.CodeRefused}, Key: "cause"},
			limit: w.books.Header(id).Cap + oneCent,
		})
		// A fault may have come where the refusal was to be.
		return outcome == books.Done || outcome == books.Repeated || !slices.Contains(w.books.FailedOf(id), job.CodeRefused)
	})
	w.until(func() bool { return w.books.Header(id).State.Ended() })
}
