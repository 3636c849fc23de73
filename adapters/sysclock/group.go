package sysclock

import (
	"context"
	"errors"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Group runs functions in goroutines. Its zero value is ready.
type Group struct{}

var _ ports.Group = Group{}

// Run starts one goroutine for each call. A call that ends its goroutine (runtime.Goexit) has failed, with kind
// Internal, as one that panics has; the cause of a panic's error is a *PanicError.
func (Group) Run(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	if n < 1 {
		return nil
	}
	failures := make([]error, n)
	var running sync.WaitGroup
	running.Add(n)
	for i := range n {
		go func() {
			defer running.Done()
			call(ctx, i, fn, &failures[i])
		}()
	}
	running.Wait()
	return errors.Join(failures...)
}

// NewBox returns an empty box.
func (Group) NewBox() ports.Box { return &box{} }

// call makes one call and turns a panic, or the end of its goroutine, into a failure.
func call(ctx context.Context, i int, fn func(ctx context.Context, i int) error, failure *error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			*failure = panicked(i, value)
			return
		}
		*failure = fault.New(fault.Internal, "sysclock: call %d ended its goroutine without returning", i)
	}()
	*failure = fn(ctx, i)
	returned = true
}
