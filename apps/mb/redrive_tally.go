package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// tally counts what became of dead letters: the engine tells it, and sends through it. It is for one letter after the other.
type tally struct {
	ports.Observer
	ports.Sender
	taken int
	// again were sent again, unsent are left to the sweeper to send, dropped needed nothing, foreign are none of ours, fatal
	// were the third of their parcel.
	again, unsent, dropped, foreign, fatal int
	// pages have failed with the fatal ones.
	pages int

	now struct {
		foreign, sent, unsent bool
		pages                 int
	}
}

var (
	_ ports.Observer = (*tally)(nil)
	_ ports.Sender   = (*tally)(nil)
)

// begin takes the next letter.
func (t *tally) begin(body []byte) {
	t.now.sent, t.now.unsent, t.now.pages = false, false, 0
	_, err := job.ReadNote(body)
	t.now.foreign = err != nil
}

// Observe counts pages that fail by the letter.
func (t *tally) Observe(ctx context.Context, event ports.Event) {
	if event.Name == ports.EventTaskEnded && event.Fault == string(job.CodeDeadLetter) {
		t.now.pages++
	}
	t.Observer.Observe(ctx, event)
}

// Send sends.
func (t *tally) Send(ctx context.Context, messages ...ports.Message) error {
	err := t.Sender.Send(ctx, messages...)
	t.now.sent, t.now.unsent = err == nil, err != nil
	return err
}

// end counts the letter, which is gone from its queue now.
func (t *tally) end() {
	t.taken++
	t.pages += t.now.pages
	switch {
	case t.now.foreign:
		t.foreign++
	case t.now.pages > 0:
		t.fatal++
	case t.now.sent:
		t.again++
	case t.now.unsent:
		t.unsent++
	default:
		t.dropped++
	}
}

// String is the tally in one line.
func (t *tally) String() string {
	var parts []string
	add := func(n int, format string, args ...any) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(t.again, "%d sent again", t.again)
	add(t.unsent, "%d left to the sweeper to send", t.unsent)
	add(t.dropped, "%d dropped because their parcels need nothing", t.dropped)
	add(t.fatal, "%d the third of their parcels: %s failed with %s", t.fatal, counted(t.pages, "page"), job.CodeDeadLetter)
	add(t.foreign, "%d deleted that no program of ours has sent", t.foreign)
	text := counted(t.taken, "message") + " taken in"
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}
