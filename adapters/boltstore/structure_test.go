package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// pages finds the pages of a store file, as bbolt lays them out on this machine.
type pages struct{ content []byte }

func (p pages) at(id uint64) []byte { return p.content[id*pageSize : (id+1)*pageSize] }

// header is the one of the two that counts.
func (p pages) header() []byte {
	first, second := p.at(0)[16:], p.at(1)[16:]
	if binary.NativeEndian.Uint64(second[48:]) > binary.NativeEndian.Uint64(first[48:]) {
		return second
	}
	return first
}

func (p pages) freelist() []byte { return p.at(binary.NativeEndian.Uint64(p.header()[32:])) }

// buckets is the leaf that names the buckets.
func (p pages) buckets() []byte { return p.at(binary.NativeEndian.Uint64(p.header()[16:])) }

// bucket returns where the buckets' leaf holds the root of a bucket.
func (p pages) bucket(t *testing.T, name string) []byte {
	t.Helper()
	leaf := p.buckets()
	for i := range binary.NativeEndian.Uint16(leaf[10:]) {
		element := leaf[16+16*int(i):]
		at, size := binary.NativeEndian.Uint32(element[4:]), binary.NativeEndian.Uint32(element[8:])
		if string(element[at:at+size]) == name {
			return element[at+size:]
		}
	}
	t.Fatal("there is no bucket " + name)
	return nil
}

// branch is the root of the records.
func (p pages) branch(t *testing.T) (id uint64, page []byte) {
	t.Helper()
	id = binary.NativeEndian.Uint64(p.bucket(t, "records"))
	require.EqualValues(t, 1, binary.NativeEndian.Uint16(p.at(id)[8:]), "the records need more than one page")
	return id, p.at(id)
}

// TestDamagedStructureIsRefused damages what leads to the records in ways in which bbolt would walk for ever, or write over
// what is in use.
func TestDamagedStructureIsRefused(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	put16, put32, put64 := binary.NativeEndian.PutUint16, binary.NativeEndian.PutUint32, binary.NativeEndian.PutUint64
	for name, damage := range map[string]func(t *testing.T, p pages){
		"a branch that leads to itself": func(t *testing.T, p pages) { id, page := p.branch(t); put64(page[16+8:], id) },
		"a later way back":              func(t *testing.T, p pages) { id, page := p.branch(t); put64(page[16+16+8:], id) },
		"two ways to one leaf":          func(t *testing.T, p pages) { _, page := p.branch(t); copy(page[16+16+8:][:8], page[16+8:]) },
		"a way out of the file":         func(t *testing.T, p pages) { _, page := p.branch(t); put64(page[16+8:], 1<<40) },
		"a later way out":               func(t *testing.T, p pages) { _, page := p.branch(t); put64(page[16+16+8:], 1<<40) },
		"a way to a header":             func(t *testing.T, p pages) { _, page := p.branch(t); put64(page[16+16+8:], 1) },
		"a key out of the page":         func(t *testing.T, p pages) { _, page := p.branch(t); put32(page[16:], 1<<30) },
		"a branch without ways":         func(t *testing.T, p pages) { _, page := p.branch(t); put16(page[10:], 0) },
		"more ways than fit":            func(t *testing.T, p pages) { _, page := p.branch(t); put16(page[10:], 0xffff) },
		"a page of no kind":             func(t *testing.T, p pages) { _, page := p.branch(t); put16(page[8:], 0x20) },
		"a page in another's place":     func(t *testing.T, p pages) { id, page := p.branch(t); put64(page, id+1) },
		"a page longer than the file":   func(t *testing.T, p pages) { _, page := p.branch(t); put32(page[12:], 1<<30) },
		"a bucket that is nowhere":      func(t *testing.T, p pages) { put64(p.bucket(t, "records"), 1<<40) },
		"a bucket out of the page":      func(t *testing.T, p pages) { put32(p.buckets()[16+4:], 1<<30) },
		"a bucket cut short":            func(t *testing.T, p pages) { put32(p.buckets()[16+12:], 5) },
		"no list of free pages":         func(t *testing.T, p pages) { put16(p.freelist()[8:], 2) },
		"more free pages than listed":   func(t *testing.T, p pages) { put16(p.freelist()[10:], 0xfffe) },
		"far more free pages": func(t *testing.T, p pages) {
			put16(p.freelist()[10:], 0xffff)
			put64(p.freelist()[16:], 1<<60)
		},
		"a free page out of the file": func(t *testing.T, p pages) {
			put16(p.freelist()[10:], 1)
			put64(p.freelist()[16:], 1<<40)
		},
		"a header that is free": func(t *testing.T, p pages) {
			put16(p.freelist()[10:], 1)
			put64(p.freelist()[16:], 1)
		},
		"a page free twice": func(t *testing.T, p pages) {
			put16(p.freelist()[10:], 2)
			put64(p.freelist()[16:], 5)
			put64(p.freelist()[24:], 5)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := storePath(t)
			content := bytes.Clone(whole)
			damage(t, pages{content})
			require.NoError(t, os.WriteFile(path, content, 0o600))
			for range 2 {
				_, err := boltstore.Open(path, newClock(), nil)
				require.ErrorIs(t, err, fault.Corrupt)
				require.ErrorContains(t, err, path)
				require.ErrorContains(t, err, "restore it from a backup")
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, after), "the file was changed")
		})
	}
}

// A file whose maker keeps no list of free pages is somebody else's, and opening it with bbolt would change it.
func TestAFileWithoutAListOfFreePagesIsForeign(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}))
	require.NoError(t, db.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = boltstore.Open(path, newClock(), nil)
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "another program")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
}
