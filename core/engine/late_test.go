package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// slowCreate holds back the updates without keys, which store answers, until it is let go.
type slowCreate struct {
	ports.Store
	w    *world
	free *bool
}

func (s *slowCreate) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if len(keys) == 0 {
		s.w.park(func() bool { return *s.free }, time.Time{})
	}
	return s.Store.Update(ctx, keys, decide)
}

func TestAnswerStoredAfterATakeoverIsSettledThoughItsWorkerDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.oracle.script = func(plea) said { return ok() }
	free := false
	w.wrap = func(p *engine.Ports) { p.Store = &slowCreate{p.Store, w, &free} }
	slow := w.start(small())
	w.wrap = nil
	id := w.submit(1)
	w.mail.lose()
	w.begin(slow, id, 0)
	require.Equal(t, 1, w.progress(id).Counts[job.TaskRunning])

	w.now = w.now.Add(10 * time.Minute) // the lease ends, and another worker presumes the attempt
	w.deliver(id, 0)
	w.now = w.now.Add(time.Minute)
	w.deliver(id, 0) // the page is made again, and its parcel is never leased any more
	require.Equal(t, job.StateCompleted, w.job(id).State)

	died := false
	before := w.hooks.AfterCommit
	w.hooks.AfterCommit = func(keys []ports.Key) {
		if before != nil {
			before(keys)
		}
		if free && !died {
			died = true
			slow.die() // the first thing that it writes is the last
		}
	}
	free = true
	w.settle(first)
	require.True(t, died)
	_, err := w.main.Answer(w.ctx, id, 0, 1)
	require.NoError(t, err, "the late answer is stored")
	require.Zero(t, w.progress(id).Presumed, "and settled")
	report, err := w.main.Verify(w.ctx, id)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
}

func TestAnswerFoundBehindAPresumedAttemptIsSettledByTheNextLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.oracle.script = func(p plea) said {
		if p.n == 1 {
			return said{err: fault.New(fault.Unavailable, "reset").MaybeDone(), billed: true}
		}
		return ok()
	}
	id := w.submit(1)
	w.deliver(id, 0)
	require.Positive(t, w.progress(id).Presumed)
	// What a store was slow to commit comes to light when nobody waits for it any more.
	stored := job.Stored{
		Ordinal: 0, Attempt: 1, Verdict: job.Verdict{Outcome: job.Accepted, Output: []byte("late")},
		Usage: cost.Usage{Input: 500, Output: 400}, UsageOK: true, At: w.now, MessageID: w.oracle.bill[0].message,
	}
	w.put(ports.Key{Partition: "job/" + string(id) + "/s00", Sort: "a/00000000/000001"}, stored.Pack())
	report, err := w.main.Verify(w.ctx, id)
	require.NoError(t, err)
	require.Empty(t, report.Problems, "somebody may be about to settle it")
	w.now = w.now.Add(time.Hour)
	report, err = w.main.Verify(w.ctx, id)
	require.NoError(t, err)
	require.Len(t, report.Problems, 1, "until then the books say so")
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	require.Zero(t, w.progress(id).Presumed)
}

// sight notes what gate a process has read last in a decision.
type sight struct {
	ports.Store
	closed bool
}

type sightTx struct {
	ports.Tx
	s *sight
}

func (x sightTx) Get(k ports.Key) (ports.Record, bool) {
	r, found := x.Tx.Get(k)
	if found && r.Kind == "shard" {
		if s, err := job.UnpackShard(r.Body); err == nil {
			x.s.closed = s.Gate != job.GateOpen
		}
	}
	return r, found
}

func (s *sight) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	return s.Store.Update(ctx, keys, func(tx ports.Tx) error { return decide(sightTx{tx, s}) })
}

// witness counts the calls that a process begins after it has read its shard closed.
type witness struct {
	ports.Model
	s     *sight
	begun *int
}

func (m witness) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	if m.s.closed {
		*m.begun++
	}
	return m.Model.Call(ctx, r)
}

func TestNoCallBeginsOnceItsWorkerHasReadTheShardClosed(t *testing.T) {
	t.Parallel()
	closed := 0
	for seed := range uint64(400) {
		// One strand is favoured for a while, so that a lane can stay behind the settles of the others.
		rng := rand.New(rand.NewPCG(seed, 9))
		favour := rng.IntN(6)
		pick := func(n int) int {
			if rng.IntN(4) > 0 {
				return favour % n
			}
			if rng.IntN(8) == 0 {
				favour = rng.IntN(8)
			}
			return rng.IntN(n)
		}
		options := small()
		options.FlushResults, options.ParcelSize = 1, 6
		w := newWorld(t, options)
		s, begun := &sight{}, 0
		w.wrap = func(p *engine.Ports) {
			s.Store = p.Store
			p.Store, p.Model = s, witness{p.Model, s, &begun}
		}
		worker := w.start(options)
		w.wrap = nil
		id := w.submit(6)
		w.mail.lose()
		w.work(worker, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
		w.spawn(func() { _, _ = w.main.Pause(w.ctx, id, "look at it first") })
		for w.step(pick) {
		}
		require.Zero(t, begun, "seed %d", seed)
		if s.closed {
			closed++
		}
	}
	require.Greater(t, closed, 50, "the pause came in the middle of the work")
}
