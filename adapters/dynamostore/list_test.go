package dynamostore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestTheEndOfARangeIsNotListed has records at both ends of the range, and pages that end just there.
func TestTheEndOfARangeIsNotListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	for _, sort := range []string{"a", "b", "c", "d"} {
		r.put(t, ports.Record{Key: key(sort)})
	}
	for limit := 1; limit <= 4; limit++ {
		for _, descending := range []bool{false, true} {
			selected := ports.Range{Partition: "partition", From: "b", To: "d", Limit: limit, Descending: descending}
			var got []string
			for pages := 0; ; pages++ {
				require.Less(t, pages, 5)
				page, err := r.List(t.Context(), selected)
				require.NoError(t, err)
				for _, record := range page.Records {
					got = append(got, record.Key.Sort)
				}
				if selected.Cursor = page.Cursor; page.Cursor == "" {
					break
				}
			}
			require.ElementsMatch(t, []string{"b", "c"}, got, "limit %d, descending %t", limit, descending)
		}
	}
}

// TestEndsOfARangeThatAreNoKeys asks for what sort keys never are, and no more than DynamoDB takes.
func TestEndsOfARangeThatAreNoKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	long := strings.Repeat("m", ports.MaxKey)
	r.put(t, ports.Record{Key: key(long)})
	for _, c := range []struct {
		from, to string
		listed   int
	}{
		{long + "m", "", 0}, {"", long + "m", 1}, {long, long + "\x00", 1}, {"", long, 0},
		{strings.Repeat("m", 3000), "", 0}, {"", strings.Repeat("m", 3000), 1}, {"m\xff", "n", 0}, {"m\x01", "m\x80", 1},
		{"é", "", 0}, {"", "é", 1},
	} {
		page, err := r.List(t.Context(), ports.Range{Partition: "partition", From: c.from, To: c.to})
		require.NoError(t, err)
		require.Len(t, page.Records, c.listed)
	}
}

// TestUnreadKeysAreFetched leaves most of a batch unread several times.
func TestUnreadKeysAreFetched(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Retries: 1})
	keys := []ports.Key{key("a"), key("b"), key("c"), key("d"), key("e")}
	for _, k := range keys {
		r.put(t, ports.Record{Key: k, Body: []byte(k.Sort)})
	}
	r.requests()
	r.fail("BatchGetItem", dynamofake.Unprocessed, dynamofake.Throttle, dynamofake.Unprocessed, dynamofake.Unprocessed)
	got := ""
	require.NoError(t, r.Update(t.Context(), keys, func(tx ports.Tx) error {
		got = ""
		for _, k := range keys {
			record, _ := tx.Get(k)
			got += string(record.Body)
		}
		return add(key("a"), "!")(tx)
	}))
	require.Equal(t, "abcde", got)
	require.Equal(t, []string{
		"BatchGetItem", "BatchGetItem", "BatchGetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems",
	}, r.requests())
}

// TestNothingIsReadTwiceForALearntKey fetches only what is new.
func TestNothingIsReadTwiceForALearntKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	require.NoError(t, r.Update(t.Context(), []ports.Key{key("a"), key("b")}, func(tx ports.Tx) error {
		for _, sort := range []string{"a", "b", "c"} {
			tx.Get(key(sort))
		}
		tx.Put(ports.Record{Key: key("c")})
		return nil
	}))
	require.Equal(t, []string{"BatchGetItem", "GetItem", "TransactWriteItems"}, r.requests())
}

// TestAPageOfPackedBodiesIsBounded lists bodies that take next to nothing in the table.
func TestAPageOfPackedBodiesIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	body := make([]byte, ports.MaxBody)
	for i := range 30 {
		r.put(t, ports.Record{Key: key(string(rune('A' + i))), Body: body})
	}
	for _, descending := range []bool{false, true} {
		selected := ports.Range{Partition: "partition", Descending: descending}
		var got []string
		var sizes []int
		for more := true; more; more = selected.Cursor != "" {
			page, err := r.List(t.Context(), selected)
			require.NoError(t, err)
			for _, record := range page.Records {
				got = append(got, record.Key.Sort)
			}
			sizes = append(sizes, len(page.Records))
			selected.Cursor = page.Cursor
		}
		require.Equal(t, []int{12, 12, 6}, sizes, "12 bodies are the first to be 4 MB together")
		require.Len(t, got, 30)
		require.Equal(t, !descending, slices.IsSorted(got))
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(got))), 30)
	}
	page, err := r.List(t.Context(), ports.Range{Partition: "partition", Limit: 12})
	require.NoError(t, err)
	require.Len(t, page.Records, 12)
	page, err = r.List(t.Context(), ports.Range{Partition: "partition", To: key(string(rune('A' + 12))).Sort})
	require.NoError(t, err)
	require.Empty(t, page.Cursor, "it ends with the last record")
}
