package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestSweep is about work that nobody is doing.
func TestSweep(t *testing.T) {
	t.Parallel()

	t.Run("FindsLostMessages", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		w.mail.lose()
		require.Equal(t, 0, w.minute().Sent, "it waits for two minutes")
		require.Equal(t, 3, w.minute().Sent)
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Equal(t, engine.Swept{Jobs: 0, Notified: 1}, w.minute())
	})

	t.Run("WaitsTwiceAsLongEachTime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.submit(3)
		w.mail.lose()
		begun, last := w.now, time.Duration(0)
		var at []time.Duration
		for w.now.Sub(begun) < 7*time.Hour {
			if w.minute().Sent > 0 {
				w.mail.lose()
				at, last = append(at, w.now.Sub(begun)-last), w.now.Sub(begun)
			}
		}
		require.Len(t, at, 11)
		for n, gap := range []time.Duration{2, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64} {
			require.InDelta(t, gap*time.Minute, at[n], float64(90*time.Second), "message %d", n)
		}
	})

	t.Run("SendsFewMessagesForAShardAtOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 1})
		id := w.submit(64)
		require.Equal(t, 32, w.job(id).Layout.Shards)
		other := w.submit(600)
		w.mail.lose()
		w.minute()
		require.Equal(t, 32*2+32*4, w.minute().Sent)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		for w.job(other).State != job.StateCompleted {
			before := w.progress(other).Counts[job.TaskCompleted]
			w.minute()
			w.drain()
			require.LessOrEqual(t, w.progress(other).Counts[job.TaskCompleted]-before, 32*4)
		}
		require.Less(t, w.now.Sub(w.job(id).CreatedAt), 12*time.Minute)
	})

	t.Run("FindsTasksThatBecomeDue", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said {
			if w.oracle.begun == 1 {
				return refused(fault.Throttled, 10*time.Minute)
			}
			return ok()
		}
		id := w.submit(9)
		w.drain()
		w.mail.lose()
		begun := w.now
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Less(t, w.now.Sub(begun), 15*time.Minute)
	})

	t.Run("FindsATaskSoonAfterItIsDue", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said {
			if w.oracle.begun == 1 {
				return refused(fault.Throttled, 30*time.Second)
			}
			return ok()
		}
		id := w.submit(3)
		w.drain()
		w.mail.lose()
		require.Equal(t, 1, w.minute().Sent)
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("DoesNotLookAtParcelsUnderALease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		looks := 0
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, list: func(r ports.Range) error {
				if r.From == "p/" {
					looks++
				}
				return nil
			}}
		}
		w.main = w.start(small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.mail.lose()
		w.begin(w.main, id, 0)
		for range 4 {
			w.now = w.now.Add(time.Minute)
			_, err := w.main.Sweep(w.ctx)
			require.NoError(t, err)
		}
		require.Zero(t, looks)
		w.settle(first)
		w.rest(id)
	})

	t.Run("SendsNothingThatIsOnlyQueuedWhileOthersAreWorkedOn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 1, CallTimeout: 10 * time.Minute})
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.ordinal == 32 {
				return h.script(p)
			}
			return ok()
		}
		id := w.submit(96)
		w.mail.lose()
		w.deliver(id, 0)
		w.now = w.now.Add(15 * time.Minute)
		w.begin(w.main, id, 32)
		w.now = w.now.Add(6 * time.Minute)
		swept, err := w.main.Sweep(w.ctx)
		require.NoError(t, err)
		require.Equal(t, 31*3, swept.Sent, "only the other shards are idle")
		require.Equal(t, 1, w.progress(id).Counts[job.TaskRunning])
		h.free = true
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ItsBoundsDoNotHideALeaseThatWasTakenMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(3)
		w.mail.lose()
		w.now = w.now.Add(3 * time.Minute)
		worker := w.main
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, listed: func(r ports.Range) {
				if r.From == "p/" && w.oracle.begun == 0 {
					w.begin(worker, id, 0)
				}
			}}
		}
		_, err := w.start(small()).Sweep(w.ctx)
		require.NoError(t, err)
		require.Equal(t, 3, w.oracle.begun)
		require.False(t, w.checks.books[id].shards[0].LeaseEnd.IsZero())
		h.free = true
		w.settle(first)
		w.rest(id)
	})

	t.Run("DoesNothingWhileAllIsWell", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		calls := w.main.calls
		w.minute()
		require.Less(t, w.main.calls-calls, 12)
		require.Equal(t, 0, w.minute().Sent)
	})

	t.Run("DeliversNoticesOnceTheNotifierWorks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.seen.Refuse(true)
		one, two := w.submit(1), w.submit(1)
		w.drain()
		require.Equal(t, 0, w.sweep().Notified)
		require.Equal(t, 0, w.minute().Notified)
		w.seen.Refuse(false)
		require.Equal(t, 2, w.minute().Notified)
		require.Equal(t, 0, w.minute().Notified)
		for _, n := range w.seen.Notices() {
			require.Equal(t, "job.completed", n.Type)
			require.Contains(t, []job.ID{one, two}, job.ID(n.Job))
			require.Contains(t, string(n.Body), `"status":"completed"`)
		}
	})

	t.Run("KeepsNoticesWithoutANotifier", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.submit(1)
		w.wrap = func(p *engine.Ports) { p.Notifier = nil }
		silent := w.start(small())
		w.drain()
		swept, err := silent.Sweep(w.ctx)
		require.NoError(t, err)
		require.Zero(t, swept.Notified)
		require.Equal(t, 1, w.sweep().Notified)
	})

	t.Run("ABrokenNoticeKeepsNoOther", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.put(ports.Key{Partition: "outbox", Sort: "000"}, []byte("{"))
		w.submit(1)
		w.drain()
		require.Equal(t, 1, w.sweep().Notified)
		require.Equal(t, 1, w.events(ports.EventFault))
	})

	t.Run("OneJobsFailureKeepsNoOther", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		broken, fine := w.submit(3), w.submit(3)
		w.mail.lose()
		down := func(key ports.Key) error {
			if strings.Contains(key.Partition, string(broken)) {
				return fault.New(fault.Corrupt, "unreadable")
			}
			return nil
		}
		w.wrap = func(p *engine.Ports) { p.Store = &faulty{Store: p.Store, get: down} }
		p := w.start(small())
		w.now = w.now.Add(3 * time.Minute)
		swept, err := p.Sweep(w.ctx)
		require.ErrorIs(t, err, fault.Corrupt)
		require.Equal(t, engine.Swept{Jobs: 2, Sent: 1}, swept)
		require.ErrorIs(t, p.Restart(w.ctx), fault.Corrupt)
		require.Len(t, w.mail.letters, 2, "the restart sent for the other job all the same")
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(fine).State)
	})

	t.Run("OneShardsFailureKeepsNoOther", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		w.mail.lose()
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, get: func(key ports.Key) error {
				if strings.HasSuffix(key.Partition, "/s00") {
					return fault.New(fault.Corrupt, "unreadable")
				}
				return nil
			}}
		}
		p := w.start(small())
		w.now = w.now.Add(3 * time.Minute)
		swept, err := p.Sweep(w.ctx)
		require.ErrorIs(t, err, fault.Corrupt)
		require.Equal(t, 2, swept.Sent)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("StoreAndQueueThatAreDown", func(t *testing.T) {
		t.Parallel()
		for _, list := range []string{"active", "outbox"} {
			w := newWorld(t, small())
			w.submit(1)
			w.wrap = func(p *engine.Ports) {
				p.Store = &faulty{Store: p.Store, list: func(r ports.Range) error {
					if r.Partition == list {
						return fault.New(fault.Unavailable, "no store")
					}
					return nil
				}}
			}
			_, err := w.start(small()).Sweep(w.ctx)
			require.ErrorIs(t, err, fault.Unavailable)
		}
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		w.mail.err = fault.New(fault.Unavailable, "no queue")
		w.now = w.now.Add(3 * time.Minute)
		_, err := w.main.Sweep(w.ctx)
		require.ErrorIs(t, err, fault.Unavailable)
		require.Error(t, w.main.Work(w.ctx, job.ShardNote(w.job(id), 0).Pack()))
		w.mail.err = nil
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ManySweepersAtOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30)
		w.mail.lose()
		w.now = w.now.Add(3 * time.Minute)
		for range 5 {
			p := w.start(small())
			w.spawn(func() { _, _ = p.Sweep(w.ctx) })
		}
		turn := 0
		w.settle(func(n int) int { turn++; return turn % n })
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 30, w.oracle.begun)
	})

	t.Run("GoesOnWithoutAnyMessageEverArriving", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(refused(fault.Overloaded, time.Minute), again("X"), ok())
		id := w.submit(12)
		for range 60 {
			w.mail.lose()
			w.minute()
			for _, l := range w.mail.due() {
				w.do(func() { w.settleOne(l) })
			}
		}
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})
}

// TestRestart is about a start with an empty queue.
// TestSweepThatIsCutShort is about a sweep that has no time for all jobs: the next one begins with those that it left, notices first.
func TestSweepThatIsCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	var ids []job.ID
	for range 3 {
		ids = append(ids, w.submit(3))
	}
	w.mail.lose()
	w.now = w.now.Add(time.Hour)
	cut := func() {
		ctx, cancel := context.WithCancel(w.ctx)
		w.hooks.AfterCommit = func([]ports.Key) { cancel() }
		w.do(func() {
			_, err := w.main.Sweep(ctx)
			require.ErrorIs(t, err, context.Canceled)
		})
		w.hooks.AfterCommit = nil
	}
	sent := func() (to []job.ID) {
		for _, l := range w.mail.letters {
			note, err := job.ReadNote(l.body)
			require.NoError(t, err)
			to = append(to, note.Job)
		}
		return to
	}
	cut()
	require.Equal(t, ids[:1], sent())
	cut()
	require.Equal(t, ids[:2], sent(), "the second is not kept waiting by the first")
	require.Equal(t, 3, w.sweep().Jobs, "the third, and then the first again")
	require.Equal(t, ids, sent())
	require.Equal(t, 3, w.sweep().Jobs)
	require.Empty(t, w.seen.Events(ports.EventFault), "a job that has not had its turn is no failure")
	for _, id := range ids {
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	ids := []job.ID{w.submit(9), w.submit(4)}
	w.mail.lose()
	require.NoError(t, w.main.Restart(w.ctx))
	w.drain()
	for _, id := range ids {
		require.Equal(t, job.StateCompleted, w.job(id).State)
	}
	require.NoError(t, w.main.Restart(w.ctx))
	require.Empty(t, w.mail.letters)
	require.NoError(t, w.main.Dispatch(w.ctx, ids[0]), "an ended job has nothing to send for")
	require.ErrorIs(t, w.main.Dispatch(w.ctx, "none"), fault.NotFound)
}

// TestMessages is about what arrives by the queue.
func TestMessages(t *testing.T) {
	t.Parallel()

	t.Run("ThatMakeNoSenseAreDoneWith", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		far := 99
		j := w.job(id)
		for _, body := range [][]byte{
			nil, []byte("x"), []byte("{}"), []byte(`{"schema":1,"job":"x"}`),
			job.Note{Schema: 1, Job: "gone", Parcel: new(int)}.Pack(), job.Note{Schema: 1, Job: "../etc", Parcel: new(int)}.Pack(),
			job.ParcelNote(j, far).Pack(), job.ShardNote(j, far).Pack(),
		} {
			before := w.events(ports.EventFault)
			require.NoError(t, w.main.Work(w.ctx, body), "%s", body)
			require.Equal(t, before+1, w.events(ports.EventFault), "%s", body)
		}
	})

	t.Run("OfANewerProgramComeAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.ErrorIs(t, w.main.Work(w.ctx, []byte(`{"schema":2,"anything":1}`)), fault.Newer)
	})

	t.Run("OfAnEndedShardAreDoneWith", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.drain()
		require.NoError(t, w.main.Work(w.ctx, job.ShardNote(w.job(id), 0).Pack()))
		require.NoError(t, w.main.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()))
		require.Empty(t, w.mail.letters)
		require.Equal(t, 3, w.oracle.begun)
	})

	t.Run("DuplicatesDoNothingTwice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		for range 8 {
			for _, l := range w.mail.due() {
				w.mail.letters = append(w.mail.letters, &letter{body: l.body}, &letter{body: l.body})
			}
			turn := 0
			for _, l := range w.mail.due() {
				w.work(w.main, l)
			}
			w.settle(func(n int) int { turn++; return turn % n })
			if w.job(id).State == job.StateCompleted {
				break
			}
			w.now = w.now.Add(time.Second)
		}
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Equal(t, 12, w.oracle.begun)
	})

	t.Run("AreSentInLots", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 1})
		id := w.submit(40_000, capped(hold))
		lots := 0
		w.wrap = func(p *engine.Ports) {
			p.Queue = senderFunc(func(messages ...ports.Message) error {
				lots++
				require.LessOrEqual(t, len(messages), ports.MaxSend)
				return nil
			})
		}
		require.NoError(t, w.start(small()).Work(w.ctx, job.ShardNote(w.job(id), 0).Pack()))
		require.Equal(t, 2, lots)
	})

	t.Run("TheStoreIsDown", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		for _, body := range [][]byte{job.ParcelNote(w.job(id), 0).Pack(), job.ShardNote(w.job(id), 0).Pack()} {
			p := w.start(small())
			p.die()
			require.True(t, errors.Is(p.Work(w.ctx, body), errDead))
		}
	})
}
