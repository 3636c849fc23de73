package dynamostore_test

import (
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// benchBodies are a packed record and an answer that is compressed.
func benchBodies(b *testing.B) map[string][]byte {
	prose, err := os.ReadFile("../../docs/ledger.md")
	require.NoError(b, err)
	return map[string][]byte{"900B": noise(900), "7KB-prose": prose[:7000]}
}

// benchStore is a store whose server answers without looking: what is measured is what the adapter and the client take.
func benchStore(b *testing.B, answer transport) *dynamostore.Store {
	client := clientOf("http://dynamodb.test", &http.Client{Transport: answer})
	return storeOn(b, client, restless{porttest.NewClock(start)}, 1, nil)
}

func BenchmarkPut(b *testing.B) {
	for name, body := range benchBodies(b) {
		b.Run(name, func(b *testing.B) {
			store := benchStore(b, reply(200, `{"ConsumedCapacity":{"TableName":"records","CapacityUnits":1}}`))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := store.Update(b.Context(), nil, create(key(strconv.Itoa(i)), string(body))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for name, body := range benchBodies(b) {
		b.Run(name, func(b *testing.B) {
			answer := record(b, body)
			store := benchStore(b, reply(200, answer))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := store.Get(b.Context(), key("a")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// record is a server's answer to a GetItem of the body.
func record(b *testing.B, body []byte) string {
	fake := dynamofake.New(nil)
	var last string
	client := clientOf("http://dynamodb.test", &http.Client{Transport: listening(direct(fake), &last)})
	require.NoError(b, dynamostore.CreateTable(b.Context(), client, tableName))
	store := storeOn(b, client, restless{porttest.NewClock(start)}, 1, nil)
	require.NoError(b, store.Update(b.Context(), nil, create(key("a"), string(body))))
	_, err := store.Get(b.Context(), key("a"))
	require.NoError(b, err)
	return last
}

// BenchmarkTransaction writes three records of 900 bytes at once.
func BenchmarkTransaction(b *testing.B) {
	store, body := benchStore(b, reply(200, `{}`)), noise(900)
	b.ReportAllocs()
	for b.Loop() {
		if err := store.Update(b.Context(), nil, func(tx ports.Tx) error {
			for _, sort := range []string{"a", "b", "c"} {
				tx.Create(ports.Record{Key: key(sort), Body: body})
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
