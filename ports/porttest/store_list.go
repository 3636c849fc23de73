package porttest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeLists = map[string]storeTest{
	"List/SelectsARangeInTheOrderOfBytes": listRanges,
	"List/OfNothingIsEmpty":               listNothing,
	"List/BadRangeIsInvalid":              listBadRange,
	"List/ShowsTheLatestWrites":           listLatest,
	"List/AWholePartitionInAnyOrder":      listShuffled,
}

var storePages = map[string]storeTest{
	"List/CursorsWalkEverythingOnce":         pagesWalk,
	"List/DefaultPageIsTheLargest":           pagesDefault,
	"List/CursorsStandWhileOthersWrite":      pagesStable,
	"List/ACursorOutlivesItsRecord":          pagesDeleted,
	"List/BadCursorIsInvalid":                pagesBadCursor,
	"List/LargeRecordsAreAllListed":          pagesLarge,
	"List/ManyExpiredRecordsDoNotHideOthers": pagesExpired,
}

// sortKeys are in the order of their bytes, which is not that of a dictionary.
var sortKeys = []string{" ", "!", "-1", "1", "10", "2", "A", "B", "Z", "a", "a ", "a/", "a/1", "a/2", "a0", "aa", "b", "~", "~~"}

func (s *storeKit) fill(names []string) {
	s.t.Helper()
	for i, name := range names {
		s.put(ports.Key{Partition: "partition", Sort: name}, number(i))
	}
	for _, partition := range []string{"partitio", "partition ", "partition!", "partitionx", "Partition"} {
		s.put(ports.Key{Partition: partition, Sort: "a"}, "another partition")
	}
}

func listRanges(t *testing.T, s *storeKit) {
	s.fill(sortKeys)
	prefix := ports.Prefix("partition", "a/")
	for _, r := range []struct{ from, to string }{
		{"", ""},
		{"a", ""},
		{"", "a"},
		{"a", "b"},
		{"a", "a"},
		{"b", "a"},
		{"a/1", "a/2"},
		{"0", "a/1"},
		{"", " "},
		{"~~~", ""},
		{"", "\x7f"},
		{"\x00", "\xff"},
		{"a\x00", "a\xff"},
		{prefix.From, prefix.To},
		{"zz", "zzz"},
		{"", "~"},
	} {
		want := []string{}
		for _, key := range sortKeys {
			if key >= r.from && (r.to == "" || key < r.to) {
				want = append(want, key)
			}
		}
		for _, limit := range []int{0, 1, 2, 7, ports.MaxList} {
			selected := ports.Range{Partition: "partition", From: r.from, To: r.to, Limit: limit}
			got := s.list(selected)
			require.Equal(t, want, sorts(got), "%q", r)
			for _, record := range got {
				require.Equal(t, number(slices.Index(sortKeys, record.Key.Sort)), string(record.Body))
			}
			selected.Descending = true
			down := sorts(s.list(selected))
			slices.Reverse(down)
			require.Equal(t, want, down, "%q descending", r)
		}
	}
}

func listNothing(t *testing.T, s *storeKit) {
	for _, r := range []ports.Range{{Partition: "partition"}, ports.Prefix("partition", "a"), {Partition: "partition", Descending: true}} {
		require.Empty(t, s.list(r))
	}
	s.put(storeKey("a"), "a")
	s.delete(storeKey("a"))
	require.Empty(t, s.list(ports.Range{Partition: "partition"}))
}

func listBadRange(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "a")
	for name, r := range map[string]ports.Range{
		"no partition":   {},
		"bad partition":  {Partition: "a\x00"},
		"long partition": {Partition: strings.Repeat("p", ports.MaxKey+1)},
		"negative limit": {Partition: "partition", Limit: -1},
		"large limit":    {Partition: "partition", Limit: ports.MaxList + 1},
	} {
		_, err := s.Store.List(t.Context(), r)
		require.ErrorIs(t, err, fault.Invalid, name)
	}
}

func listLatest(t *testing.T, s *storeKit) {
	var want []string
	for i := range 20 {
		s.put(storeKey(number(i)), "first")
		want = append(want, number(i))
		require.Equal(t, want, sorts(s.list(ports.Range{Partition: "partition"})))
	}
	s.put(storeKey(number(7)), "second")
	s.delete(storeKey(number(8)))
	records := s.list(ports.Range{Partition: "partition", From: number(7), To: number(10)})
	require.Equal(t, []string{number(7), number(9)}, sorts(records))
	require.Equal(t, "second", string(records[0].Body))
	require.Equal(t, s.get(storeKey(number(7))).Version, records[0].Version)
}

// listShuffled writes, deletes and writes again in an order far from that of the keys.
func listShuffled(t *testing.T, s *storeKit) {
	const n = 211
	live := map[string]bool{}
	for i := range 3 * n {
		name := number(i * 97 % n)
		if live[name] && i%2 == 0 {
			s.delete(storeKey(name))
			live[name] = false
		} else {
			s.put(storeKey(name), name)
			live[name] = true
		}
		if i%50 == 49 {
			s.list(ports.Range{Partition: "partition", Limit: 10})
		}
	}
	var want []string
	for i := range n {
		if live[number(i)] {
			want = append(want, number(i))
		}
	}
	require.Equal(t, want, sorts(s.list(ports.Range{Partition: "partition"})))
}

// createMany creates n records in as few updates as possible.
func (s *storeKit) createMany(n int, body []byte) []string {
	s.t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = number(i)
	}
	for chunk := range slices.Chunk(names, ports.MaxRecords) {
		require.NoError(s.t, s.update(func(tx ports.Tx) error {
			for _, name := range chunk {
				tx.Create(ports.Record{Key: storeKey(name), Body: body})
			}
			return nil
		}))
	}
	return names
}

func pagesWalk(t *testing.T, s *storeKit) {
	names := s.createMany(57, []byte("body"))
	down := slices.Clone(names)
	slices.Reverse(down)
	for _, limit := range []int{1, 2, 8, 19, 56, 57, 58} {
		require.Equal(t, names, sorts(s.list(ports.Range{Partition: "partition", Limit: limit})))
		require.Equal(t, down, sorts(s.list(ports.Range{Partition: "partition", Limit: limit, Descending: true})))
		within := ports.Range{Partition: "partition", From: names[10], To: names[40], Limit: limit}
		require.Equal(t, names[10:40], sorts(s.list(within)))
		within.Descending = true
		require.Equal(t, down[17:47], sorts(s.list(within)))
	}
}

func pagesDefault(t *testing.T, s *storeKit) {
	names := s.createMany(ports.MaxList+300, nil)
	page, err := s.Store.List(t.Context(), ports.Range{Partition: "partition"})
	require.NoError(t, err)
	require.NotEmpty(t, page.Cursor)
	require.LessOrEqual(t, len(page.Records), ports.MaxList)
	require.Equal(t, names, sorts(s.list(ports.Range{Partition: "partition"})))
}

// pagesStable writes between two pages: what was there all the time is listed once, whatever else comes and goes.
func pagesStable(t *testing.T, s *storeKit) {
	names := s.createMany(40, []byte("stays"))
	for _, descending := range []bool{false, true} {
		r := ports.Range{Partition: "partition", Limit: 3, Descending: descending}
		var stayed []string
		for step := 0; ; step++ {
			page, err := s.Store.List(t.Context(), r)
			require.NoError(t, err)
			for _, record := range page.Records {
				if string(record.Body) == "stays" {
					stayed = append(stayed, record.Key.Sort)
				}
			}
			if page.Cursor == "" {
				break
			}
			r.Cursor = page.Cursor
			for i := range 5 {
				s.put(storeKey(number((step*7+i*11)%40)+"/between"), "comes")
			}
			for i := range 3 {
				s.delete(storeKey(number((step*5+i*13)%40) + "/between"))
			}
		}
		if descending {
			slices.Reverse(stayed)
		}
		require.Equal(t, names, stayed)
	}
}

func pagesDeleted(t *testing.T, s *storeKit) {
	names := s.createMany(10, nil)
	for _, descending := range []bool{false, true} {
		r := ports.Range{Partition: "partition", Limit: 4, Descending: descending}
		page, err := s.Store.List(t.Context(), r)
		require.NoError(t, err)
		last := page.Records[len(page.Records)-1].Key
		s.delete(last)
		r.Cursor = page.Cursor
		rest := sorts(s.list(r))
		require.NotContains(t, rest, last.Sort)
		require.Len(t, rest, len(names)-len(page.Records))
		s.put(last, "")
	}
}

func pagesBadCursor(t *testing.T, s *storeKit) {
	s.createMany(30, nil)
	up := ports.Range{Partition: "partition", Limit: 5, From: number(5), To: number(20)}
	page, err := s.Store.List(t.Context(), up)
	require.NoError(t, err)
	require.NotEmpty(t, page.Cursor)
	for name, r := range map[string]ports.Range{
		"made up":             {Partition: "partition", Cursor: "made up"},
		"not printable":       {Partition: "partition", Cursor: "\x00\xff"},
		"cut":                 {Partition: "partition", Cursor: page.Cursor[:1]},
		"another direction":   {Partition: "partition", Descending: true, Cursor: page.Cursor},
		"before the range":    {Partition: "partition", From: number(25), Cursor: page.Cursor},
		"after the range":     {Partition: "partition", To: number(6), Cursor: page.Cursor},
		"longer than any key": {Partition: "partition", Cursor: page.Cursor + strings.Repeat("x", ports.MaxKey)},
	} {
		_, err := s.Store.List(t.Context(), r)
		require.ErrorIs(t, err, fault.Invalid, name)
	}
}

// pagesLarge lists more than any store sends at once.
func pagesLarge(t *testing.T, s *storeKit) {
	var names []string
	for i := range 16 {
		body := bytes.Repeat([]byte{byte(i)}, ports.MaxBody-i)
		names = append(names, number(i))
		s.put(storeKey(number(i)), string(body))
	}
	down := slices.Clone(names)
	slices.Reverse(down)
	for _, limit := range []int{0, 1, 5, 16} {
		records := s.list(ports.Range{Partition: "partition", Limit: limit})
		require.Equal(t, names, sorts(records))
		for i, record := range records {
			require.Len(t, record.Body, ports.MaxBody-i)
			require.Equal(t, byte(i), record.Body[0])
			require.Equal(t, byte(i), record.Body[len(record.Body)-1])
		}
		require.Equal(t, down, sorts(s.list(ports.Range{Partition: "partition", Limit: limit, Descending: true})))
	}
}

func pagesExpired(t *testing.T, s *storeKit) {
	for i := range 150 {
		s.expiring(storeKey("m"+number(i)), "", s.in(1))
	}
	s.put(storeKey("a"), "first")
	s.put(storeKey("z"), "last")
	for _, limit := range []int{0, 1, 2} {
		require.Equal(t, []string{"a", "z"}, sorts(s.list(ports.Range{Partition: "partition", Limit: limit})))
		require.Equal(t, []string{"z", "a"}, sorts(s.list(ports.Range{Partition: "partition", Limit: limit, Descending: true})))
	}
}
