package dynamostore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestARecordThatAnotherTransactionHasIsLookedAtAgain waits and reads, and does not send the same write again.
func TestARecordThatAnotherTransactionHasIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	for operation, keys := range map[string][]ports.Key{"PutItem": {key("a")}, "TransactWriteItems": {key("a"), key("b")}} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.fail(operation, dynamofake.Conflict)
			runs := 0
			require.NoError(t, r.Update(t.Context(), keys, func(tx ports.Tx) error {
				runs++
				for _, key := range keys {
					require.NoError(t, add(key, "x")(tx))
				}
				return nil
			}))
			require.Equal(t, 2, runs)
			require.Len(t, r.requests(), 4)
			require.Equal(t, "x", r.body(t, key("a")))
		})
	}
}

// TestAnotherTransactionInDoubtMayBeOurs keeps to the same write, whose token is recognised.
func TestAnotherTransactionInDoubtMayBeOurs(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.fail("PutItem", dynamofake.ResetAfter, dynamofake.Conflict)
	runs := 0
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		runs++
		return add(key("a"), "x")(tx)
	}))
	require.Equal(t, 1, runs)
	require.Equal(t, "x", r.body(t, key("a")))
}

// TestARefusalThatCannotBeCheckedIsNotReturned fails while a decision's error is held against what stands.
func TestARefusalThatCannotBeCheckedIsNotReturned(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: -1})
	r.put(t, ports.Record{Key: key("a")})
	r.put(t, ports.Record{Key: key("b")})
	r.fail("BatchGetItem", dynamofake.None, dynamofake.Throttle)
	err := r.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
		tx.Get(key("a"))
		tx.Get(key("b"))
		return errors.New("own")
	})
	require.ErrorIs(t, err, fault.Throttled)

	r.fail("BatchGetItem", dynamofake.None, dynamofake.Throttle)
	require.PanicsWithValue(t, "own", func() {
		_ = r.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
			tx.Get(key("a"))
			tx.Get(key("b"))
			panic("own")
		})
	})
}

func TestABatchThatStaysUnreadIsThrottled(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: -1})
	r.always("BatchGetItem", dynamofake.Unprocessed)
	err := r.Update(t.Context(), []ports.Key{key("a"), key("b"), key("c")}, func(ports.Tx) error { return nil })
	require.ErrorIs(t, err, fault.Throttled)
	require.ErrorContains(t, err, "2 records were left unread")
}

func TestATxIsOfNoUseAfterItsDecision(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	var kept ports.Tx
	require.NoError(t, r.Update(t.Context(), nil, func(tx ports.Tx) error { kept = tx; return nil }))
	require.Panics(t, func() { kept.Get(key("a")) })
	require.Panics(t, func() { kept.Create(ports.Record{Key: key("a")}) })
}

// TestAnExpiredRecordIsLeftToTheTTL deletes nothing that reads as absent.
func TestAnExpiredRecordIsLeftToTheTTL(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.put(t, ports.Record{Key: key("a"), Expires: start.Add(time.Second)})
	r.clock.Advance(time.Second)
	r.requests()
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		tx.Get(key("a"))
		tx.Delete(key("a"))
		return nil
	}))
	require.Equal(t, []string{"GetItem"}, r.requests())
}
