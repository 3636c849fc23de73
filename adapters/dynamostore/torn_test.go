package dynamostore_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/ports"
)

// watched returns a store on the rig's table that calls a function before each of its requests, with its number from 1 on.
// The rig's own store can write in between.
func (r *rig) watched(t testing.TB, seed uint64, before func(n int, operation string)) *dynamostore.Store {
	t.Helper()
	n, base := 0, direct(r.fake)
	client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(q *http.Request) (*http.Response, error) {
		n++
		before(n, operationOf(q))
		return base(q)
	})})
	return storeOn(t, client, restless{r.clock}, seed, &dynamostore.Options{Observer: r.seen})
}

// move deletes one record and makes another.
func (r *rig) move(t testing.TB, from, to string) {
	t.Helper()
	require.NoError(t, r.Update(t.Context(), []ports.Key{key(from), key(to)}, func(tx ports.Tx) error {
		tx.Get(key(from))
		tx.Get(key(to))
		tx.Delete(key(from))
		tx.Put(ports.Record{Key: key(to)})
		return nil
	}))
}

// TestAbsentIsNeverTorn has one of two records at every moment, and moves it so that whoever reads them one after the other
// finds neither, the first time and the second.
func TestAbsentIsNeverTorn(t *testing.T) {
	t.Parallel()
	neither := errors.New("neither")
	for name, end := range map[string]error{"an error": neither, "no error": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("b")})
			store := r.watched(t, 2, func(n int, _ string) {
				switch n {
				case 2, 4:
					r.fail("")
					r.move(t, "b", "a")
				case 3:
					r.move(t, "a", "b")
				}
				if n == 1 || n == 3 {
					r.always("BatchGetItem", dynamofake.Unprocessed)
				}
			})
			seen := 0
			require.NoError(t, store.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
				_, a := tx.Get(key("a"))
				_, b := tx.Get(key("b"))
				if seen = 0; a != b {
					seen = 1
					return nil
				}
				return end
			}))
			require.Equal(t, 1, seen)
		})
	}
}

// TestWhatIsAbsentIsLookedAtFirst and all of it at once, then what is there.
func TestWhatIsAbsentIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys []string
		want []string
	}{
		"all there":         {[]string{"a", "b"}, []string{"BatchGetItem", "BatchGetItem"}},
		"one absent":        {[]string{"a", "y", "b"}, []string{"BatchGetItem", "GetItem", "BatchGetItem"}},
		"two absent":        {[]string{"a", "y", "z"}, []string{"BatchGetItem", "TransactGetItems", "GetItem"}},
		"none there":        {[]string{"y", "z"}, []string{"BatchGetItem", "TransactGetItems"}},
		"expired is there":  {[]string{"y", "x"}, []string{"BatchGetItem", "GetItem", "GetItem"}},
		"a single one only": {[]string{"y"}, []string{"GetItem"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.put(t, ports.Record{Key: key("a")})
			r.put(t, ports.Record{Key: key("b")})
			r.put(t, ports.Record{Key: key("x"), Expires: start})
			r.requests()
			require.NoError(t, r.Update(t.Context(), nil, get(c.keys...)))
			require.Equal(t, c.want, r.requests())
		})
	}
}

// get reads records and writes none. Its first run asks for all of them.
func get(sorts ...string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		for _, sort := range sorts {
			tx.Get(key(sort))
		}
		return nil
	}
}

// TestMoreComesThanCanBeReadAtOnce writes more than 4 MB where nothing was, behind a decision's back.
func TestMoreComesThanCanBeReadAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	var keys []ports.Key
	for i := range 12 {
		keys = append(keys, key(string(rune('a'+i))))
	}
	store := r.watched(t, 2, func(n int, _ string) {
		if n == 2 {
			for _, key := range keys {
				r.put(t, ports.Record{Key: key, Body: noise(ports.MaxBody)})
			}
		}
	})
	var found []int
	require.NoError(t, store.Update(t.Context(), keys, func(tx ports.Tx) error {
		there := 0
		for _, key := range keys {
			if _, ok := tx.Get(key); ok {
				there++
			}
		}
		found = append(found, there)
		return nil
	}))
	require.Equal(t, []int{0, 12}, found)
}

// TestALookAtAbsentRecordsIsMadeAgain meets a transaction of another, and an answer that leaves one out.
func TestALookAtAbsentRecordsIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.fail("TransactGetItems", dynamofake.Conflict, dynamofake.ServerErrorAfter)
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a"), key("b")}, get("a", "b")))
	require.Equal(t, []string{"BatchGetItem", "TransactGetItems", "TransactGetItems", "TransactGetItems"}, r.requests())
}
