package world

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/marketbrewer/marketbrewer/core/engine"
)

// history is what clients saw of their submissions with keys, for the check that they are linearizable: a key of a tenant
// stands for one job, and everybody sees the same one.
type history struct {
	events []submitted
	clock  int64
	// void is set when the store was set back: what was promised in the lost time is forgotten.
	void bool
}

// submitted is one submission. An open one may or may not have taken effect, at any time after its call.
type submitted struct {
	client      int
	key, body   string
	call, ret   int64
	from, until time.Time
	job         string
	answered    bool
	dropped     bool
	repeated    bool
}

// conflict is the answer that the key stands for something else.
const conflict = "conflict"

func (h *history) tick() int64 {
	h.clock++
	return h.clock
}

func (h *history) call(client int, s engine.Submission, now time.Time) int {
	if s.Key == "" {
		return -1
	}
	h.events = append(h.events, submitted{
		client: client, key: s.Tenant + "/" + s.Key, body: fmt.Sprint(string(s.Input), s.Cap, s.Lane, s.Deadline), call: h.tick(), ret: math.MaxInt64, from: now,
	})
	return len(h.events) - 1
}

func (h *history) answer(at int, id string, repeated bool, now time.Time) {
	if at < 0 {
		return
	}
	e := &h.events[at]
	e.ret, e.until, e.job, e.answered, e.repeated = h.tick(), now, id, true, repeated
}

// drop forgets a submission that certainly had no effect.
func (h *history) drop(at int) {
	if at >= 0 {
		h.events[at].dropped = true
	}
}

// stands is the state of one key: the job and the submission that it stands for.
type stands struct{ job, body string }

// legal reports whether the submissions could have happened one after the other. Keys that lapse are left to the books.
func (h *history) legal(life time.Duration) bool {
	if h.void || life > 0 || len(h.events) == 0 {
		return true
	}
	keys := map[string][]porcupine.Operation{}
	var order []string
	for _, e := range h.events {
		if e.dropped {
			continue
		}
		if keys[e.key] == nil {
			order = append(order, e.key)
		}
		keys[e.key] = append(keys[e.key], porcupine.Operation{ClientId: e.client, Input: e, Call: e.call, Output: e, Return: e.ret})
	}
	for _, key := range order {
		if !porcupine.CheckOperations(model(), keys[key]) {
			return false
		}
	}
	return true
}

// model is one key: the first submission makes the job, a later one with the same body gets it, one with another body is
// a conflict. A submission without an answer may have done any of these, or nothing.
func model() porcupine.Model {
	one := porcupine.NondeterministicModel{
		Init: func() []any { return []any{stands{}} },
		Step: func(state, _, output any) []any {
			s, e := state.(stands), output.(submitted)
			switch {
			case !e.answered && s.job == "":
				// Nothing, or a job whose name nobody has been told yet.
				return []any{s, stands{"?", e.body}}
			case !e.answered:
				return []any{s}
			case e.job == conflict:
				return only(s, s.job != "" && s.body != e.body)
			case s.job == "":
				return only(stands{e.job, e.body}, !e.repeated)
			}
			return only(stands{e.job, e.body}, s.body == e.body && (s.job == e.job || s.job == "?"))
		},
		Equal: func(a, b any) bool { return a == b },
	}
	return one.ToModel()
}

func only(s stands, possible bool) []any {
	if possible {
		return []any{s}
	}
	return nil
}
