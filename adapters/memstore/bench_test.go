package memstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// BenchmarkTask does what a task of the engine costs the store: one created record of 2,000 bytes and, for each 25 tasks,
// three updates of three small records.
func BenchmarkTask(b *testing.B) {
	store := memstore.New(porttest.NewClock(time.Unix(1_800_000_000, 0)), nil)
	answer, small := make([]byte, 2000), make([]byte, 400)
	hot := []ports.Key{{Partition: "shard", Sort: "header"}, {Partition: "shard", Sort: "parcel"}, {Partition: "ledger", Sort: "block"}}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		key := ports.Key{Partition: "shard", Sort: fmt.Sprintf("answer/%09d", i)}
		require.NoError(b, store.Update(b.Context(), nil, func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: key, Body: answer})
			return nil
		}))
		if i++; i%25 != 0 {
			continue
		}
		for range 3 {
			require.NoError(b, store.Update(b.Context(), hot, func(tx ports.Tx) error {
				for _, key := range hot {
					tx.Get(key)
					tx.Put(ports.Record{Key: key, Body: small})
				}
				return nil
			}))
		}
	}
}

// BenchmarkList reads the last page of a partition of 10,000 records, with a new record before each.
func BenchmarkList(b *testing.B) {
	store := memstore.New(porttest.NewClock(time.Unix(1_800_000_000, 0)), nil)
	create := func(i int) {
		require.NoError(b, store.Update(b.Context(), nil, func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: ports.Key{Partition: "p", Sort: fmt.Sprintf("%09d", i*7919%1_000_003)}})
			return nil
		}))
	}
	for i := range 10_000 {
		create(i)
	}
	b.ReportAllocs()
	i := 10_000
	for b.Loop() {
		create(i)
		i++
		_, err := store.List(b.Context(), ports.Range{Partition: "p", Descending: true, Limit: 100})
		require.NoError(b, err)
	}
}
