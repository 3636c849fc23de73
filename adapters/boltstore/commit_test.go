package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// gate holds commits up. Each commit takes one value from it: how it ends.
type gate chan func(tx *bolt.Tx) error

func (g gate) commit(tx *bolt.Tx) error { return (<-g)(tx) }

// The ways in which a commit ends.
var (
	errDisk   = errors.New("input/output error")
	done      = (*bolt.Tx).Commit
	notDone   = func(tx *bolt.Tx) error { return errors.Join(errDisk, tx.Rollback()) }
	maybeDone = func(tx *bolt.Tx) error { return errors.Join(errDisk, tx.Commit()) }
)

// gated runs a test in a bubble of synctest, in which it can wait until every goroutine waits for another, with a store
// whose commits are held up.
func gated(t *testing.T, test func(t *testing.T, store *boltstore.Store, commits gate, path string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		commits := make(gate)
		path := storePath(t)
		store, err := boltstore.Open(path, newClock(), nil)
		require.NoError(t, err)
		store.SetCommit(commits.commit)
		test(t, store, commits, path)
		require.NoError(t, store.Close())
	})
}

// begin runs an Update beside the test. What it returns is ready when the Update is.
func begin(ctx context.Context, store *boltstore.Store, decide func(ports.Tx) error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- store.Update(ctx, nil, decide) }()
	synctest.Wait()
	return result
}

func numbered(i int) ports.Key { return ports.Key{Partition: "n", Sort: fmt.Sprintf("%06d", i)} }

func TestWaitingUpdatesShareACommit(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		first := begin(t.Context(), store, put(numbered(0), "first"))
		var others []<-chan error
		for i := range 100 {
			others = append(others, begin(t.Context(), store, put(numbered(i%50), "other")))
		}
		commits <- done
		require.NoError(t, <-first)
		synctest.Wait()
		require.Empty(t, others[0], "nobody is told before the disk has it")
		commits <- done
		for _, other := range others {
			require.NoError(t, <-other)
		}
		require.Equal(t, "other", body(t, store, numbered(49)))
	})
}

// Three decisions in a row are made before the first of them is on the disk.
func TestADecisionSeesWhatIsOnItsWayToTheDisk(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		add := func(text string) func(ports.Tx) error {
			return func(tx ports.Tx) error {
				record, _ := tx.Get(keyA)
				tx.Put(ports.Record{Key: keyA, Body: append([]byte(nil), string(record.Body)+text...)})
				return nil
			}
		}
		one := begin(t.Context(), store, add("1"))
		two := begin(t.Context(), store, add("2"))
		three := begin(t.Context(), store, add("3"))
		_, err := store.Get(t.Context(), keyA)
		require.ErrorIs(t, err, fault.NotFound, "Get sees what is on disk")
		commits <- done
		commits <- done
		for _, result := range []<-chan error{one, two, three} {
			require.NoError(t, <-result)
		}
		require.Equal(t, "123", body(t, store, keyA))
	})
}

func TestAnAnswerWaitsForWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decide func(tx ports.Tx) error
		// written and failed are what is answered when the write that it rests on reaches the disk, and when it does not.
		written, failed error
	}{
		"a refusal": {decide: func(tx ports.Tx) error {
			if _, there := tx.Get(keyA); there {
				return fault.Budget
			}
			return nil
		}, written: fault.Budget},
		"a decision without writes": {decide: func(tx ports.Tx) error {
			if _, there := tx.Get(keyA); there {
				return nil
			}
			return fault.Budget
		}, failed: fault.Budget},
		"a decision whose writes do nothing": {decide: func(tx ports.Tx) error {
			tx.Get(numbered(1))
			tx.Delete(numbered(1))
			if _, there := tx.Get(keyA); there {
				return nil
			}
			return fault.Budget
		}, failed: fault.Budget},
		"a conflict": {decide: func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: keyA})
			return nil
		}, written: fault.Conflict},
	} {
		for how, end := range map[string]func(tx *bolt.Tx) error{"written": done, "failed": notDone} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
					first := begin(t.Context(), store, put(keyA, "a"))
					answer := begin(t.Context(), store, test.decide)
					require.Empty(t, answer, "it waits")
					commits <- end
					if how == "written" {
						require.NoError(t, <-first)
						require.ErrorIs(t, <-answer, test.written)
						return
					}
					require.ErrorIs(t, <-first, fault.Unavailable)
					if name == "a conflict" {
						commits <- done
					}
					require.ErrorIs(t, <-answer, test.failed, "it was run again on what there really is")
				})
			})
		}
	}
}

func TestAFailedCommitThatDidNothing(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		before := begin(t.Context(), store, put(keyA, "before"))
		commits <- done
		require.NoError(t, <-before)

		one := begin(t.Context(), store, put(keyA, "lost"))
		two := begin(t.Context(), store, put(keyA, "built on what is lost"))
		three := begin(t.Context(), store, put(numbered(3), "beside it"))
		commits <- notDone
		for _, result := range []<-chan error{one, two, three} {
			err := <-result
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorIs(t, err, errDisk)
			require.False(t, fault.Unknown(err))
		}
		require.Equal(t, "before", body(t, store, keyA))
		_, err := store.Get(t.Context(), numbered(3))
		require.ErrorIs(t, err, fault.NotFound)

		after := begin(t.Context(), store, func(tx ports.Tx) error {
			if record, _ := tx.Get(keyA); string(record.Body) != "before" {
				return errors.New("a decision saw what was lost")
			}
			return put(keyA, "after")(tx)
		})
		commits <- done
		require.NoError(t, <-after)
		require.Equal(t, "after", body(t, store, keyA))
	})
}

// A decision that has read what is on its way to the disk is still running when that turns out to be lost.
func TestADecisionOutlivesWhatItRestsOn(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		lost := begin(t.Context(), store, put(keyA, "lost"))
		goOn := make(chan struct{})
		var seen []string
		slow := begin(t.Context(), store, func(tx ports.Tx) error {
			record, there := tx.Get(keyA)
			if there {
				<-goOn
			}
			seen = append(seen, string(record.Body))
			return put(keyA, "after "+string(record.Body))(tx)
		})
		commits <- notDone
		require.ErrorIs(t, <-lost, fault.Unavailable)
		close(goOn)
		commits <- done
		require.NoError(t, <-slow)
		require.Equal(t, []string{"", "lost", ""}, seen, "the first run learns of the key")
		require.Equal(t, "after ", body(t, store, keyA))
	})
}

func TestAFailedCommitThatMayHaveDoneIt(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, path string) {
		one := begin(t.Context(), store, put(keyA, "unknown"))
		two := begin(t.Context(), store, put(numbered(2), "not begun"))
		commits <- maybeDone
		err := <-one
		require.ErrorIs(t, err, fault.Unavailable)
		require.True(t, fault.Unknown(err))
		err = <-two
		require.ErrorIs(t, err, fault.Unavailable)
		require.False(t, fault.Unknown(err))

		// The system may show what the disk will not: nothing is read or written any more.
		for range 2 {
			err = store.Update(t.Context(), nil, put(keyA, "after"))
			require.ErrorIs(t, err, fault.Unavailable)
			require.False(t, fault.Unknown(err))
			require.ErrorContains(t, err, "out of use")
			_, err = store.Get(t.Context(), keyA)
			require.ErrorIs(t, err, fault.Unavailable)
			_, err = store.List(t.Context(), ports.Range{Partition: "p"})
			require.ErrorIs(t, err, fault.Unavailable)
		}
		require.NoError(t, store.Close())
		again, err := boltstore.Open(path, newClock(), nil)
		require.NoError(t, err)
		require.Equal(t, "unknown", body(t, again, keyA))
		_, err = again.Get(t.Context(), numbered(2))
		require.ErrorIs(t, err, fault.NotFound)
		require.NoError(t, again.Close())
	})
}

// While the disk is busy only so much is taken in; who waits for room may give up, who has been taken in may not.
func TestAFullBatchMakesOthersWait(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		large := string(make([]byte, ports.MaxBody))
		results := []<-chan error{begin(t.Context(), store, put(keyA, "being written"))}
		for i := range 12 { // 12 times 350 KiB is just above what a batch takes.
			results = append(results, begin(t.Context(), store, put(numbered(i), large)))
		}
		ran := false
		ctx, cancel := context.WithCancel(t.Context())
		waiting := begin(ctx, store, func(tx ports.Tx) error { ran = true; return put(numbered(99), "waits")(tx) })
		patient := begin(t.Context(), store, put(numbered(98), "is patient"))
		cancel()
		require.Equal(t, context.Canceled, <-waiting)
		require.False(t, ran)
		for range 3 {
			commits <- done
		}
		for _, result := range append(results, patient) {
			require.NoError(t, <-result)
		}
		_, err := store.Get(t.Context(), numbered(99))
		require.ErrorIs(t, err, fault.NotFound)
	})
}

func TestAContextThatEndsTooLateChangesNothing(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, _ string) {
		ctx, cancel := context.WithCancel(t.Context())
		result := begin(ctx, store, put(keyA, "a"))
		cancel()
		synctest.Wait()
		require.Empty(t, result, "it waits for the outcome")
		commits <- done
		require.NoError(t, <-result)
		require.Equal(t, "a", body(t, store, keyA))
	})
}

func TestCloseWaitsForWhatIsRunning(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, path string) {
		running := begin(t.Context(), store, put(keyA, "a"))
		var closers sync.WaitGroup
		var closed atomic.Int32
		for range 2 {
			closers.Go(func() {
				_ = store.Close()
				closed.Add(1)
			})
		}
		synctest.Wait()
		require.Zero(t, closed.Load())
		require.ErrorIs(t, <-begin(t.Context(), store, put(keyA, "too late")), fault.Unavailable)
		commits <- done
		require.NoError(t, <-running)
		closers.Wait()
		again, err := boltstore.Open(path, newClock(), nil)
		require.NoError(t, err)
		require.Equal(t, "a", body(t, again, keyA))
		require.NoError(t, again.Close())
	})
}

// The file is emptied by somebody else while a commit is under way. bbolt meets that while it holds its locks and can
// never be called again: whoever waits is told, and nobody waits for ever.
func TestAFileEmptiedDuringACommit(t *testing.T) {
	t.Parallel()
	gated(t, func(t *testing.T, store *boltstore.Store, commits gate, path string) {
		writing := begin(t.Context(), store, put(keyA, "being written"))
		waiting := begin(t.Context(), store, put(numbered(1), "waits"))
		require.NoError(t, os.Truncate(path, 0))
		_, err := store.Get(t.Context(), keyA)
		require.ErrorIs(t, err, fault.Corrupt)
		err = <-writing
		require.ErrorIs(t, err, fault.Corrupt)
		require.True(t, fault.Unknown(err))
		err = <-waiting
		require.ErrorIs(t, err, fault.Corrupt)
		require.False(t, fault.Unknown(err))
		require.ErrorIs(t, store.Update(t.Context(), nil, put(keyA, "after")), fault.Corrupt)
		commits <- func(*bolt.Tx) error { return errDisk }
	})
}
