package main

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// focus is a queue that drops the messages of every job but one. A command works for the job that it was given: another
// job in the store, left running by an earlier command, must not be worked on, and paid, beside it. Dropping is allowed:
// the store alone shows what is to be done.
type focus struct {
	*memqueue.Queue
	only atomic.Pointer[job.ID]
}

var _ ports.Queue = (*focus)(nil)

func newFocus(queue *memqueue.Queue) *focus { return &focus{Queue: queue} }

// on lets only this job's messages through from now on. Before, all are.
func (f *focus) on(id job.ID) { f.only.Store(&id) }

// Send sends the messages of the one job.
func (f *focus) Send(ctx context.Context, messages ...ports.Message) error {
	if only := f.only.Load(); only != nil {
		messages = slices.DeleteFunc(slices.Clone(messages), func(m ports.Message) bool {
			note, err := job.ReadNote(m.Body)
			return err != nil || note.Job != *only
		})
	}
	if len(messages) == 0 {
		return nil
	}
	return f.Queue.Send(ctx, messages...)
}
