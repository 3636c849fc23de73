package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// brief is a queue of which nobody waits for more.
type brief struct{ ports.Queue }

func (b brief) Receive(ctx context.Context, most int, _ time.Time) ([]ports.Delivery, error) {
	return b.Queue.Receive(ctx, most, sysclock.Clock{}.Now())
}

func TestRedrive(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	f.run(f.making()...).want(exitDone)
	id := f.only()
	dead := memqueue.New(sysclock.Clock{}, nil)
	f.DeadLetters = func(context.Context) (ports.Queue, error) { return brief{dead}, nil }
	parcel := job.ParcelNote(&job.Job{ID: job.ID(id)}, 0).Pack()
	for _, body := range [][]byte{parcel, []byte("no message of ours"), parcel} {
		require.NoError(t, dead.Send(t.Context(), ports.Message{Body: body}))
	}
	require.Equal(t, "1 message taken in: 1 dropped because their parcels need nothing\n", f.run("redrive", "--limit", "1").want(exitDone).stdout)
	require.Equal(t, "2 messages taken in: 1 dropped because their parcels need nothing, 1 deleted that no program of ours has sent\n",
		f.run("redrive").want(exitDone).stdout)
	require.Equal(t, "0 messages taken in\n", f.run("redrive").want(exitDone).stdout)
	require.Equal(t, 4, f.run("jobs", "show", id, "--json").want(exitDone).result().Completed)

	s.run("redrive").want(exitUsage).complains("a store on this machine gives no message up: add --aws")
	s.run("redrive", "--limit", "0").want(exitUsage).complains("--limit 0 is out of range")
	f.DeadLetters = func(context.Context) (ports.Queue, error) {
		return nil, fault.New(fault.NotFound, "queue q gives no message up")
	}
	f.run("redrive").want(exitUsage).complains("gives no message up")
	f.DeadLetters = func(context.Context) (ports.Queue, error) { return brokenQueue{}, nil }
	f.runWith(f.world(), "redrive", "--aws").want(exitFailed)
}

// TestRedriveSaysWhatBecameOfThem has a deployment whose worker takes nothing.
func TestRedriveSaysWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	f.Queue = &lostQueue{}
	id := f.idle()
	dead := memqueue.New(sysclock.Clock{}, nil)
	f.DeadLetters = func(context.Context) (ports.Queue, error) { return brief{dead}, nil }
	parcel := ports.Message{Body: job.ParcelNote(&job.Job{ID: job.ID(id)}, 0).Pack()}
	require.NoError(t, dead.Send(t.Context(), parcel))
	require.Equal(t, "1 message taken in: 1 sent again\n", f.run("redrive").want(exitDone).stdout)
	f.Queue = refusingQueue{}
	require.NoError(t, dead.Send(t.Context(), parcel))
	require.Equal(t, "1 message taken in: 1 left to the sweeper to send\n", f.run("redrive").want(exitDone).stdout)
	f.Queue = &lostQueue{}
	require.NoError(t, dead.Send(t.Context(), parcel, ports.Message{Body: parcel.Body}))
	require.Equal(t, "2 messages taken in: 1 dropped because their parcels need nothing, 1 the third of their parcels: 4 pages failed with DEAD_LETTER\n",
		f.run("redrive").want(exitDone).stdout)
}

type brokenQueue struct{ ports.Queue }

func (brokenQueue) Receive(context.Context, int, time.Time) ([]ports.Delivery, error) {
	return nil, fault.New(fault.Unavailable, "sqsqueue: receive: no answer")
}

func TestDeadLettersOfADeployment(t *testing.T) {
	t.Parallel()
	m := inOrder(t)
	a, url := m.serve(t)
	d, err := deployment.Open(t.Context(), deployment.Access{Region: "us-east-1", Stage: "dev", Endpoints: []string{url}})
	require.NoError(t, err)
	queue, err := d.DeadLetters(t.Context())
	require.NoError(t, err)
	require.NotNil(t, queue)
	a.refuse["GetQueueUrl"] = "QueueDoesNotExist"
	_, err = d.DeadLetters(t.Context())
	require.ErrorContains(t, err, "there is no queue DeadLetters in us-east-1")
	a.receives = ""
	_, err = d.DeadLetters(t.Context())
	require.ErrorIs(t, err, fault.NotFound)
	require.ErrorContains(t, err, "queue Parcels gives no message up")
	a.refuse["GetQueueAttributes"] = "AccessDenied"
	_, err = d.DeadLetters(t.Context())
	require.ErrorContains(t, err, "queue Parcels may not be read")
}
