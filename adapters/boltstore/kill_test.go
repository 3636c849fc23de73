package boltstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/ports"
)

const killWorkers = 8

// workerKeys are the records that one worker of the child changes together: two counters that are always equal, and a
// new record for each count.
func workerKeys(worker, count int) (one, two, item ports.Key) {
	name := "worker " + strconv.Itoa(worker)
	return ports.Key{Partition: name, Sort: "counter"}, ports.Key{Partition: "other " + name, Sort: "counter"},
		ports.Key{Partition: name, Sort: fmt.Sprintf("item/%09d", count)}
}

// writeForEver counts with several workers and prints each count when its Update has returned.
func writeForEver(store *boltstore.Store) {
	body := make([]byte, 700)
	var group sync.WaitGroup
	for worker := range killWorkers {
		group.Go(func() {
			for {
				count, err := countOn(store, worker, body)
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Printf("%d %d\n", worker, count)
			}
		})
	}
	group.Wait()
}

func countOn(store *boltstore.Store, worker int, body []byte) (count int, err error) {
	one, two, _ := workerKeys(worker, 0)
	err = store.Update(context.Background(), []ports.Key{one, two}, func(tx ports.Tx) error {
		before, _ := tx.Get(one)
		tx.Get(two)
		count, _ = strconv.Atoi(string(before.Body))
		count++
		_, _, item := workerKeys(worker, count)
		tx.Put(ports.Record{Key: one, Body: []byte(strconv.Itoa(count))})
		tx.Put(ports.Record{Key: two, Body: []byte(strconv.Itoa(count))})
		tx.Create(ports.Record{Key: item, Body: body})
		return nil
	})
	return count, err
}

// TestKilledAtAnyMoment kills a process that writes, again and again, at moments drawn by chance: after so many counts
// were told. Every count that was told must be there, and no Update by half.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	random := rand.New(rand.NewPCG(7, 7))
	told := make([]int, killWorkers)
	for range 20 {
		writer := startChild(t, "child-writes", path)
		lines := []string{}
		for range 1 + random.IntN(150) {
			lines = append(lines, writer.line())
		}
		for _, line := range append(lines, writer.kill()...) {
			var worker, count int
			// The last line may be cut: it then tells a lower number, or nothing.
			if n, _ := fmt.Sscan(line, &worker, &count); n == 2 {
				told[worker] = max(told[worker], count)
			}
		}
		checkCounts(t, path, told)
	}
}

func checkCounts(t *testing.T, path string, told []int) {
	t.Helper()
	store, err := boltstore.Open(path, newClock(), nil)
	require.NoError(t, err, "the lock of the dead process is gone, and what it left is whole")
	defer func() { require.NoError(t, store.Close()) }()
	for worker := range told {
		one, two, _ := workerKeys(worker, 0)
		first, second := countIn(t, store, one), countIn(t, store, two)
		require.Equal(t, first, second)
		require.GreaterOrEqual(t, first, told[worker], "a count that was told is lost")
		require.Equal(t, first, itemsOf(t, store, one.Partition), "each count has its item")
	}
}

func countIn(t *testing.T, store *boltstore.Store, key ports.Key) int {
	t.Helper()
	record, err := store.Get(t.Context(), key)
	if err != nil {
		return 0
	}
	count, err := strconv.Atoi(string(record.Body))
	require.NoError(t, err)
	return count
}

func itemsOf(t *testing.T, store *boltstore.Store, partition string) (count int) {
	t.Helper()
	r := ports.Prefix(partition, "item/")
	for {
		page, err := store.List(t.Context(), r)
		require.NoError(t, err)
		for _, record := range page.Records {
			count++
			require.True(t, strings.HasSuffix(record.Key.Sort, fmt.Sprintf("%09d", count)))
			require.Len(t, record.Body, 700)
		}
		if r.Cursor = page.Cursor; r.Cursor == "" {
			return count
		}
	}
}
