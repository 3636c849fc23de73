package dynamostore_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// consume deletes records that are there.
func (r *rig) consume(t testing.TB, sorts ...string) {
	t.Helper()
	var keys []ports.Key
	for _, sort := range sorts {
		keys = append(keys, key(sort))
	}
	require.NoError(t, r.Update(t.Context(), keys, func(tx ports.Tx) error {
		for _, key := range keys {
			_, there := tx.Get(key)
			require.True(t, there)
			tx.Delete(key)
		}
		return nil
	}))
}

// losing returns a store on the rig's table whose first write is done, but whose answer is lost. Before its second one it
// calls a function.
func (r *rig) losing(t testing.TB, between func()) *dynamostore.Store {
	t.Helper()
	n, base := 0, direct(r.fake)
	client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(q *http.Request) (*http.Response, error) {
		if writes(operationOf(q)) {
			n++
		}
		switch {
		case n == 1 && writes(operationOf(q)):
			if _, err := base(q); err != nil {
				return nil, err
			}
			return nil, errReset
		case n == 2 && writes(operationOf(q)):
			between()
		}
		return base(q)
	})})
	return storeOn(t, client, restless{r.clock}, 2, nil)
}

// TestSeveralRecordsAreMadeOnce has others remove what a commit made whose answer was lost, before it is sent again: nothing
// stands in its way then but its token.
func TestSeveralRecordsAreMadeOnce(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(ports.Tx) error{
		"created": func(tx ports.Tx) error { return errors.Join(create(key("a"), "x")(tx), create(key("b"), "x")(tx)) },
		"put":     func(tx ports.Tx) error { return errors.Join(add(key("a"), "x")(tx), add(key("b"), "x")(tx)) },
		"beside one that is only read": func(tx ports.Tx) error {
			tx.Get(key("read"))
			return errors.Join(create(key("a"), "x")(tx), create(key("b"), "x")(tx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("read")})
			store, runs := r.losing(t, func() { r.consume(t, "a", "b") }), 0
			require.NoError(t, store.Update(t.Context(), []ports.Key{key("a"), key("b"), key("read")}, func(tx ports.Tx) error {
				runs++
				return decide(tx)
			}))
			require.Equal(t, 1, runs)
			for _, sort := range []string{"a", "b"} {
				_, err := r.Get(t.Context(), key(sort))
				require.ErrorIs(t, err, fault.NotFound)
			}
		})
	}
}

// TestAChangeIsMadeOnceWithoutATokenToo is for a service that has forgotten the token: the condition of the record that was
// written over does not hold a second time, and the decision, run again, recognises what it did.
func TestAChangeIsMadeOnceWithoutATokenToo(t *testing.T) {
	t.Parallel()
	r := forgetfulRig(t)
	r.put(t, ports.Record{Key: key("counter"), Body: []byte("0")})
	store := r.losing(t, func() { r.consume(t, "message") })
	require.NoError(t, store.Update(t.Context(), []ports.Key{key("counter")}, func(tx ports.Tx) error {
		if record, _ := tx.Get(key("counter")); string(record.Body) == "0+" {
			return nil
		}
		return errors.Join(add(key("counter"), "+")(tx), create(key("message"), "x")(tx))
	}))
	require.Equal(t, "0+", r.body(t, key("counter")))
	_, err := r.Get(t.Context(), key("message"))
	require.ErrorIs(t, err, fault.NotFound)
}

// TestOwnTransactionIsRecognisedWithoutItsToken by what it wrote.
func TestOwnTransactionIsRecognisedWithoutItsToken(t *testing.T) {
	t.Parallel()
	r := forgetfulRig(t)
	runs := 0
	require.NoError(t, r.losing(t, func() {}).Update(t.Context(), nil, func(tx ports.Tx) error {
		runs++
		return errors.Join(create(key("a"), "x")(tx), create(key("b"), "x")(tx))
	}))
	require.Equal(t, 1, runs)
	require.Equal(t, "x", r.body(t, key("a")))
}

// forgetfulRig is one whose service keeps no tokens.
func forgetfulRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{clock: porttest.NewClock(start), seen: &porttest.Recorder{}}
	r.fake = dynamofake.New(&dynamofake.Options{Forgets: true})
	r.client = clientOf("http://dynamodb.test", &http.Client{Transport: direct(r.fake)})
	require.NoError(t, dynamostore.CreateTable(t.Context(), r.client, tableName))
	r.Store = storeOn(t, r.client, restless{r.clock}, 1, nil)
	return r
}

// TestASingleRecordThatWasRemovedIsMadeAgain is the one case that is left: as when the decision is run again, which sees
// nothing either. See docs/decisions/0023.
func TestASingleRecordThatWasRemovedIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	store := r.losing(t, func() { r.consume(t, "a") })
	require.NoError(t, store.Update(t.Context(), nil, create(key("a"), "x")))
	require.Equal(t, "x", r.body(t, key("a")))
}
