package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestOneDamagedHeaderIsSurvived: bbolt writes its two headers in turns, so that a torn one costs at most a commit that
// nobody was told of.
func TestOneDamagedHeaderIsSurvived(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	opened := 0
	for _, at := range []int{40, pageSize + 40} {
		path := storePath(t)
		require.NoError(t, os.WriteFile(path, overwritten(whole, at, 8), 0o600))
		store, err := boltstore.Open(path, newClock(), nil)
		require.NoError(t, err)
		opened++
		require.Equal(t, strings.Repeat("\x07", 1500), body(t, store, damageKey(7)))
		require.NoError(t, store.Close())
	}
	require.Equal(t, 2, opened)
}

// TestDamageIsReportedAndSurvived damages files by chance, in every way that disks do, and uses them. Whatever happens is
// an answer or an error: the process lives on, and every error says that the file is damaged.
func TestDamageIsReportedAndSurvived(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	reported := 0
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 3))
		content := bytes.Clone(whole)
		for range 1 + random.IntN(6) {
			damage(random, content)
		}
		path := storePath(t)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		for _, err := range useDamaged(t, path) {
			kind := fault.KindOf(err)
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.Invalid, fault.Newer, fault.NotFound, fault.Conflict}, kind, "seed %d: %v", seed, err)
			if kind == fault.Corrupt {
				reported++
			}
		}
	}
	require.Greater(t, reported, 100)
}

// damage changes one stretch of a file: a bit, the head of a page, a page of zeros or of anything, a page in the place of another.
func damage(random *rand.Rand, content []byte) {
	pages := len(content) / pageSize
	page := func() []byte { at := random.IntN(pages) * pageSize; return content[at : at+pageSize] }
	switch random.IntN(6) {
	case 0:
		content[random.IntN(len(content))] ^= 1 << random.IntN(8)
	case 1:
		page()[random.IntN(16)] = byte(random.IntN(256))
	case 2:
		clear(page())
	case 3:
		copy(page(), page())
	case 4:
		p := page()
		for at := range p {
			p[at] = byte(random.IntN(256))
		}
	case 5:
		// Where the elements of a page begin.
		binary.NativeEndian.PutUint32(page()[16+4*random.IntN(40):], random.Uint32()>>8)
	}
}

// useDamaged reads everything, writes over some of it, and returns what went wrong.
func useDamaged(t *testing.T, path string) (errs []error) {
	t.Helper()
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	store, err := boltstore.Open(path, newClock(), nil)
	if note(err); err != nil {
		return errs
	}
	for i := 0; i < records; i += 7 {
		_, err := store.Get(t.Context(), damageKey(i))
		note(err)
	}
	for _, descending := range []bool{false, true} {
		r := ports.Range{Partition: "p", Descending: descending, Limit: 100}
		for range 50 {
			page, err := store.List(t.Context(), r)
			note(err)
			if r.Cursor = page.Cursor; err != nil || r.Cursor == "" {
				break
			}
		}
	}
	for i := 0; i < records; i += 50 {
		note(store.Update(t.Context(), nil, put(damageKey(i), "after")))
		note(store.Update(t.Context(), nil, func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: ports.Key{Partition: "q", Sort: damageKey(i).Sort}})
			return nil
		}))
	}
	note(store.Close())
	return errs
}

// TestADamagedRecordIsReported changes single values to what no store has written.
func TestADamagedRecordIsReported(t *testing.T) {
	t.Parallel()
	value := func(change func(value []byte) []byte) []byte {
		whole := append([]byte{1}, binary.BigEndian.AppendUint64(nil, 7)...)
		whole = append(binary.BigEndian.AppendUint64(whole, 0), 4, 't', 'e', 's', 't', 'b', 'o', 'd', 'y')
		return change(whole)
	}
	for name, stored := range map[string][]byte{
		"empty":                   {},
		"another format":          value(func(v []byte) []byte { v[0] = 2; return v }),
		"cut in the version":      value(func(v []byte) []byte { return v[:5] }),
		"cut before the kind":     value(func(v []byte) []byte { return v[:17] }),
		"version 0":               value(func(v []byte) []byte { clear(v[1:9]); return v }),
		"negative version":        value(func(v []byte) []byte { v[1] = 0xff; return v }),
		"kind longer than itself": value(func(v []byte) []byte { v[17] = 9; return v }),
		"endless kind":            value(func(v []byte) []byte { return append(v[:17], bytes.Repeat([]byte{0xff}, 11)...) }),
		"kind too long":           value(func(v []byte) []byte { return append(append(v[:17], 0xff, 0x7f), make([]byte, 1<<15)...) }),
		"body too long":           value(func(v []byte) []byte { return append(v, make([]byte, ports.MaxBody)...) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := storePath(t)
			store := open(t, path, newClock(), nil)
			require.NoError(t, store.Update(t.Context(), nil, put(ports.Key{Partition: "p", Sort: "b"}, "whole")))
			require.NoError(t, store.Close())
			db, err := bolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bolt.Tx) error {
				return tx.Bucket([]byte("records")).Put([]byte("p\x00a"), stored)
			}))
			require.NoError(t, db.Close())

			store = open(t, path, newClock(), nil)
			_, err = store.Get(t.Context(), keyA)
			require.ErrorIs(t, err, fault.Corrupt)
			require.ErrorContains(t, err, "p/a")
			_, err = store.List(t.Context(), ports.Range{Partition: "p"})
			require.ErrorIs(t, err, fault.Corrupt)
			require.ErrorIs(t, store.Update(t.Context(), nil, put(keyA, "over")), fault.Corrupt)
			require.ErrorIs(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
				tx.Create(ports.Record{Key: keyA})
				return nil
			}), fault.Corrupt)
			require.Equal(t, "whole", body(t, store, ports.Key{Partition: "p", Sort: "b"}))
			require.NoError(t, store.Update(t.Context(), nil, put(ports.Key{Partition: "p", Sort: "c"}, "usable")))
		})
	}
}

// TestAFileCutShortInUse takes pages away from a store that is open: what bbolt reads then are faults of the processor.
func TestAFileCutShortInUse(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	for _, left := range []int{0, 10, pageSize, 2 * pageSize, 4 * pageSize, len(whole) / 2} {
		path := storePath(t)
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		store, err := boltstore.Open(path, newClock(), nil)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, int64(left)))
		reported := 0
		for i := range records {
			_, err := store.Get(t.Context(), damageKey(i))
			if err == nil {
				continue
			}
			require.ErrorIs(t, err, fault.Corrupt)
			reported++
		}
		require.Positive(t, reported, "with %d bytes left", left)
		err = store.Update(t.Context(), nil, put(damageKey(records-1), "after"))
		require.ErrorIs(t, err, fault.Corrupt)
		require.NoError(t, store.Close())
	}
}
