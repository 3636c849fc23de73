package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// redrive takes in what the queue of a deployment has given up.
type redrive struct {
	*app
	store storeFlags
	limit int
}

func newRedrive(a *app) *cobra.Command {
	r := &redrive{app: a}
	cmd := &cobra.Command{
		Use:   "redrive --aws",
		Short: "Take in the messages that a deployment's queue has given up",
		Long: `Take in the messages that the queue of a deployment has given up, as its sweeper does by itself: this is for
when it did not. They are not simply moved back: a message whose parcel is worked on, ended or closed is dropped; any
other counts at its parcel and is sent again, and at the third the pages of the parcel that are still open
fail with DEAD_LETTER, so that a message that kills its worker does not do so for ever. A message that no program
of ours has sent is deleted. What became of them is counted in the answer.`,
		Example: `  mb redrive --aws --stage prod
  mb redrive --aws --stage prod --limit 100`,
		Args: takes(),
		RunE: func(*cobra.Command, []string) error { return r.run() },
	}
	section(cmd, "Which messages", func(flags *pflag.FlagSet) {
		flags.IntVar(&r.limit, "limit", 1000, "take at most `N`")
		r.store.define(flags)
	})
	return cmd
}

func (r *redrive) run() error {
	if err := between("limit", r.limit, 1, 1000); err != nil {
		return err
	}
	if err := r.store.check(); err != nil {
		return err
	}
	if !r.store.aws.on {
		return invalid("a store on this machine gives no message up: add --aws")
	}
	s, err := r.deployed(r.store)
	if err != nil {
		return err
	}
	sys, err := assemble(s, silent(), newWatch(r.stderr, 0), 1)
	if err != nil {
		return err
	}
	dead, err := s.far.DeadLetters(r.stop.hard)
	if err != nil {
		return err
	}
	t := &tally{Observer: sys.Engine.Observer, Sender: sys.Engine.Queue}
	sys.Engine.Observer, sys.Engine.Queue = t, t
	if err := r.take(r.stop.soft, sys.Engine, dead, t); err != nil {
		r.note("%s before", t)
		return err
	}
	return printed(fmt.Fprintln(r.stdout, t))
}

// nobody is how long an empty queue is asked: a part of its servers may answer at first.
const nobody = 2 * time.Second

// take offers messages to the engine until there are none.
func (r *redrive) take(ctx context.Context, e *engine.Engine, dead ports.Queue, t *tally) error {
	for t.taken < r.limit {
		letters, err := dead.Receive(ctx, min(10, r.limit-t.taken), e.Clock.Now().Add(nobody))
		if err != nil || len(letters) == 0 {
			return err
		}
		for _, letter := range letters {
			t.begin(letter.Body)
			if err := e.DeadLetter(ctx, letter.Body); err != nil {
				return err // it shows again after the queue's visibility timeout
			}
			if err := dead.Ack(ctx, letter.Receipt); err != nil {
				return err
			}
			t.end()
		}
	}
	return nil
}
