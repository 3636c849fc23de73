package boltstore_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	pageSize = 16 << 10
	records  = 600
)

// wholeFile returns the bytes of a store file with some hundred records, enough for a tree with branches.
func wholeFile(t *testing.T) []byte {
	t.Helper()
	path := storePath(t)
	store := open(t, path, newClock(), nil)
	for first := 0; first < records; first += ports.MaxRecords {
		require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
			for i := first; i < first+ports.MaxRecords; i++ {
				tx.Create(ports.Record{Key: damageKey(i), Kind: "test", Body: bytes.Repeat([]byte{byte(i)}, 1500)})
			}
			return nil
		}))
	}
	require.NoError(t, store.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	// What the file has been given and does not use yet is of no interest.
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bolt.Tx) error { content = content[:tx.Size()]; return nil }))
	require.NoError(t, db.Close())
	return content
}

func damageKey(i int) ports.Key { return ports.Key{Partition: "p", Sort: fmt.Sprintf("%06d", i)} }

func TestBadFilesAreRefused(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	changed := func(change func(tx *bolt.Tx) error) []byte {
		path := storePath(t)
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		db, err := bolt.Open(path, 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(change))
		require.NoError(t, db.Close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return content
	}
	inMeta := func(key, value string) []byte {
		return changed(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte(key), []byte(value)) })
	}
	without := func(name string) []byte {
		return changed(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(name)) })
	}
	foreign := changed(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("of another program"))
		for _, name := range []string{"meta", "records", "expiry"} {
			if err == nil {
				err = tx.DeleteBucket([]byte(name))
			}
		}
		return err
	})
	for name, test := range map[string]struct {
		content []byte
		kind    fault.Kind
		says    string
	}{
		"text":                    {[]byte("this is no store"), fault.Invalid, "no store file"},
		"long text":               {bytes.Repeat([]byte("this is no store\n"), 5000), fault.Invalid, "no store file"},
		"zeros":                   {make([]byte, 8*pageSize), fault.Invalid, "no store file"},
		"a newer layout":          {inMeta("layout", "2"), fault.Newer, "update the program"},
		"a damaged layout":        {inMeta("layout", "one"), fault.Corrupt, "restore"},
		"a negative layout":       {inMeta("layout", "-1"), fault.Corrupt, "restore"},
		"a damaged epoch":         {inMeta("epoch", "x"), fault.Corrupt, "restore"},
		"an epoch too high":       {inMeta("epoch", "99999999999"), fault.Corrupt, "restore"},
		"another program's":       {foreign, fault.Invalid, "another program"},
		"no layout":               {without("meta"), fault.Invalid, "another program"},
		"no records":              {without("records"), fault.Corrupt, "restore"},
		"no expiries":             {without("expiry"), fault.Corrupt, "restore"},
		"cut in the first page":   {whole[:100], fault.Corrupt, "restore"},
		"cut to nothing much":     {whole[:10], fault.Invalid, "no store file"},
		"cut to one page":         {whole[:pageSize], fault.Corrupt, "restore"},
		"cut to two pages":        {whole[:2*pageSize], fault.Corrupt, "restore"},
		"cut in the middle":       {whole[:len(whole)/2], fault.Corrupt, "restore"},
		"cut by one byte":         {whole[:len(whole)-1], fault.Corrupt, "restore"},
		"both headers damaged":    {overwritten(whole, 40, 4, pageSize+40, 4), fault.Corrupt, "restore"},
		"a newer form of headers": {overwritten(whole, 20, 1, pageSize+20, 1), fault.Corrupt, "restore"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := storePath(t)
			require.NoError(t, os.WriteFile(path, test.content, 0o600))
			for range 2 { // A refused file is let go of again.
				_, err := boltstore.Open(path, newClock(), nil)
				require.ErrorIs(t, err, test.kind)
				require.ErrorContains(t, err, path)
				require.ErrorContains(t, err, test.says)
				require.NotContains(t, err.Error(), "\n")
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(test.content, after), "the file was changed")
			names, err := filepath.Glob(path + "*")
			require.NoError(t, err)
			require.Equal(t, []string{path}, names)
		})
	}
}

// overwritten returns a copy with stretches of it, each an offset and a length, replaced.
func overwritten(content []byte, stretches ...int) []byte {
	content = bytes.Clone(content)
	for i := 0; i < len(stretches); i += 2 {
		for at := stretches[i]; at < stretches[i]+stretches[i+1]; at++ {
			content[at] ^= 0xa5
		}
	}
	return content
}

func TestBadPathsAreRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for name, test := range map[string]struct {
		path string
		says string
	}{
		"a folder":              {folder, "is a folder"},
		"below a file":          {filepath.Join(file, "store.db"), "cannot be opened"},
		"far below a file":      {filepath.Join(file, "folder", "store.db"), "cannot be opened"},
		"a device":              {os.DevNull, "no ordinary file"},
		"a name too long":       {filepath.Join(folder, strings.Repeat("n", 300)), "cannot be opened"},
		"a zero byte in a name": {filepath.Join(folder, "a\x00b"), "cannot be opened"},
		"an empty path":         {"", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boltstore.Open(test.path, newClock(), nil)
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, test.says)
		})
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{file}, names)
}
