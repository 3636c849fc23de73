package porttest

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeLimits = map[string]storeTest{
	"Limits/BodiesOfOneUpdateTogether":       limitCommit,
	"Limits/HundredRecordsAreAllowed":        limitHundred,
	"Limits/OneRecordMoreIsInvalid":          limitHundredOne,
	"Limits/LearntRecordsCountToo":           limitLearnt,
	"Limits/OnlyTheLastRunCounts":            limitLastRun,
	"Limits/LargestRecordIsKept":             limitLargest,
	"Limits/LargestUpdateIsKept":             limitLargestUpdate,
	"Limits/TooLongABodyIsInvalid":           limitBody,
	"Limits/BadKeysAreInvalid":               limitKeys,
	"Limits/WritingWhatWasNotReadIsInvalid":  limitUnread,
	"Limits/TwoWritesToOneRecordAreInvalid":  limitTwice,
	"Limits/BrokenRulesWriteNothingOfTheirs": limitNothing,
}

// manyKeys returns keys over several partitions.
func manyKeys(n int) []ports.Key {
	keys := make([]ports.Key, n)
	for i := range keys {
		keys[i] = ports.Key{Partition: "many " + number(i%7), Sort: number(i)}
	}
	return keys
}

// count is how many records of manyKeys there are.
func (s *storeKit) count(n int) int {
	s.t.Helper()
	count := 0
	for i := range min(n, 7) {
		count += len(s.list(ports.Range{Partition: "many " + number(i)}))
	}
	return count
}

func limitHundred(t *testing.T, s *storeKit) {
	keys := manyKeys(ports.MaxRecords)
	require.NoError(t, s.update(func(tx ports.Tx) error {
		for _, key := range keys {
			tx.Create(ports.Record{Key: key, Body: []byte("created")})
		}
		return nil
	}))
	require.Equal(t, ports.MaxRecords, s.count(len(keys)))
	// Naming, reading and writing the same records counts them once.
	require.NoError(t, s.update(func(tx ports.Tx) error {
		for i, key := range keys {
			tx.Get(key)
			if i%2 == 0 {
				tx.Put(ports.Record{Key: key, Body: []byte("replaced")})
			} else {
				tx.Delete(key)
			}
		}
		return nil
	}, append(keys, keys...)...))
	require.Equal(t, ports.MaxRecords/2, s.count(len(keys)))
	require.Equal(t, "replaced", s.body(keys[0]))
}

func limitHundredOne(t *testing.T, s *storeKit) {
	keys := manyKeys(ports.MaxRecords + 1)
	createAll := func(keys []ports.Key) func(ports.Tx) error {
		return func(tx ports.Tx) error {
			for _, key := range keys {
				tx.Create(ports.Record{Key: key})
			}
			return nil
		}
	}
	getAll := func(keys []ports.Key) func(ports.Tx) error {
		return func(tx ports.Tx) error {
			for _, key := range keys {
				tx.Get(key)
			}
			return nil
		}
	}
	last := len(keys) - 1
	for name, err := range map[string]error{
		"created":               s.update(createAll(keys)),
		"read":                  s.update(getAll(keys)),
		"named and read":        s.update(getAll(keys), keys...),
		"named, read, one more": s.update(getAll(keys), keys[:last]...),
		"named and created":     s.update(createAll(keys[last:]), keys[:last]...),
		"read and created": s.update(func(tx ports.Tx) error {
			_ = getAll(keys[:last])(tx)
			return createAll(keys[last:])(tx)
		}),
	} {
		require.ErrorIs(t, err, fault.Invalid, name)
		require.False(t, fault.Unknown(err), name)
	}
	require.Zero(t, s.count(len(keys)))
}

// limitLearnt learns of one key in each run, until they are too many.
func limitLearnt(t *testing.T, s *storeKit) {
	chain := func(length int) error {
		return s.update(func(tx ports.Tx) error {
			for i := range length {
				if _, there := tx.Get(storeKey(number(i))); !there {
					tx.Put(ports.Record{Key: storeKey(number(i))})
					return nil
				}
			}
			return nil
		})
	}
	for i := range ports.MaxRecords {
		require.NoError(t, s.update(create(storeKey(number(i)), "")))
	}
	require.NoError(t, chain(ports.MaxRecords))
	require.ErrorIs(t, chain(ports.MaxRecords+1), fault.Invalid)
	s.absent(storeKey(number(ports.MaxRecords)))
}

// limitLastRun asks for one record in its first run and for a hundred others later.
func limitLastRun(t *testing.T, s *storeKit) {
	first, others := storeKey("first"), manyKeys(ports.MaxRecords)
	for _, again := range []bool{false, true} {
		runs := 0
		err := s.update(func(tx ports.Tx) error {
			if runs++; runs == 1 {
				tx.Get(first)
				return nil
			}
			for _, key := range others {
				tx.Get(key)
			}
			if again {
				tx.Get(first)
			}
			return nil
		})
		if again {
			require.ErrorIs(t, err, fault.Invalid)
		} else {
			require.NoError(t, err)
		}
	}
}

func largestKey() ports.Key {
	return ports.Key{Partition: strings.Repeat("p", ports.MaxKey), Sort: strings.Repeat("s", ports.MaxKey)}
}

func limitLargest(t *testing.T, s *storeKit) {
	body := bytes.Repeat([]byte{0xa5}, ports.MaxBody)
	s.write(ports.Record{Key: largestKey(), Body: body})
	require.Equal(t, body, s.get(largestKey()).Body)
	require.NoError(t, s.update(create(storeKey("created"), string(body))))
	require.Equal(t, string(body), s.body(storeKey("created")))
}

// limitLargestUpdate writes as much at once as fits into an item-limited store: many small and some large records.
func limitLargestUpdate(t *testing.T, s *storeKit) {
	keys := manyKeys(ports.MaxRecords)
	body := bytes.Repeat([]byte{0x5a}, ports.MaxBody)
	require.NoError(t, s.update(func(tx ports.Tx) error {
		for i, key := range keys {
			size := 100
			if i%20 == 0 {
				size = ports.MaxBody
			}
			tx.Create(ports.Record{Key: key, Body: body[:size]})
		}
		return nil
	}))
	for i, key := range keys {
		record := s.get(key)
		require.Equal(t, body[:len(record.Body)], record.Body)
		require.Equal(t, i%20 == 0, len(record.Body) == ports.MaxBody)
	}
}

func limitBody(t *testing.T, s *storeKit) {
	body := make([]byte, ports.MaxBody+1)
	s.put(storeKey("there"), "before")
	require.ErrorIs(t, s.update(create(storeKey("a"), string(body))), fault.Invalid)
	require.ErrorIs(t, s.update(func(tx ports.Tx) error {
		tx.Get(storeKey("there"))
		tx.Put(ports.Record{Key: storeKey("there"), Body: body})
		return nil
	}), fault.Invalid)
	s.absent(storeKey("a"))
	require.Equal(t, "before", s.body(storeKey("there")))
}

func limitKeys(t *testing.T, s *storeKit) {
	for name, key := range badKeys {
		for how, err := range map[string]error{
			"named":   s.update(func(ports.Tx) error { return nil }, key),
			"read":    s.update(func(tx ports.Tx) error { tx.Get(key); return nil }),
			"put":     s.update(func(tx ports.Tx) error { tx.Get(key); tx.Put(ports.Record{Key: key}); return nil }),
			"deleted": s.update(func(tx ports.Tx) error { tx.Get(key); tx.Delete(key); return nil }),
			"created": s.update(create(key, "")),
		} {
			require.ErrorIs(t, err, fault.Invalid, "%s %s", name, how)
		}
	}
}

func limitUnread(t *testing.T, s *storeKit) {
	a, b := storeKey("a"), storeKey("b")
	s.put(a, "before")
	for name, decide := range map[string]func(ports.Tx) error{
		"put":              func(tx ports.Tx) error { tx.Put(ports.Record{Key: a, Body: []byte("after")}); return nil },
		"delete":           func(tx ports.Tx) error { tx.Delete(a); return nil },
		"put, then read":   func(tx ports.Tx) error { tx.Put(ports.Record{Key: a}); tx.Get(a); return nil },
		"another was read": func(tx ports.Tx) error { tx.Get(b); tx.Put(ports.Record{Key: a}); return nil },
	} {
		require.ErrorIs(t, s.update(decide), fault.Invalid, name)
		require.ErrorIs(t, s.update(decide, a, b), fault.Invalid, "%s, named", name)
	}
	require.Equal(t, "before", s.body(a))
}

func limitTwice(t *testing.T, s *storeKit) {
	a, b := storeKey("a"), storeKey("b")
	s.put(a, "before")
	writes := map[string]func(ports.Tx, ports.Key){
		"put":    func(tx ports.Tx, key ports.Key) { tx.Put(ports.Record{Key: key, Body: []byte("after")}) },
		"create": func(tx ports.Tx, key ports.Key) { tx.Create(ports.Record{Key: key, Body: []byte("after")}) },
		"delete": func(tx ports.Tx, key ports.Key) { tx.Delete(key) },
	}
	for first, one := range writes {
		for second, two := range writes {
			for _, key := range []ports.Key{a, b} {
				require.ErrorIs(t, s.update(func(tx ports.Tx) error {
					tx.Get(key)
					one(tx, key)
					two(tx, key)
					return nil
				}, key), fault.Invalid, "%s, %s", first, second)
			}
		}
	}
	require.Equal(t, "before", s.body(a))
	s.absent(b)
}

// limitNothing breaks a rule between writes that are right.
func limitNothing(t *testing.T, s *storeKit) {
	require.ErrorIs(t, s.update(func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: storeKey("a")})
		tx.Delete(storeKey("unread"))
		tx.Create(ports.Record{Key: storeKey("b")})
		return nil
	}), fault.Invalid)
	s.absent(storeKey("a"))
	s.absent(storeKey("b"))
}

// limitCommit writes bodies of just as many bytes as are allowed together, and of one more. They are such that they cannot be packed.
func limitCommit(t *testing.T, s *storeKit) {
	noise := rand.New(rand.NewPCG(1, 2))
	bodies := func(total int) func(tx ports.Tx) error {
		var records []ports.Record
		for left := total; left > 0; left -= ports.MaxBody {
			body := make([]byte, min(left, ports.MaxBody))
			for i := range body {
				body[i] = byte(noise.Uint32())
			}
			records = append(records, ports.Record{Key: manyKeys(10)[len(records)], Body: body})
		}
		return func(tx ports.Tx) error {
			for _, record := range records {
				tx.Create(record)
			}
			return nil
		}
	}
	require.ErrorIs(t, s.update(bodies(ports.MaxCommit+1)), fault.Invalid)
	require.Zero(t, s.count(10))
	require.NoError(t, s.update(bodies(ports.MaxCommit)))
}
