package deploy_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// trouble fails the first calls of every operation, so many of each.
type trouble struct {
	cause error
	times int

	mu   sync.Mutex
	done map[string]int
}

func (tr *trouble) strike(operation string) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.done == nil {
		tr.done = map[string]int{}
	}
	if tr.done[operation] >= tr.times {
		return nil
	}
	tr.done[operation]++
	return tr.cause
}

// failing is the provider in trouble: of its calls, its batches, and of those who are to be told. The first lines of a batch have
// another outcome than an answer.
type failing struct {
	*provider
	*trouble
	outcome ports.BatchOutcome
}

func (f failing) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	if err := f.strike("Call"); err != nil {
		return ports.Reply{}, err
	}
	return f.provider.Call(ctx, r)
}

func (f failing) Notify(ctx context.Context, n ports.Notice) error {
	if err := f.strike("Notify"); err != nil {
		return err
	}
	return f.provider.Notify(ctx, n)
}

func (f failing) CreateBatch(ctx context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	if err := f.strike("CreateBatch"); err != nil {
		return ports.Batch{}, err
	}
	return f.provider.CreateBatch(ctx, lines)
}

func (f failing) ListBatches(ctx context.Context, since time.Time) ([]ports.Batch, error) {
	if err := f.strike("ListBatches"); err != nil {
		return nil, err
	}
	return f.provider.ListBatches(ctx, since)
}

// GetBatch shows a batch at work once, so that one whose job was cancelled is cancelled too.
func (f failing) GetBatch(ctx context.Context, id string) (ports.Batch, error) {
	if err := f.strike("GetBatch " + id); err != nil {
		return ports.Batch{}, err
	}
	b, err := f.provider.GetBatch(ctx, id)
	if f.strike("working "+id) != nil {
		b.State = ports.BatchInProgress
	}
	return b, err
}

func (f failing) CancelBatch(ctx context.Context, id string) (ports.Batch, error) {
	if err := f.strike("CancelBatch " + id); err != nil {
		return ports.Batch{}, err
	}
	return f.provider.CancelBatch(ctx, id)
}

func (f failing) BatchResults(ctx context.Context, id string, do func(ports.BatchResult) error) error {
	if err := f.strike("BatchResults " + id); err != nil {
		return err
	}
	return f.provider.BatchResults(ctx, id, func(r ports.BatchResult) error {
		if f.strike("line") != nil {
			r = ports.BatchResult{ID: r.ID, Outcome: f.outcome}
		}
		return do(r)
	})
}

// blocked is a queue that takes nothing for a while.
type blocked struct {
	ports.Sender
	*trouble
}

func (b blocked) Send(ctx context.Context, messages ...ports.Message) error {
	if err := b.strike("Send"); err != nil {
		return err
	}
	return b.Sender.Send(ctx, messages...)
}

// TestRolesMayDoWhatTheFunctionsDoInTrouble: whatever the provider, the queue or a receiver answers, no role lacks a right. What the
// sweeper may not write it would try for ever.
func TestRolesMayDoWhatTheFunctionsDoInTrouble(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"unauthorized": fault.New(fault.Unauthorized, "invalid x-api-key"), "spend cap": fault.New(fault.SpendCap, "workspace limit"),
		"throttled": fault.New(fault.Throttled, "slow down"), "overloaded": fault.New(fault.Overloaded, "busy"),
		"unknown": fault.New(fault.Unavailable, "reset").MaybeDone(), "unavailable": fault.New(fault.Unavailable, "refused"),
		"rejected": fault.New(fault.Rejected, "no"), "invalid": fault.New(fault.Invalid, "no"), "gone": fault.New(fault.NotFound, "no"),
	} {
		for _, outcome := range []ports.BatchOutcome{ports.LineSucceeded, ports.LineErrored, ports.LineCanceled, ports.LineExpired} {
			t.Run(name+", "+string(outcome), func(t *testing.T) {
				t.Parallel()
				p := newPolicy(stack(t, deploy.Embedded(), "prod"))
				synctest.Test(t, func(t *testing.T) { troubled(t, p, cause, outcome) })
				require.Empty(t, slices.Sorted(maps.Keys(p.denied)), "a role lacks a right")
			})
		}
	}
}

// troubled is what happens to jobs while everything else fails three times.
func troubled(t *testing.T, p *policy, cause error, outcome ports.BatchOutcome) {
	w := newWorld(t, p)
	in := &trouble{cause: cause, times: 3}
	w.spoil = func(to *engine.Ports) {
		f := failing{provider: w.model, trouble: in, outcome: outcome}
		to.Model, to.Batch, to.Notifier = f, f, f
		to.Queue = blocked{to.Queue, in}
	}
	w.open()
	w.month("acme")
	ids := []job.ID{
		w.submit(engine.Submission{Input: thirty('a'), Lane: cost.Batch}), w.submit(engine.Submission{Input: thirty('a')}),
		w.submit(engine.Submission{Input: thirty('a'), Lane: cost.Batch}), w.submit(engine.Submission{Input: thirty('a')}),
	}
	for minute := range 120 {
		w.work()
		_, _ = w.sweeper.Sweep(t.Context()) // what fails is tried again by the next
		switch minute {
		case 1, 2, 3:
			for _, id := range ids[2:] {
				_ = w.sweeper.DeadLetter(t.Context(), job.Note{Schema: job.Schema, Job: id, Tenant: "acme", Parcel: new(int)}.Pack())
			}
		case 8:
			_, _ = w.api.Cancel(t.Context(), ids[2], "")
		case 20, 40, 60, 80:
			for _, id := range ids {
				_, _ = w.api.Resume(t.Context(), id, 0)
			}
		}
		time.Sleep(time.Minute)
	}
	for _, id := range ids {
		j, err := w.api.Job(t.Context(), id)
		require.NoError(t, err)
		require.True(t, j.State.Ended(), "%s: %s", id, j.State)
	}
}
