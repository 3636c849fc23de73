package main

import (
	"context"
	"os"
)

// interrupts are the two wishes of whoever stops the program. Both contexts also end with the one they were made from.
type interrupts struct {
	// soft ends with the first signal: begin nothing new, finish what is under way.
	soft context.Context
	// hard ends with the second signal: stop at once. It is the context of everything that the program does.
	hard context.Context
}

// listen turns signals into wishes until it is released.
func listen(ctx context.Context, signals <-chan os.Signal) (interrupts, func()) {
	hard, stopHard := context.WithCancel(ctx)
	soft, stopSoft := context.WithCancel(hard)
	go func() {
		for _, stop := range []func(){stopSoft, stopHard} {
			select {
			case <-signals:
				stop()
			case <-hard.Done():
				return
			}
		}
	}()
	return interrupts{soft: soft, hard: hard}, stopHard
}

// wished reports whether somebody wants the program to stop.
func (i interrupts) wished() bool { return i.soft.Err() != nil }
