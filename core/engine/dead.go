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
// An error means that it should be offered again.
func (e *Engine) DeadLetter(ctx context.Context, body []byte) error {
	note, err := job.ReadNote(body)
	if err != nil {
		e.tellForeign(ctx, note, err)
		return nil
	}
	f, err := e.factsFor(ctx, note.Job)
	if absent(err) {
		return nil
	}
	if err != nil || note.Parcel == nil {
		return err
	}
	if *note.Parcel < 0 || *note.Parcel >= f.layout.Parcels() {
		return nil
	}
	again, wished, letters := false, false, 0
	became := ""
	var counted []byte
	err = e.update(ctx, f, f.layout.ShardOf(*note.Parcel), *note.Parcel, nil, func(c *change) error {
		again, wished, became = false, false, "dropped: the parcel is worked on, ended or closed"
		p := c.parcel
		letters = p.DeadLetters
		if bytes.Equal(p.Pack(), counted) {
			// An earlier run of this Update has counted the letter already.
			again, became = true, letterAgain
			return errNothing
		}
		if p.Leased(c.now, e.options.Epoch, e.options.Margin, e.longestLease()) || p.Ended() || c.shard.Gate != job.GateOpen {
			return errNothing
		}
		p.DeadLetters++
		if letters = p.DeadLetters; letters >= DeadLetters {
			became = "its open tasks have failed"
			err := c.failOpen()
			wished = c.wished
			return err
		}
		again, became, counted = true, letterAgain, p.Pack()
		return nil
	})
	if quiet(err) != nil {
		return err
	}
	e.observe(ctx, ports.Event{Name: ports.EventDeadLetter, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Parcel: *note.Parcel, Count: letters, Detail: became})
	// What is written is done: offered again the letter would count twice. What follows the sweeper does too.
	switch {
	case again:
		err = e.send(ctx, f, 0, *note.Parcel)
	case wished:
		err = e.carry(ctx, f.id)
	default:
		return nil
	}
	if err != nil {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Parcel: *note.Parcel, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
	return nil
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
