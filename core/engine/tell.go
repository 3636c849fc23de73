package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// tellForeign tells of a message that none of our programs has sent. Whose words it holds nobody knows: of its error only names
// that a field could have are repeated, and a job that cannot be is not named.
func (e *Engine) tellForeign(ctx context.Context, note job.Note, err error) {
	event := ports.Event{Name: ports.EventFault, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)}
	if validID(string(note.Job)) {
		event.Job, event.RequestID = string(note.Job), note.RequestID
	} else if note.Job != "" || !fieldsAlone(event.Detail) {
		event.Detail = "a message that none of our programs has sent"
	}
	e.observe(ctx, event)
}

// fieldsAlone reports whether everything in quotes could be the name of a field.
func fieldsAlone(text string) bool {
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 && (len(part) > 30 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz_") != "") {
			return false
		}
	}
	return true
}

// tellOf tells of a failure about a job of which the id alone is at hand: whose it is only when it was seen lately.
func (e *Engine) tellOf(ctx context.Context, id job.ID, err error) {
	event := ports.Event{Name: ports.EventFault, Job: string(id), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)}
	if f := e.remembered(id); f != nil {
		event.Tenant, event.RequestID = f.tenant, f.requestID
	}
	e.observe(ctx, event)
}

// alerted is the error of a damaged record of which the observer knows.
type alerted struct{ error }

func (a alerted) Unwrap() error { return a.error }

// alertOf alerts the observer of a damaged record that the work for a message has met, unless it knows of it, and returns the
// error as it is: reads tell nobody by themselves.
func (e *Engine) alertOf(ctx context.Context, note job.Note, err error) error {
	var known alerted
	if fault.KindOf(err) != fault.Corrupt || errors.As(err, &known) {
		return err
	}
	event := ports.Event{Name: ports.EventCorrupt, Job: string(note.Job), RequestID: note.RequestID, Detail: fault.OneLine(err, 300)}
	if note.Parcel != nil {
		event.Parcel = *note.Parcel
	}
	if f := e.remembered(note.Job); f != nil {
		event.Tenant, event.RequestID = f.tenant, f.requestID
	}
	e.observe(ctx, event)
	return err
}
