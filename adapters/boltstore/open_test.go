package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var keyA = ports.Key{Partition: "p", Sort: "a"}

func put(key ports.Key, body string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(ports.Record{Key: key, Kind: "test", Body: []byte(body)})
		return nil
	}
}

func body(t *testing.T, store *boltstore.Store, key ports.Key) string {
	t.Helper()
	record, err := store.Get(t.Context(), key)
	require.NoError(t, err)
	return string(record.Body)
}

func TestOpenMakesTheFileAndItsFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "store.db")
	store := open(t, path, newClock(), nil)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "a")))
	require.NoError(t, store.Close())
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, names, "nothing else is left behind")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077, "what it holds is its owner's")
}

func TestOpenMayDemandAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "store.db")
	_, err := boltstore.Open(path, newClock(), &boltstore.Options{MustExist: true})
	require.ErrorIs(t, err, fault.NotFound)
	require.ErrorContains(t, err, path)
	require.NoFileExists(t, filepath.Dir(path))
	require.NoError(t, open(t, path, newClock(), nil).Close())
	open(t, path, newClock(), &boltstore.Options{MustExist: true})
}

func TestOpenOfAnEmptyFile(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	store := open(t, path, newClock(), nil)
	require.EqualValues(t, 1, store.Epoch())
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "a")))
}

func TestEveryOpeningHasItsEpoch(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	for epoch := range 5 {
		store := open(t, path, newClock(), nil)
		require.EqualValues(t, epoch+1, store.Epoch())
		require.NoError(t, store.Close())
	}
}

func TestASecondOpenNamesTheProcess(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	store := open(t, path, newClock(), nil)
	refused := func() string {
		_, err := boltstore.Open(path, newClock(), nil)
		require.ErrorIs(t, err, fault.Locked)
		return err.Error()
	}
	us := fmt.Sprintf("boltstore: %s is in use by this process, %d", path, os.Getpid())
	require.Equal(t, us+": wait for it to end, or stop it", refused())
	require.NoError(t, store.SetHolder("job 0192\nwith a second line"))
	require.Equal(t, us+" (job 0192 with a second line): wait for it to end, or stop it", refused())
	require.NoError(t, store.SetHolder(""))
	require.Equal(t, us+": wait for it to end, or stop it", refused())

	label := path + ".lock"
	for _, text := range []string{"", "no JSON", `{"pid":0}`, `{"pid":-1}`, `{"pid":2147483646,"info":"of a dead process"}`} {
		require.NoError(t, os.WriteFile(label, []byte(text), 0o600))
		require.Equal(t, "boltstore: "+path+" is in use by another process: wait for it to end, or stop it", refused())
	}
	require.NoError(t, os.Remove(label))
	require.Contains(t, refused(), "in use by another process")

	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "the first is not disturbed")))
	require.NoError(t, store.Close())
	require.NoError(t, open(t, path, newClock(), nil).Close())
	require.NoFileExists(t, label)
}

func TestAnotherProcessHoldsTheFile(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	holder := startChild(t, "child-holds", path)
	require.Equal(t, "held", holder.line())
	_, err := boltstore.Open(path, newClock(), nil)
	require.ErrorIs(t, err, fault.Locked)
	require.Equal(t, fmt.Sprintf("boltstore: %s is in use by process %d (job 0192-cafe): wait for it to end, or stop it",
		path, holder.command.Process.Pid), err.Error())

	require.Empty(t, holder.kill())
	require.FileExists(t, path+".lock", "a killed process leaves its label behind")
	store := open(t, path, newClock(), nil)
	require.EqualValues(t, 2, store.Epoch())
}

// While a process writes, its file changes under the eyes of one that looks at it: that one must still say that it is in
// use, and not take it for damaged.
func TestAFileThatIsBeingWrittenIsInUse(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	writer := startChild(t, "child-writes", path)
	for range 300 {
		writer.line()
		_, err := boltstore.Open(path, newClock(), nil)
		require.ErrorIs(t, err, fault.Locked)
	}
}

func TestOfManyOpeningsOneWins(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	stores, errs := make([]*boltstore.Store, 8), make([]error, 8)
	var group sync.WaitGroup
	for i := range stores {
		group.Go(func() { stores[i], errs[i] = boltstore.Open(path, newClock(), nil) })
	}
	group.Wait()
	opened := 0
	for i, store := range stores {
		if errs[i] == nil {
			opened++
			require.NoError(t, store.Close())
			continue
		}
		require.ErrorIs(t, errs[i], fault.Locked)
	}
	require.Equal(t, 1, opened)
	names, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Equal(t, []string{path}, names)
}

func TestSetHolderSaysWhenItCannot(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	store := open(t, path, newClock(), nil)
	require.NoError(t, os.Mkdir(path+".lock.new", 0o700))
	require.ErrorIs(t, store.SetHolder("job"), fault.Unavailable)
	require.NoError(t, store.Close())
	require.ErrorIs(t, store.SetHolder("job"), fault.Unavailable)
	_, err := boltstore.Open(path, newClock(), nil)
	require.Error(t, err)
	require.ErrorContains(t, err, path)
	require.NoError(t, os.Remove(path+".lock.new"))
	open(t, path, newClock(), nil)
}

func TestClose(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())
	_, err := store.Get(t.Context(), keyA)
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "is closed")
	_, err = store.List(t.Context(), ports.Range{Partition: "p"})
	require.ErrorIs(t, err, fault.Unavailable)
	err = store.Update(t.Context(), nil, func(ports.Tx) error { return errors.New("it must not be run") })
	require.ErrorIs(t, err, fault.Unavailable)
	require.False(t, fault.Unknown(err))
}
