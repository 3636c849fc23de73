package engine

import (
	"bytes"
	"context"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// DeadLetters is how many messages of a parcel a queue may give up in one round before its open tasks fail.
const DeadLetters = 3

const letterAgain = "counted, and sent again"

// DeadLetter takes a message that the queue has given up. It is a hint, not a verdict: dropped when the parcel is
// leased, ended or closed; else counted and sent again, and at the third the parcel's open tasks fail with DEAD_LETTER.
// An error means that it should be offered again, but Corrupt, as with Work.
func (e *Engine) DeadLetter(ctx context.Context, body []byte) error {
	note, err := job.ReadNote(body)
	if err != nil {
		e.tellForeign(ctx, note, err)
		e.tellDropped(ctx, ports.Event{}, "dropped: it cannot be read")
		return nil
	}
	return e.alertOf(ctx, note, e.deadLetter(ctx, note))
}

func (e *Engine) deadLetter(ctx context.Context, note job.Note) error {
	f, err := e.factsFor(ctx, note.Job)
	if absent(err) {
		e.tellDropped(ctx, ports.Event{}, "dropped: its job is not in the store")
		return nil
	}
	if err != nil {
		return err
	}
	about := ports.Event{Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID}
	if note.Parcel == nil {
		e.tellDropped(ctx, about, "dropped: it was to send the parcels of a shard, which the sweeper does too")
		return nil
	}
	if about.Parcel = *note.Parcel; about.Parcel < 0 || about.Parcel >= f.layout.Parcels() {
		e.tellDropped(ctx, about, "dropped: its job has no such parcel")
		return nil
	}
	var l letter
	err = e.update(ctx, f, f.layout.ShardOf(about.Parcel), about.Parcel, nil, l.count)
	if quiet(err) != nil {
		return err
	}
	about.Name, about.Count, about.Detail = ports.EventDeadLetter, l.letters, l.became
	e.observe(ctx, about)
	// What is written is done: offered again the letter would count twice. What follows the sweeper does too.
	if err := e.followLetter(ctx, f, about.Parcel, &l); err != nil {
		about.Name, about.Count, about.Fault, about.Detail = ports.EventFault, 0, string(fault.KindOf(err)), fault.OneLine(err, 300)
		e.observe(ctx, about)
	}
	return nil
}

// letter is what becomes of a dead letter of a parcel.
type letter struct {
	letters int
	became  string
	// again is true when the parcel is sent anew, wished when its failure has made a wish that is to be carried.
	again, wished bool
	// counted is the parcel as an earlier run of the same Update has counted the letter.
	counted []byte
}

// count is the decision about the letter.
func (l *letter) count(c *change) error {
	p, o := c.parcel, c.e.options
	l.again, l.wished, l.became, l.letters = false, false, "dropped: the parcel is worked on, ended or closed", p.DeadLetters
	if bytes.Equal(p.Pack(), l.counted) {
		l.again, l.became = true, letterAgain
		return errNothing
	}
	if p.Leased(c.now, o.Epoch, o.Margin, c.e.longestLease()) || p.Ended() || c.shard.Gate != job.GateOpen {
		return errNothing
	}
	p.DeadLetters++
	if l.letters = p.DeadLetters; l.letters >= DeadLetters {
		l.became = "its open tasks have failed"
		err := c.failOpen()
		l.wished = c.wished
		return err
	}
	l.again, l.became, l.counted = true, letterAgain, p.Pack()
	return nil
}

// followLetter does what follows from a letter that was counted.
func (e *Engine) followLetter(ctx context.Context, f *facts, parcel int, l *letter) error {
	switch {
	case l.again:
		return e.send(ctx, f, 0, parcel)
	case l.wished:
		return e.carry(ctx, f.id)
	}
	return nil
}

// tellDropped tells of a letter that nothing can be done about: each that a queue gives up is counted.
func (e *Engine) tellDropped(ctx context.Context, about ports.Event, why string) {
	about.Name, about.Detail = ports.EventDeadLetter, why
	e.observe(ctx, about)
}

// failOpen resolves what an ended lease has left and fails every open task.
func (c *change) failOpen() error {
	w := &parcelWork{e: c.e, f: c.f, verdicts: map[flight]job.Verdict{}}
	if err := c.takeOver(w, []float64{0}); err != nil {
		return err
	}
	for i := range c.parcel.Tasks {
		if t := &c.parcel.Tasks[i]; !t.State.Ended() {
			if err := t.Fail(job.CodeDeadLetter); err != nil {
				return err
			}
		}
	}
	c.parcel.Release()
	return nil
}
