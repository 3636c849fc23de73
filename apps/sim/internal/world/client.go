package world

import (
	"errors"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// client submits jobs, some again with the same key, and some others with it.
func (w *World) client(number int) {
	wait := 20 * time.Second // the first comes soon, so that no run is idle
	for n := 0; n < w.config.Jobs && w.rest(0, wait) && !w.calm; n++ {
		wait = 10 * time.Minute
		s := w.submission(number, n)
		for range 4 {
			if w.submit(number, s) || w.calm || !w.rest(0, time.Minute) {
				break
			}
			w.reach.Hit(chance.Operator, chance.DoSubmit)
		}
	}
}

// submission draws one. Keys are few, so that they meet.
func (w *World) submission(client, n int) engine.Submission {
	key := ""
	if w.percent(70) {
		key = fmt.Sprintf("key%d", w.roll().IntN(2))
	}
	name, tasks := fmt.Sprintf("job%d.%d", client, n), 1+w.roll().IntN(w.config.Tasks)
	if key != "" {
		// What a key stands for is one of two jobs, so that a key is sent again with the same and with another job.
		variant := w.roll().IntN(2)
		name, tasks = fmt.Sprintf("%s.%d", key, variant), 1+(w.config.Tasks+variant)%w.config.Tasks
	}
	if w.config.Crowd {
		key, name, tasks = "", fmt.Sprintf("crowd%d.%d", client, n), w.config.Tasks
	}
	limit := cost.Pico(tasks) * oneCent
	if w.percent(10) {
		limit = 0 // the forecast's worst case
	}
	if w.config.Tight {
		limit = cost.Pico(1+w.roll().IntN(3*tasks)) * oneCent / 10
	}
	tenant := []string{"acme", "brio"}[w.roll().IntN(2)]
	s := engine.Submission{
		Tenant: tenant, Kind: work.Name, Input: work.Input{Name: tenant + "." + name, Tasks: tasks, Profile: w.config.Profile}.Bytes(), Cap: limit,
		Limits: w.config.Limits, Key: key,
	}
	if w.percent(w.config.Batched) {
		s.Lane = cost.Batch
		if w.percent(50) {
			s.Lane, s.Deadline = cost.Auto, w.between(20*time.Minute, 4*time.Hour)
		}
	}
	return s
}

// submit sends the submission and reports whether the client knows what came of it.
func (w *World) submit(client int, s engine.Submission) bool {
	var receipt engine.Receipt
	var err error
	began := w.Now()
	at := w.history.call(client, s, began)
	if !w.on(func(m *Machine) { receipt, err = m.engine.Submit(m.ctx, s) }) {
		return false
	}
	switch {
	case err == nil:
		if life, age := w.config.KeyLife, began.Sub(receipt.Job.CreatedAt); receipt.Repeated && life > 0 && age > life+2*Margin+time.Second && !w.config.Wild {
			w.books.Fail("key %s gave job %s, which was made %s ago: keys live for %s", s.Key, receipt.Job.ID, age, life)
		}
		w.history.answer(at, string(receipt.Job.ID), receipt.Repeated, w.Now())
	case errors.Is(err, fault.Conflict):
		w.history.answer(at, conflict, false, w.Now())
	case fault.Unknown(err):
		return false
	default:
		w.history.drop(at)
		return errors.Is(err, fault.Budget)
	}
	w.note(fmt.Sprintf("client%d", client), "submitted", s.Tenant+"/"+s.Key, fmt.Sprint(err))
	return true
}
