package guardmodel_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inner is a model that does as told.
type inner struct {
	calls atomic.Int32
	does  func(ctx context.Context, request job.Request) (ports.Reply, error)
}

func (i *inner) Call(ctx context.Context, request job.Request) (ports.Reply, error) {
	i.calls.Add(1)
	return i.does(ctx, request)
}

// says is a model that always gives this error, or none.
func says(err error) *inner {
	return &inner{does: func(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, err }}
}

var (
	overloaded = fault.New(fault.Overloaded, "test: 529")
	request    = job.Request{Model: "claude-haiku-5-5", Prompt: "Say hello.", MaxTokens: 100}
)

// isRefusal checks the error of a call that an open breaker did not let through.
func isRefusal(t *testing.T, reply ports.Reply, err error, left time.Duration) {
	t.Helper()
	require.ErrorIs(t, err, fault.Overloaded)
	require.ErrorContains(t, err, "guardmodel: call claude-haiku-5-5: not made: the breaker is open")
	require.False(t, fault.Unknown(err))
	require.Equal(t, left, fault.RetryAfter(err))
	require.Equal(t, ports.Reply{Tripped: true}, reply)
}
