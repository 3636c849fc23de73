package dynamostore_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// lost are the ways in which an answer is lost whose work was done.
var lost = map[string]dynamofake.Fault{"reset": dynamofake.ResetAfter, "status 500": dynamofake.ServerErrorAfter}

// TestOwnWriteIsRecognised loses the answer to a write that a second run of the decision would repeat: the adapter knows
// its own token in what stands there, and does not run the decision again.
func TestOwnWriteIsRecognised(t *testing.T) {
	t.Parallel()
	for name, how := range lost {
		for operation, decide := range map[string]func(ports.Tx) error{
			"PutItem": add(key("a"), "x"),
			"TransactWriteItems": func(tx ports.Tx) error {
				return errors.Join(add(key("a"), "x")(tx), add(key("b"), "x")(tx), create(key("c"), "x")(tx))
			},
		} {
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, dynamostore.Options{})
				r.fail(operation, how, how)
				runs := 0
				require.NoError(t, r.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
					runs++
					return decide(tx)
				}))
				require.Equal(t, 1, runs)
				require.Equal(t, "x", r.body(t, key("a")))
			})
		}
	}
}

func TestOwnCreateIsNoConflict(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.fail("PutItem", dynamofake.ResetAfter, dynamofake.Throttle, dynamofake.ServerError)
	require.NoError(t, r.Update(t.Context(), nil, create(key("a"), "ours")))
	require.Equal(t, "ours", r.body(t, key("a")))
	require.ErrorIs(t, r.Update(t.Context(), nil, create(key("a"), "again")), fault.Conflict)
}

// TestOverwrittenWriteIsRunAgain loses an answer, and lets another write over the record before the adapter can look: the
// decision has to tell.
func TestOverwrittenWriteIsRunAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	other := storeOn(t, r.client, restless{r.clock}, 2, nil)
	r.fault = func() func(string) dynamofake.Fault {
		puts := 0
		return func(operation string) dynamofake.Fault {
			if operation != "PutItem" {
				return dynamofake.None
			}
			switch puts++; puts {
			case 1:
				return dynamofake.ResetAfter
			case 2: // the first repetition
				r.mu.Unlock()
				defer r.mu.Lock()
				require.NoError(t, other.Update(t.Context(), []ports.Key{key("a")}, add(key("a"), "theirs ")))
			}
			return dynamofake.None
		}
	}()
	var seen []string
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		record, _ := tx.Get(key("a"))
		seen = append(seen, string(record.Body))
		if len(seen) > 1 {
			return nil // it recognises its own write
		}
		return add(key("a"), "ours ")(tx)
	}))
	require.Equal(t, []string{"", "ours theirs "}, seen)
	require.Equal(t, "ours theirs ", r.body(t, key("a")))
}

// TestConflictAfterADoubtIsUnknown creates a record, does not learn of it, and cannot recognise it since it is written
// over: the conflict of the second run may be with the update's own write.
func TestConflictAfterADoubtIsUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: -1})
	r.fail("PutItem", dynamofake.ResetAfter)
	err := r.Update(t.Context(), nil, create(key("a"), "ours"))
	require.ErrorIs(t, err, fault.Conflict)
	require.True(t, fault.Unknown(err))
	require.Equal(t, "ours", r.body(t, key("a")))
}

func TestDeleteInDoubtIsRunAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.put(t, ports.Record{Key: key("a"), Body: []byte("a")})
	r.fail("DeleteItem", dynamofake.ResetAfter)
	var seen []bool
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		_, there := tx.Get(key("a"))
		seen = append(seen, there)
		tx.Delete(key("a"))
		return nil
	}))
	require.Equal(t, []bool{true, false}, seen)
}

// TestUnknownIsTheEnd never lets an answer through.
func TestUnknownIsTheEnd(t *testing.T) {
	t.Parallel()
	for operation, decide := range map[string]func(ports.Tx) error{
		"PutItem":            add(key("a"), "x"),
		"TransactWriteItems": func(tx ports.Tx) error { return errors.Join(add(key("a"), "x")(tx), add(key("b"), "x")(tx)) },
	} {
		for name, how := range lost {
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, dynamostore.Options{Retries: 2})
				r.always(operation, how)
				err := r.Update(t.Context(), []ports.Key{key("a"), key("b")}, decide)
				require.ErrorIs(t, err, fault.Unavailable)
				require.True(t, fault.Unknown(err))
			})
		}
	}
}

// TestKnownRefusalIsNotUnknown is for failures that say that nothing was done.
func TestKnownRefusalIsNotUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: 2})
	r.always("PutItem", dynamofake.Throttle)
	err := r.Update(t.Context(), nil, create(key("a"), "a"))
	require.ErrorIs(t, err, fault.Throttled)
	require.False(t, fault.Unknown(err))
	require.Equal(t, []string{"PutItem", "PutItem", "PutItem"}, r.requests())
}

// TestErrorAfterADoubt keeps the decision's own error as it is, and marks one of the store.
func TestErrorAfterADoubt(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: -1})
	own := fault.New(fault.Budget, "own")
	r.fail("PutItem", dynamofake.ResetAfter)
	runs := 0
	err := r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		if runs++; runs > 1 {
			return own
		}
		return add(key("a"), "x")(tx)
	})
	require.True(t, any(err) == any(own))
	require.False(t, fault.Unknown(err))

	r.fail("", dynamofake.None, dynamofake.ResetAfter, dynamofake.ServerError)
	err = r.Update(t.Context(), []ports.Key{key("a")}, add(key("a"), "x"))
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.Unknown(err))
}
