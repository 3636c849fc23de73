package guardmodel_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestModel(t *testing.T) {
	porttest.Model(t, func(t *testing.T, script porttest.ModelScript) porttest.ModelUnderTest {
		arrived := make(chan struct{}, 1)
		model := &inner{does: behave(script, arrived)}
		requests := func() int { return int(model.calls.Load()) }
		if script.Behaviour == porttest.ModelIsUnreachable {
			requests = func() int { return 0 }
		}
		return porttest.ModelUnderTest{
			Model:    guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{RPM: 6000}),
			Requests: requests, Arrived: arrived,
		}
	})
}

// behave is a model that follows the script.
func behave(script porttest.ModelScript, arrived chan<- struct{}) func(context.Context, job.Request) (ports.Reply, error) {
	said := ports.Reply{Answer: job.Answer{RequestID: script.Answer.RequestID}}
	refusals := map[porttest.ModelBehaviour]fault.Kind{
		porttest.ModelThrottles: fault.Throttled, porttest.ModelOverloads: fault.Overloaded, porttest.ModelRejects: fault.Rejected,
		porttest.ModelRefusesKey: fault.Unauthorized, porttest.ModelCapsSpending: fault.SpendCap,
		porttest.ModelIsUnreachable: fault.Unavailable,
	}
	return func(ctx context.Context, _ job.Request) (ports.Reply, error) {
		switch script.Behaviour {
		case porttest.ModelAnswers, porttest.ModelForgetsUsage:
			return ports.Reply{Answer: script.Answer}, nil
		case porttest.ModelBreaksOff, porttest.ModelFails:
			return said, fault.New(fault.Unavailable, "test: lost").MaybeDone()
		case porttest.ModelHangs:
			arrived <- struct{}{}
			<-ctx.Done()
			return said, fault.New(fault.Unavailable, "test: %w", ctx.Err()).MaybeDone()
		}
		return said, fault.New(refusals[script.Behaviour], "test: refused").After(script.RetryAfter)
	}
}

func TestACallThatIsOverBeforeItBegins(t *testing.T) {
	t.Parallel()
	model := says(nil)
	guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 1})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for range 3 {
		reply, err := guard.Call(ctx, request)
		require.ErrorIs(t, err, fault.Unavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, fault.Unknown(err))
		require.False(t, reply.Tripped, "that says nothing of the provider")
	}
	require.Zero(t, model.calls.Load())
}

// TestManyNames: what a caller makes up costs no memory, and is guarded all the same.
func TestManyNames(t *testing.T) {
	t.Parallel()
	guard := guardmodel.New(says(overloaded), sysclock.Clock{}, &guardmodel.Options{Failures: 1, OpenFor: time.Hour})
	trips := func(name string) bool {
		reply, err := guard.Call(t.Context(), job.Request{Model: name})
		require.Error(t, err)
		require.True(t, reply.Tripped)
		return err.Error() == "test: 529"
	}
	var asked int
	for n := range 1000 {
		if trips(fmt.Sprint("model-", n)) {
			asked++
		}
	}
	require.Equal(t, 65, asked, "64 of their own, and one for all others")
	require.False(t, trips("model-3"))
}

// TestSideBySide is for the race detector: many callers, names and limits at once.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	model := &inner{}
	model.does = func(context.Context, job.Request) (ports.Reply, error) {
		n := int(model.calls.Load())
		if n%3 == 0 {
			return ports.Reply{}, overloaded
		}
		limit := ports.Limit{Known: true, Max: int64(1000 + n%7)}
		return ports.Reply{Limits: ports.Limits{Requests: limit}}, nil
	}
	guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{
		Failures: 2, OpenFor: time.Millisecond, MaxWait: time.Millisecond, Observer: &porttest.Recorder{},
	})
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() {
			for n := range 300 {
				_, _ = guard.Call(t.Context(), job.Request{Model: fmt.Sprint(i*n%80, "-model")})
			}
		})
	}
	running.Wait()
	require.Positive(t, model.calls.Load())
}
