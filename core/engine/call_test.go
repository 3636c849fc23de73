package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// onCommit does something once, after the next commit that writes a record whose sort key begins so.
func (w *world) onCommit(prefix string, then func()) {
	w.hooks.AfterCommit = func(keys []ports.Key) {
		for _, key := range keys {
			if strings.HasPrefix(key.Sort, prefix) {
				w.hooks.AfterCommit = nil
				then()
				return
			}
		}
	}
}

// TestBegin is about calls that are held and must not be begun any more.
func TestBegin(t *testing.T) {
	t.Parallel()

	t.Run("NotAfterAStaleReadOfAClosedShard", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.onCommit("p/", func() {
			_, err := w.main.Pause(w.ctx, id, "")
			require.NoError(t, err)
			w.now = w.now.Add(6 * time.Second)
		})
		w.deliver(id, 0)
		require.Zero(t, w.oracle.begun)
		p := w.progress(id)
		require.Zero(t, p.Held+p.Presumed+p.Settled)
		require.Equal(t, 3, p.Counts[job.TaskWaiting])
	})

	t.Run("AfterAStaleReadOfAnOpenShardIsFine", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.onCommit("p/", func() { w.now = w.now.Add(6 * time.Second) })
		w.deliver(id, 0)
		require.Equal(t, 3, w.oracle.begun)
		require.Equal(t, 1, w.task(id, 0).Last, "nothing had to be voided")
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("NotWhenTheReadItselfTookTooLong", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		slow := false
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, get: func(key ports.Key) error {
				if slow && key.Sort == "header" && strings.HasSuffix(key.Partition, "/s00") {
					w.now = w.now.Add(6 * time.Second)
				}
				return nil
			}}
		}
		w.main = w.start(small())
		id := w.submit(3)
		w.onCommit("p/", func() {
			slow = true
			w.now = w.now.Add(6 * time.Second)
			w.onCommit("p/", func() { slow = false })
		})
		w.deliver(id, 0)
		require.Equal(t, 3, w.oracle.begun)
		require.Equal(t, 2, w.task(id, 0).Last, "the first attempt was voided")
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("NotPastTheLease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.onCommit("p/", func() { w.now = w.now.Add(200 * time.Second) })
		w.deliver(id, 0)
		require.Equal(t, 3, w.oracle.begun)
		require.Equal(t, 2, w.task(id, 0).Last, "the first attempt was voided")
		require.Equal(t, 3*spent, w.progress(id).Settled)
	})

	t.Run("NotWhenTheClockWentBack", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.onCommit("p/", func() { w.now = w.now.Add(-time.Minute) })
		w.deliver(id, 0)
		require.Equal(t, 2, w.task(id, 0).Last, "the first attempt was voided")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 3*spent, w.progress(id).Settled)
	})

	t.Run("NotWhenTheShardCannotBeRead", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		down := false
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, get: func(ports.Key) error {
				if down {
					return fault.New(fault.Unavailable, "no store")
				}
				return nil
			}}
		}
		w.main = w.start(small())
		id := w.submit(3)
		w.onCommit("p/", func() {
			down = true
			w.now = w.now.Add(6 * time.Second)
			w.onCommit("p/", func() { down = false })
		})
		w.deliver(id, 0)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.task(id, 0).Last, "the first attempt was voided")
	})

	t.Run("NothingIsHeldWhenTheContextEndsTooSoon", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		ctx, cancel := w.WithDeadline(w.ctx, w.now.Add(2*time.Minute))
		defer cancel()
		w.do(func() { require.NoError(t, w.main.Work(ctx, job.ParcelNote(w.job(id), 0).Pack())) })
		require.Zero(t, w.progress(id).Job.Wish)
		require.Zero(t, w.task(id, 0).Last)
		require.Len(t, w.mail.letters, 1, "the message was sent again for somebody with more time")
	})

	t.Run("NotWhenTheContextEndsTooSoonByThen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		ctx, cancel := w.WithDeadline(w.ctx, w.now.Add(128*time.Second))
		defer cancel()
		w.onCommit("p/", func() { w.now = w.now.Add(4 * time.Second) })
		w.do(func() { require.NoError(t, w.main.Work(ctx, job.ParcelNote(w.job(id), 0).Pack())) })
		require.Zero(t, w.oracle.begun)
		require.Equal(t, 1, w.task(id, 0).Last)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Zero(t, w.progress(id).Presumed)
	})

	t.Run("NothingIsHeldAgainShortlyBeforeTheContextEnds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				s := again("X")
				s.took = 90 * time.Second
				return s
			}
			return ok()
		}
		id := w.submit(3)
		w.mail.lose()
		ctx, cancel := w.WithDeadline(w.ctx, w.now.Add(3*time.Minute))
		defer cancel()
		w.do(func() { require.NoError(t, w.main.Work(ctx, job.ParcelNote(w.job(id), 0).Pack())) })
		require.NoError(t, ctx.Err())
		require.Equal(t, 1, w.task(id, 0).Last, "another attempt would only have been voided")
		require.Len(t, w.mail.letters, 1)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ResultsAreSettledBeforeTheContextEnds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, FlushAfter: time.Hour})
		w.oracle.script = func(p plea) said {
			s := ok()
			s.took = time.Duration(1+p.ordinal*60) * time.Second
			s.hang = p.ordinal == 2
			return s
		}
		id := w.submit(3)
		ctx, cancel := w.WithDeadline(w.ctx, w.now.Add(126*time.Second))
		defer cancel()
		settled := time.Duration(0)
		begun := w.now
		w.onCommit("p/", func() { w.onCommit("p/", func() { settled = w.now.Sub(begun) }) })
		w.do(func() { require.NoError(t, w.main.Work(ctx, job.ParcelNote(w.job(id), 0).Pack())) })
		require.Equal(t, 116*time.Second, settled, "ten seconds before the end")
		require.Equal(t, 2, w.progress(id).Counts[job.TaskCompleted])
	})
}
