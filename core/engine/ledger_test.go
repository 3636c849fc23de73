package engine_test

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestLedgerFrom is about the ledger in pages.
func TestLedgerFrom(t *testing.T) {
	t.Parallel()

	t.Run("IsTheLedgerFromAnyLineInPagesOfAnySize", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(30)
		w.rest(id)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		w.rest(id)
		var whole []engine.Line
		require.NoError(t, w.main.Ledger(w.ctx, id, func(l engine.Line) error {
			whole = append(whole, l)
			return nil
		}))
		require.Len(t, whole, 90)
		for n, l := range whole { // a line says where its block is in the chain
			switch {
			case l.Seq == 1:
				require.Equal(t, [2]any{int64(1), cost.Hash{}}, [2]any{l.Block, l.Prev})
			case l.Block == l.Seq:
				require.Equal(t, whole[n-1].Hash, l.Prev)
				require.NotEqual(t, l.Prev, l.Hash)
			default:
				require.Equal(t, [3]any{whole[n-1].Block, whole[n-1].Prev, whole[n-1].Hash}, [3]any{l.Block, l.Prev, l.Hash})
			}
		}
		for n, from := range whole {
			for _, limit := range []int{1, 4, 1000} {
				lines, next, err := w.main.LedgerFrom(w.ctx, id, engine.Position{Shard: from.Shard, Seq: from.Seq}, limit)
				require.NoError(t, err)
				end := min(n+limit, len(whole))
				require.Equal(t, whole[n:end], lines, "line %d, limit %d", n, limit)
				if end == len(whole) {
					require.Nil(t, next)
					continue
				}
				require.Equal(t, &engine.Position{Shard: whole[end].Shard, Seq: whole[end].Seq}, next)
			}
		}
		lines, _, err := w.main.LedgerFrom(w.ctx, id, engine.Position{}, 7)
		require.NoError(t, err)
		require.Equal(t, whole[:7], lines, "the zero position is the beginning")
		lines, next, err := w.main.LedgerFrom(w.ctx, id, engine.Position{Shard: w.job(id).Layout.Shards - 1, Seq: 10_000}, 7)
		require.NoError(t, err)
		require.Empty(t, lines)
		require.Nil(t, next)
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		w.rest(id)
		for _, bad := range []engine.Position{{Shard: -1}, {Shard: 2}, {Seq: -1}, {Seq: 1e12}} {
			_, _, err := w.main.LedgerFrom(w.ctx, id, bad, 1)
			require.ErrorIs(t, err, fault.Invalid)
		}
		for _, limit := range []int{0, engine.MaxLines + 1} {
			_, _, err := w.main.LedgerFrom(w.ctx, id, engine.Position{}, limit)
			require.ErrorIs(t, err, fault.Invalid)
		}
		_, _, err := w.main.LedgerFrom(w.ctx, "none", engine.Position{}, 1)
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("ABlockThatWasChanged", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		w.rest(id)
		w.verified = true
		page, err := w.store.List(w.ctx, ports.Range{Partition: "job/" + string(id) + "/l00"})
		require.NoError(t, err)
		require.Greater(t, len(page.Records), 2)
		second := page.Records[1]
		w.put(second.Key, append([]byte{}, page.Records[0].Body...))
		_, _, err = w.main.LedgerFrom(w.ctx, id, engine.Position{}, 100)
		require.ErrorIs(t, err, fault.Corrupt)
		w.put(second.Key, []byte("x"))
		_, _, err = w.main.LedgerFrom(w.ctx, id, engine.Position{Seq: 1000}, 100)
		require.NoError(t, err, "nobody looks at it")
		_, _, err = w.main.LedgerFrom(w.ctx, id, engine.Position{Seq: 5}, 100)
		require.ErrorIs(t, err, fault.Corrupt)
		_, err = w.main.Attempts(w.ctx, id, 0)
		require.ErrorIs(t, err, fault.Corrupt)
	})
}

// TestAttempts is about the timeline of one task.
func TestAttempts(t *testing.T) {
	t.Parallel()

	t.Run("OfEverySort", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.ordinal != 1 {
				return ok()
			}
			switch p.n {
			case 1:
				return refused(fault.Throttled, 0)
			case 2:
				return unknown(false)
			case 3:
				return again("OUTPUT_INVALID")
			}
			return said{text: "ok page", until: func() bool { return h.free }}
		}
		id := w.submit(3)
		for range 20 {
			for _, l := range w.mail.due() {
				w.work(w.main, l)
			}
			w.settle(first)
			if len(w.attempts(id, 1)) == 4 {
				break
			}
			w.now = w.now.Add(20e9)
			w.settle(first)
		}
		views := w.attempts(id, 1)
		require.Len(t, views, 4)
		for n, v := range views {
			require.Equal(t, n+1, v.Attempt)
			require.Equal(t, 1, v.Round)
			require.Equal(t, hold, v.Held)
			require.Equal(t, "claude-haiku-5-5", v.Model)
			require.Equal(t, cost.Realtime, v.Lane)
			require.False(t, v.HeldAt.IsZero())
			if n < 3 {
				require.False(t, v.At.Before(v.HeldAt))
			}
		}
		require.Equal(t, []cost.EntryKind{cost.EntryVoid, cost.EntryPresume, cost.EntrySettle, 0}, outcomes(views))
		require.Equal(t, []cost.Pico{0, hold, spent, 0}, []cost.Pico{views[0].Paid, views[1].Paid, views[2].Paid, views[3].Paid})
		require.Equal(t, []bool{false, false, true, false}, []bool{views[0].HasAnswer, views[1].HasAnswer, views[2].HasAnswer, views[3].HasAnswer})
		require.Zero(t, views[3].At)
		require.NotEmpty(t, views[2].MessageID)
		require.Zero(t, views[2].Content, "it was not accepted")
		h.free = true
		w.settle(first)
		w.rest(id)
		last := w.attempts(id, 1)[3]
		require.Equal(t, cost.EntrySettle, last.Outcome)
		require.Equal(t, sha256.Sum256([]byte("page")), last.Content)
		require.Equal(t, cost.Usage{Input: 500, Output: 400}, last.Usage)
		require.True(t, last.HasAnswer)
		require.Len(t, w.attempts(id, 0), 1)
	})

	t.Run("AnAdjustAfterAPresumeAndAnotherRound", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(1, func(s *engine.Submission) { s.Limits.Unknown = 1 })
		w.mail.lose()
		began := w.now
		w.begin(w.main, id, 0)
		w.now = w.now.Add(3600e9)
		other := w.start(small())
		taking := w.spawn(func() { _ = other.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()) })
		for !taking.done {
			w.step(func(n int) int { return n - 1 })
		}
		require.Equal(t, []cost.EntryKind{cost.EntryPresume}, outcomes(w.attempts(id, 0)))
		w.now = began.Add(10e9)
		h.free = true
		w.settle(first)
		views := w.attempts(id, 0)
		require.Equal(t, []cost.EntryKind{cost.EntryAdjust}, outcomes(views))
		require.Equal(t, spent, views[0].Paid)
		require.True(t, views[0].HasAnswer)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		w.rest(id)
		views = w.attempts(id, 0)
		require.Equal(t, []cost.EntryKind{cost.EntryAdjust, cost.EntrySettle}, outcomes(views))
		require.Equal(t, 2, views[1].Round)
	})

	t.Run("WhatABillAdds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(1)
		w.rest(id)
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg-lost")})
		views := w.attempts(id, 0)
		require.Len(t, views, 2)
		require.Zero(t, views[1].Attempt)
		require.Equal(t, cost.EntryAdjust, views[1].Outcome)
		require.Equal(t, spent, views[1].Paid)
		require.Equal(t, "msg-lost", views[1].MessageID)
		require.False(t, views[1].HasAnswer)
	})

	t.Run("OfATaskThatIsNone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(2)
		for _, ordinal := range []int{-1, 2} {
			_, err := w.main.Attempts(w.ctx, id, ordinal)
			require.ErrorIs(t, err, fault.NotFound)
		}
		_, err := w.main.Attempts(w.ctx, "none", 0)
		require.ErrorIs(t, err, fault.NotFound)
		require.Empty(t, w.attempts(id, 1))
	})
}

func (w *world) attempts(id job.ID, ordinal int) []engine.AttemptView {
	views, err := w.main.Attempts(context.Background(), id, ordinal)
	require.NoError(w.t, err)
	return views
}

func outcomes(views []engine.AttemptView) (kinds []cost.EntryKind) {
	for _, v := range views {
		kinds = append(kinds, v.Outcome)
	}
	return kinds
}
