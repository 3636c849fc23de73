package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// action draws one thing and does it to a job.
func (w *World) action(id job.ID) chance.Kind {
	kinds := []chance.Kind{
		chance.DoPause, chance.DoPause, chance.DoResume, chance.DoResume, chance.DoRaise, chance.DoRetry, chance.DoRetry, chance.DoRegenerate,
		chance.DoVerify, chance.DoLook, chance.DoLower, chance.DoCancel, chance.DoMoreCap, chance.DoLessCap, chance.DoCause, chance.DoCause,
	}
	kind := kinds[w.roll().IntN(len(kinds))]
	if w.config.Hasty {
		kind = kinds[w.roll().IntN(4)]
	}
	w.act(kind, id)
	return kind
}

// act does one thing to a job. Where the answer to a cap or a retry under a key is lost, the same is often asked for again; the
// latter now and then all the same.
func (w *World) act(kind chance.Kind, id job.ID) {
	h := w.books.Header(id)
	if h == nil {
		return // a restore has lost it meanwhile
	}
	w.note("operator", string(kind), string(id), "")
	w.reach.Hit(chance.Operator, kind)
	a := w.drawn(kind, h)
	for {
		unsure := w.ask(kind, a) == books.Unknown
		again := unsure && a.Cap > 0 && w.percent(60) || a.Key != "" && (unsure || w.percent(40))
		if !again || w.calm || !w.rest(0, 2*time.Minute) || w.books.Header(id) == nil {
			return
		}
	}
}

// request is what an act asks for.
type request struct {
	books.Ask
	// limit is the total cap that comes with a resume or a retry.
	limit cost.Pico
}

// drawn draws the particulars of an act.
func (w *World) drawn(kind chance.Kind, h *job.Job) request {
	a := request{Ask: books.Ask{Job: h.ID}, limit: h.Cap + cost.Pico(w.roll().IntN(4))*oneCent}
	switch kind {
	case chance.DoRetry:
		a.Retry = true
	case chance.DoRegenerate:
		a.Retry, a.Ordinals = true, w.someTasks(h)
	case chance.DoCause:
		a.Retry = true
		a.Codes = w.someCodes(h.ID)
		if w.percent(20) {
			a.Ordinals = w.someTasks(h)
		}
		if w.percent(60) {
			a.Key = fmt.Sprintf("again%d", w.roll().IntN(3))
		}
	case chance.DoLower:
		a.limit = max(h.Cap/2, 1)
	case chance.DoMoreCap:
		a.Cap = a.limit
	case chance.DoLessCap:
		// What is handed out is the least that is allowed: around it, or anything below.
		least := w.books.HandedOut(h.ID)
		a.Cap = max([]cost.Pico{least, least - 1, least + cost.Pico(w.roll().IntN(10))*oneCent/10, h.Cap * 3 / 4, 1}[w.roll().IntN(5)], 1)
	}
	return a
}

// someTasks are up to three that can be made again, and now and then any one.
func (w *World) someTasks(h *job.Job) []int {
	ordinals := w.books.Repeatable(h.ID)
	w.roll().Shuffle(len(ordinals), func(i, j int) { ordinals[i], ordinals[j] = ordinals[j], ordinals[i] })
	ordinals = ordinals[:min(len(ordinals), 1+w.roll().IntN(3))]
	if w.percent(10) {
		ordinals = append(ordinals, w.roll().IntN(h.Layout.Tasks))
	}
	return ordinals
}

// someCodes are one or two that tasks of the job have failed with, and now and then one that none has.
func (w *World) someCodes(id job.ID) []job.Code {
	codes := w.books.FailedOf(id)
	w.roll().Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	codes = codes[:min(len(codes), 1+w.roll().IntN(2))]
	if len(codes) == 0 || w.percent(10) {
		codes = append(codes, job.CodeInternal)
	}
	return codes
}

// ask asks a machine once, under a request id of its own.
func (w *World) ask(kind chance.Kind, a request) books.Outcome {
	outcome := books.Unknown
	w.asks++
	a.Request = fmt.Sprintf("ask%d", w.asks)
	w.books.Asked(a.Ask)
	w.on(func(m *Machine) {
		ctx := engine.WithOrigin(m.ctx, engine.Origin{Actor: "operator", RequestID: a.Request})
		repeated, err := w.do(ctx, m, kind, a)
		w.trace.text(string(fault.KindOf(err)))
		outcome = outcomeOf(repeated, err)
		w.books.Answered(a.Request, outcome)
		w.effects(a, outcome, err)
	})
	return outcome
}

func outcomeOf(repeated bool, err error) books.Outcome {
	switch {
	case err == nil && repeated:
		return books.Repeated
	case err == nil:
		return books.Done
	case fault.Unknown(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return books.Unknown
	}
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Incomplete, fault.Invalid, fault.Budget, fault.NotFound:
		return books.Refused
	}
	return books.Failed
}

// effects counts what came of it.
func (w *World) effects(a request, o books.Outcome, err error) {
	switch {
	case o == books.Repeated:
		w.reach.Hit(chance.Effect, chance.SameKey)
	case o == books.Failed && switchedOff(err):
		w.reach.Hit(chance.Effect, chance.RefusedOff)
	case o == books.Refused && a.Cap > 0 && errors.Is(err, fault.Invalid):
		w.reach.Hit(chance.Effect, chance.CapRefused)
	}
}

// switchedOff reports whether the switch has refused a call.
func switchedOff(err error) bool {
	return errors.Is(err, fault.Unavailable) && strings.Contains(err.Error(), "spending is switched off")
}

// do makes the call.
func (w *World) do(ctx context.Context, m *Machine, kind chance.Kind, a request) (repeated bool, err error) {
	switch e, id := m.engine, a.Job; kind {
	case chance.DoPause:
		_, err = e.Pause(ctx, id, "")
	case chance.DoResume:
		_, err = e.Resume(ctx, id, 0)
	case chance.DoRaise, chance.DoLower:
		_, err = e.Resume(ctx, id, a.limit)
	case chance.DoMoreCap, chance.DoLessCap:
		_, err = e.SetCap(ctx, id, a.Cap)
	case chance.DoRetry, chance.DoRegenerate, chance.DoCause:
		var r engine.Receipt
		r, err = e.RetryScoped(ctx, id, engine.RetryScope{Ordinals: slices.Clone(a.Ordinals), Codes: slices.Clone(a.Codes)}, a.limit, a.Key)
		repeated = r.Repeated
	case chance.DoCancel:
		_, err = e.Cancel(ctx, id, "")
	case chance.DoVerify:
		w.verify(m, id)
	case chance.DoLook:
		err = w.lookAt(m, id)
	}
	return repeated, err
}
