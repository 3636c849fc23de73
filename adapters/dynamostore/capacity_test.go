package dynamostore_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// noise is a body that cannot be compressed.
func noise(size int) []byte {
	random := rand.New(rand.NewPCG(uint64(size), 7))
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	return body
}

// capacityCase is something done to a store, and the units that it takes.
type capacityCase struct {
	do          func(t *testing.T, store ports.Store)
	read, write int
	// localFree means that DynamoDB Local says that it took nothing.
	localFree bool
}

// change writes records of a size that are there, or not yet, and reads others.
func change(size int, written, read []string) func(*testing.T, ports.Store) {
	return func(t *testing.T, store ports.Store) {
		var keys []ports.Key
		for _, sort := range append(append([]string{}, written...), read...) {
			keys = append(keys, key(sort))
		}
		require.NoError(t, store.Update(t.Context(), keys, func(tx ports.Tx) error {
			for i, key := range keys {
				if tx.Get(key); i < len(written) {
					tx.Put(ports.Record{Key: key, Kind: "parcel", Body: noise(size)})
				}
			}
			return nil
		}))
	}
}

func list(limit int) func(*testing.T, ports.Store) {
	return func(t *testing.T, store ports.Store) {
		_, err := store.List(t.Context(), ports.Range{Partition: "partition", Limit: limit})
		require.NoError(t, err)
	}
}

// capacityCases find the records a to f of 900 bytes and long of 5,000.
var capacityCases = map[string]capacityCase{
	"one record of 900 bytes":    {do: change(900, []string{"a"}, nil), read: 1, write: 1},
	"three records of 900 bytes": {do: change(900, []string{"a", "b", "c"}, nil), read: 3, write: 6},
	"one written, one only read": {do: change(900, []string{"a"}, []string{"b"}), read: 2, write: 4},
	"one of 1,000 bytes":         {do: change(1000, []string{"a"}, nil), read: 1, write: 2},
	"the larger one counts":      {do: change(10, []string{"long"}, nil), read: 2, write: 5},
	"two only read":              {do: change(0, nil, []string{"a", "b"}), read: 4},
	"one only read":              {do: change(0, nil, []string{"a"}), read: 1},
	"a long one only read":       {do: change(0, nil, []string{"long"}), read: 2},
	"one that is not there":      {do: change(0, nil, []string{"z"}), read: 1},
	"a page of a list":           {do: list(5), read: 2},
	"a whole list":               {do: list(0), read: 3},
	"nothing of a list": {
		do: func(t *testing.T, s ports.Store) {
			_, err := s.List(t.Context(), ports.Range{Partition: "none"})
			require.NoError(t, err)
		},
		read: 1, localFree: true,
	},
	"a create that nobody expected": {
		do: func(t *testing.T, s ports.Store) {
			require.NoError(t, s.Update(t.Context(), nil, create(key("new"), "body")))
		},
		write: 1,
	},
	"a create of what is there": {
		do: func(t *testing.T, s ports.Store) {
			require.ErrorIs(t, s.Update(t.Context(), nil, create(key("long"), "body")), fault.Conflict)
		},
		write: 5,
	},
	"a create of what is there, with others": {
		do: func(t *testing.T, s ports.Store) {
			require.ErrorIs(t, s.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
				return errors.Join(add(key("a"), "")(tx), create(key("long"), "body")(tx))
			}), fault.Conflict)
		},
		read: 1, write: 12,
	},
	"a delete": {
		do: func(t *testing.T, s ports.Store) {
			require.NoError(t, s.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error { tx.Get(key("a")); tx.Delete(key("a")); return nil }))
		},
		read: 1, write: 1,
	},
	"a delete of what is not there": {
		do: func(t *testing.T, s ports.Store) {
			require.NoError(t, s.Update(t.Context(), []ports.Key{key("z")}, func(tx ports.Tx) error { tx.Get(key("z")); tx.Delete(key("z")); return nil }))
		},
		read: 1,
	},
}

// fillForCapacity writes the records that capacityCases find.
func fillForCapacity(t *testing.T, store ports.Store) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
		for _, sort := range []string{"a", "b", "c", "d", "e", "f"} {
			tx.Create(ports.Record{Key: key(sort), Kind: "parcel", Body: noise(900)})
		}
		tx.Create(ports.Record{Key: key("long"), Kind: "parcel", Body: noise(5000)})
		return nil
	}))
}

// used sums up what a store has told of its units.
func used(seen *porttest.Recorder) (read, write int) {
	for _, event := range seen.Events(ports.EventStoreUsed) {
		read, write = read+event.ReadUnits, write+event.WriteUnits
	}
	return read, write
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	for name, c := range capacityCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			fillForCapacity(t, r)
			readBefore, writeBefore := used(r.seen)
			before := r.fake.Used()
			c.do(t, r)
			read, write := used(r.seen)
			require.Equal(t, []int{c.read, c.write}, []int{read - readBefore, write - writeBefore})
			after := r.fake.Used()
			require.Equal(t, []float64{float64(c.read), float64(c.write)}, []float64{after.Read - before.Read, after.Write - before.Write})
		})
	}
}

// TestCapacityOfALostRun takes the units of the refused write, and no second read: what came with the refusal is used.
func TestCapacityOfALostRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys        []ports.Key
		read, write int
	}{
		"one record":  {[]ports.Key{key("a")}, 1, 2},
		"two records": {[]ports.Key{key("a"), key("b")}, 2, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			other := storeOn(t, r.client, restless{r.clock}, 2, nil)
			runs := 0
			require.NoError(t, r.Update(t.Context(), c.keys, func(tx ports.Tx) error {
				if runs++; runs == 1 {
					require.NoError(t, other.Update(t.Context(), nil, create(key("a"), "theirs ")))
				}
				for _, key := range c.keys {
					require.NoError(t, add(key, "ours")(tx))
				}
				return nil
			}))
			read, write := used(r.seen)
			require.Equal(t, []int{c.read, c.write}, []int{read, write})
			require.Equal(t, "theirs ours", r.body(t, key("a")))
		})
	}
}

// TestItemSize agrees with what the table holds.
func TestItemSize(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.clock.Advance(987_654_321 * time.Microsecond)
	for i, record := range []ports.Record{
		{Kind: "parcel", Body: noise(900)},
		{Kind: "answer", Body: bytes.Repeat([]byte("the same words again and again "), 300)},
		{Expires: start.Add(1e15)},
	} {
		record.Key = key(strconv.Itoa(i))
		r.put(t, record)
		require.Equal(t, r.fake.Size(tableName, record.Key.Partition, record.Key.Sort), dynamostore.ItemSize(record))
	}
}

// TestEventsOfRequests tells the operation, the time and the kind of each.
func TestEventsOfRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.fail("PutItem", dynamofake.Throttle)
	require.NoError(t, r.Update(t.Context(), nil, create(key("a"), "a")))
	require.Error(t, r.Update(t.Context(), nil, create(key("a"), "a")))
	require.Equal(t, []ports.Event{
		{Name: ports.EventStoreUsed, At: start, Detail: "PutItem", Fault: "throttled"},
		{Name: ports.EventStoreUsed, At: start, Detail: "PutItem", WriteUnits: 1},
		{Name: ports.EventStoreUsed, At: start, Detail: "PutItem", WriteUnits: 1, Fault: "conflict"},
	}, r.seen.Events())
}

// TestWhatWasNotBegunTakesNothing is for a transaction that met another one.
func TestWhatWasNotBegunTakesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	r.fail("TransactWriteItems", dynamofake.Conflict)
	require.NoError(t, r.Update(t.Context(), nil, func(tx ports.Tx) error {
		return errors.Join(create(key("a"), "a")(tx), create(key("b"), "b")(tx))
	}))
	require.Equal(t, []ports.Event{
		{Name: ports.EventStoreUsed, At: start, Detail: "TransactWriteItems", Fault: "throttled"},
		{Name: ports.EventStoreUsed, At: start, Detail: "TransactWriteItems", WriteUnits: 4},
	}, r.seen.Events())
}
