package porttest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeGets = map[string]storeTest{
	"Get/AbsentIsNotFound":         getAbsent,
	"Get/ReturnsWhatWasWritten":    getWritten,
	"Get/KeepsAnEmptyBody":         getEmptyBody,
	"Get/KeepsEveryByte":           getEveryByte,
	"Get/TellsKeysApart":           getApart,
	"Get/BadKeyIsInvalid":          getBadKey,
	"Get/EndedContextPassesItsErr": getEnded,
}

func getAbsent(t *testing.T, s *storeKit) {
	s.absent(storeKey("nothing"))
	s.put(storeKey("a"), "a")
	s.absent(storeKey("A"))
	s.absent(storeKey("a "))
	s.absent(ports.Key{Partition: "other", Sort: "a"})
}

func getWritten(t *testing.T, s *storeKit) {
	expires := s.in(time.Hour).Truncate(time.Second)
	want := ports.Record{Key: storeKey("a"), Kind: "thing", Body: []byte("body"), Expires: expires}
	s.write(ports.Record{Key: want.Key, Kind: want.Kind, Version: 999, Body: want.Body, Expires: expires})
	got := s.get(want.Key)
	want.Version = got.Version
	require.True(t, got.Expires.Equal(expires), "%v is not %v", got.Expires, expires)
	got.Expires = expires
	require.Equal(t, want, got)
	listed := s.list(ports.Range{Partition: want.Key.Partition})
	require.Len(t, listed, 1)
	require.True(t, listed[0].Expires.Equal(expires))
	listed[0].Expires = expires
	require.Equal(t, want, listed[0])
}

func getEmptyBody(t *testing.T, s *storeKit) {
	for name, body := range map[string][]byte{"nil": nil, "empty": {}} {
		s.write(ports.Record{Key: storeKey(name), Body: body})
		record := s.get(storeKey(name))
		require.Empty(t, record.Body)
		require.Empty(t, record.Kind)
		require.True(t, record.Expires.IsZero())
	}
	require.Len(t, s.list(ports.Range{Partition: "partition"}), 2)
}

func getEveryByte(t *testing.T, s *storeKit) {
	body := make([]byte, 256)
	for i := range body {
		body[i] = byte(i)
	}
	var printable strings.Builder
	for c := byte(0x20); c <= 0x7e; c++ {
		printable.WriteByte(c)
	}
	key := ports.Key{Partition: printable.String(), Sort: printable.String()}
	s.write(ports.Record{Key: key, Kind: "ünï", Body: body})
	require.Equal(t, body, s.get(key).Body)
	require.Equal(t, "ünï", s.get(key).Kind)
}

// getApart uses keys that become the same, or each other's neighbours, when they are joined without care.
func getApart(t *testing.T, s *storeKit) {
	keys := []ports.Key{
		{Partition: "a", Sort: "b/c"},
		{Partition: "a/b", Sort: "c"},
		{Partition: "a", Sort: "b"},
		{Partition: "a ", Sort: "b"},
		{Partition: "a", Sort: " b"},
		{Partition: "ab", Sort: "c"},
		{Partition: "a", Sort: "bc"},
		{Partition: "a!", Sort: "b"},
	}
	for _, key := range keys {
		s.put(key, key.Partition+"|"+key.Sort)
	}
	for _, key := range keys {
		require.Equal(t, key.Partition+"|"+key.Sort, s.body(key))
	}
	require.Equal(t, []string{" b", "b", "b/c", "bc"}, sorts(s.list(ports.Range{Partition: "a"})))
}

// badKeys are keys that no store takes, by what is wrong with them.
var badKeys = map[string]ports.Key{
	"no partition":         {Partition: "", Sort: "a"},
	"no sort":              {Partition: "a", Sort: ""},
	"long partition":       {Partition: strings.Repeat("p", ports.MaxKey+1), Sort: "a"},
	"long sort":            {Partition: "a", Sort: strings.Repeat("s", ports.MaxKey+1)},
	"zero byte":            {Partition: "a\x00b", Sort: "a"},
	"line end":             {Partition: "a", Sort: "a\n"},
	"delete character":     {Partition: "a", Sort: "a\x7f"},
	"not ASCII":            {Partition: "a", Sort: "é"},
	"not UTF-8":            {Partition: "\xff", Sort: "a"},
	"unprintable and long": {Partition: "a", Sort: strings.Repeat("\x01", ports.MaxKey+1)},
}

func getBadKey(t *testing.T, s *storeKit) {
	for name, key := range badKeys {
		_, err := s.Store.Get(t.Context(), key)
		require.ErrorIs(t, err, fault.Invalid, name)
	}
}

func getEnded(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Store.Get(ctx, storeKey("a"))
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, kindIn(err))
	_, err = s.Store.List(ctx, ports.Range{Partition: "partition"})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, kindIn(err))
}
