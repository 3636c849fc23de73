package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// What an Update wrote outlives the process. Every opening of the file has its own number, and only one process at a time
// has it.
func Example() {
	folder, err := os.MkdirTemp("", "boltstore")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "store.db")
	visits := ports.Key{Partition: "site", Sort: "visits"}

	for range 3 {
		store, err := boltstore.Open(path, newClock(), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		err = store.Update(context.Background(), []ports.Key{visits}, func(tx ports.Tx) error {
			record, _ := tx.Get(visits)
			count, _ := strconv.Atoi(string(record.Body))
			tx.Put(ports.Record{Key: visits, Kind: "count", Body: []byte(strconv.Itoa(count + 1))})
			return nil
		})
		record, _ := store.Get(context.Background(), visits)
		_, second := boltstore.Open(path, newClock(), nil)
		fmt.Printf("epoch %d: %s visits, %v; in use: %t\n", store.Epoch(), record.Body, err, errors.Is(second, fault.Locked))
		_ = store.Close()
	}
	// Output:
	// epoch 1: 1 visits, <nil>; in use: true
	// epoch 2: 2 visits, <nil>; in use: true
	// epoch 3: 3 visits, <nil>; in use: true
}
