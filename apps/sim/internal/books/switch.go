package books

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// spendingKey is the record of the switch that all jobs obey.
var spendingKey = ports.Key{Partition: "global", Sort: "spending"}

// spendingSwitch is the switch as it was last written. Number counts the writes.
type spendingSwitch struct {
	off    bool
	number int
}

// readSwitch takes the record in; without one spending is on.
func (b *Books) readSwitch() {
	body, found := b.store.Read(spendingKey)
	is := struct {
		On bool `json:"on"`
	}{On: true}
	if err := json.Unmarshal(body, &is); found && err != nil {
		b.Fail("the spending switch: %v", err)
		return
	}
	b.spending = spendingSwitch{!is.On, b.spending.number + 1}
	for _, j := range b.order {
		j.obeys = false
	}
}

// Off reports whether spending is switched off, and how often the switch has been written.
func (b *Books) Off() (off bool, number int) { return b.spending.off, b.spending.number }

// Obeyed is told that a call has switched spending off and met no trouble: every job that is alive is paused by the switch,
// in all shards, and from now on holds nothing until it is on again. Number is that of the switch when the call had written it.
func (b *Books) Obeyed(number int) {
	if b.spending.number != number || !b.spending.off {
		return // somebody has switched it since
	}
	for _, j := range b.order {
		if h := j.header; h.State.Ended() || !h.CancelledAt.IsZero() {
			continue
		}
		if !slices.Contains(j.header.Pauses, job.PauseSpendingOff) {
			b.Fail("job %s: spending was switched off, and it is paused for %v", j.id, j.header.Pauses)
		}
		for n := range j.shards {
			if h := &j.shards[n].header; !h.Done && h.Gate == job.GateOpen {
				b.Fail("job %s: spending was switched off, and shard %d is open", j.id, n)
			}
		}
		j.obeys = true
	}
}

// Follows reports whether the job is as the switch wants it: paused by it, or not.
func (b *Books) Follows(id job.ID) bool {
	h := b.jobs[id].header
	return h.State.Ended() || !h.CancelledAt.IsZero() || slices.Contains(h.Pauses, job.PauseSpendingOff) == b.spending.off
}

// obeys checks a change of a job against the switch: each reads it in the same Update, so that it must be right to the commit.
func (b *Books) obeys(j *jobBook) {
	h, was := j.header, j.before
	had, has := slices.Contains(was.Pauses, job.PauseSpendingOff), slices.Contains(h.Pauses, job.PauseSpendingOff)
	if lifted, _, some := b.said(j, "resumed"); some && lifted.Data["reason"] == string(job.PauseSpendingOff) {
		b.saw(chance.LetGo)
		if len(was.Pauses) != 1 {
			b.Fail("job %s: the switch has lifted the pauses %v", j.id, was.Pauses)
		}
	}
	if has && !had {
		b.saw(chance.SwitchedOff)
		if !b.spending.off {
			b.Fail("job %s: is paused by the switch, and spending is on", j.id)
		}
	}
	if !b.spending.off {
		return
	}
	switch {
	case h.Round > was.Round:
		b.Fail("job %s: began round %d while spending is off", j.id, h.Round)
	case h.Cap > was.Cap:
		b.Fail("job %s: its cap went from %s to %s while spending is off", j.id, was.Cap, h.Cap)
	case h.State.Ended() || h.Round > was.Round:
	case had && !has, was.Paused() && !h.Paused():
		b.Fail("job %s: was paused for %v, and is for %v while spending is off", j.id, was.Pauses, h.Pauses)
	}
}

// gateMoves checks that a gate is moved by a wish: shards know of nothing else.
func (b *Books) gateMoves(j *jobBook) {
	h, was := j.header, j.before
	if h.Gate() != was.Gate() && h.Wish == was.Wish && !h.State.Ended() {
		b.Fail("job %s: it is wished to be %s after %s, and the wish is still number %d", j.id, h.Gate(), was.Gate(), h.Wish)
	}
}

// heldWhileOff checks a hold that a commit has taken in a job that obeys the switch.
func (b *Books) heldWhileOff(j *jobBook, shard int, at time.Time) {
	if j.obeys && b.spending.off {
		b.Fail("job %s shard %d: a hold is taken at %s, and spending is off in all its shards", j.id, shard, at)
	}
}
