package boltstore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/ports"
)

// inParallel spreads b.N calls of fn over goroutines and reports how many records were made durable each second.
func inParallel(b *testing.B, goroutines int, recordsPerCall float64, fn func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range goroutines {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				if err := fn(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(recordsPerCall*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func answerKey(i int) ports.Key {
	shard := i / 25 % 32
	return ports.Key{
		Partition: fmt.Sprintf("job/01920000-0000-7000-8000-000000000000/shard/%02d", shard),
		Sort:      fmt.Sprintf("answer/%08d/01", i),
	}
}

func randomBody(n int) []byte {
	random := rand.New(rand.NewPCG(1, 1))
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(random.IntN(256))
	}
	return body
}

// BenchmarkCreate makes records of 2,000 bytes, each in an Update of its own.
func BenchmarkCreate(b *testing.B) {
	body := randomBody(2000)
	for _, goroutines := range []int{1, 10, 50, 200, 1000} {
		b.Run(strconv.Itoa(goroutines), func(b *testing.B) {
			store, err := boltstore.Open(filepath.Join(b.TempDir(), "store.db"), newClock(), nil)
			require.NoError(b, err)
			inParallel(b, goroutines, 1, func(i int) error {
				return store.Update(b.Context(), nil, func(tx ports.Tx) error {
					tx.Create(ports.Record{Key: answerKey(i), Kind: "answer", Body: body})
					return nil
				})
			})
			require.NoError(b, store.Close())
		})
	}
}

// BenchmarkParcel does what 25 tasks of the engine cost the store: 25 records of 2,000 bytes, each in an Update of its own
// and all at once, and three updates of three small records.
func BenchmarkParcel(b *testing.B) {
	body, small := randomBody(2000), randomBody(400)
	for _, workers := range []int{2, 8, 40} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			store, err := boltstore.Open(filepath.Join(b.TempDir(), "store.db"), newClock(), nil)
			require.NoError(b, err)
			inParallel(b, workers, 25, func(i int) error { return parcel(b, store, i, body, small) })
			require.NoError(b, store.Close())
		})
	}
}

func parcel(b *testing.B, store *boltstore.Store, i int, body, small []byte) error {
	at := answerKey(25 * i)
	keys := []ports.Key{
		{Partition: at.Partition, Sort: "header"},
		{Partition: at.Partition, Sort: fmt.Sprintf("parcel/%08d", i)},
		{Partition: at.Partition + "/ledger", Sort: fmt.Sprintf("block/%08d", i)},
	}
	settle := func() error {
		return store.Update(b.Context(), keys, func(tx ports.Tx) error {
			for _, key := range keys {
				tx.Get(key)
				tx.Put(ports.Record{Key: key, Kind: "small", Body: small})
			}
			return nil
		})
	}
	if err := settle(); err != nil {
		return err
	}
	results := make([]error, 25)
	var group sync.WaitGroup
	for n := range results {
		group.Go(func() {
			results[n] = store.Update(b.Context(), nil, func(tx ports.Tx) error {
				tx.Create(ports.Record{Key: answerKey(25*i + n), Kind: "answer", Body: body})
				return nil
			})
		})
	}
	group.Wait()
	for _, err := range append(results, settle(), settle()) {
		if err != nil {
			return err
		}
	}
	return nil
}
