package cost_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 345_000_000, time.UTC) }

func haiku() cost.Terms {
	return cost.Terms{Model: "claude-haiku-5-5", Lane: cost.Realtime, PriceVersion: "2026-10-10"}
}

func hold(ordinal int) cost.Entry {
	return cost.Entry{Kind: cost.EntryHold, Ordinal: ordinal, Attempt: 1, Amount: 2_648_000_000, Terms: haiku()}
}

// settle is a typical settle: ids of 28 bytes, a content hash, tokens of a page.
func settle(ordinal int) cost.Entry {
	return cost.Entry{
		Kind: cost.EntrySettle, Ordinal: ordinal, Attempt: 2, Amount: 1_534_250_000, Terms: haiku(),
		Usage:     cost.Usage{Input: 5_843, CacheRead: 2_048, Output: 1_859},
		MessageID: fmt.Sprintf("msg_01XFDUDYJgAACzvnptv%05d", ordinal%100_000),
		RequestID: fmt.Sprintf("req_018EeWyXxfu5pfWkrYc%05d", ordinal%100_000),
		Content:   sha256.Sum256([]byte{byte(ordinal)}),
	}
}

// ledger appends n blocks of three entries and returns the stored bytes and every head, the empty one first.
func ledger(t require.TestingT, n int) ([][]byte, []cost.Head) {
	var bodies [][]byte
	heads := []cost.Head{{}}
	for i := range n {
		head := heads[len(heads)-1]
		next, body, err := head.Append(cost.Block{
			First: head.Seq + 1, At: noon().Add(time.Duration(i) * time.Second), Round: 1,
			Entries: []cost.Entry{hold(i), settle(i), {Kind: cost.EntryVoid, Ordinal: i + 1, Attempt: 1, Amount: 7, Terms: haiku()}},
		})
		require.NoError(t, err)
		bodies, heads = append(bodies, body), append(heads, next)
	}
	return bodies, heads
}

func TestAppendThenFollow(t *testing.T) {
	t.Parallel()
	block := cost.Block{First: 1, At: noon().Add(999 * time.Microsecond), Round: 3, Entries: []cost.Entry{
		hold(0),
		settle(99_999),
		{Kind: cost.EntryVoid, Ordinal: math.MaxInt32, Attempt: math.MaxInt32, Amount: math.MaxInt64},
		{Kind: cost.EntryPresume, Amount: 0, Terms: cost.Terms{Model: "m"}},
		{Kind: cost.EntryAdjust, Amount: math.MinInt64, Terms: haiku(), Usage: cost.Usage{
			Input: math.MaxInt64, CacheWrite5m: 1, CacheWrite1h: 128, CacheRead: 16384, Output: math.MaxInt64,
		}, MessageID: strings.Repeat("i", cost.MaxID)},
	}}
	head, body, err := cost.Head{}.Append(block)
	require.NoError(t, err)
	require.EqualValues(t, 5, head.Seq)
	require.EqualValues(t, 5, block.Last())

	block.At = noon() // what is finer than a millisecond is not kept
	read, hash, err := cost.ReadBlock(body)
	require.NoError(t, err)
	require.Equal(t, block, read)
	require.Equal(t, head.Hash, hash)

	followed, read, err := cost.Head{}.Follow(body)
	require.NoError(t, err)
	require.Equal(t, block, read)
	require.Equal(t, head, followed)
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	many := func(n int) []cost.Entry {
		entries := make([]cost.Entry, n)
		for i := range entries {
			entries[i] = hold(i)
			entries[i].Terms.Model = fmt.Sprint("model-", i)
		}
		return entries
	}
	_, _, err := cost.Head{}.Append(cost.Block{First: 1, At: noon(), Entries: many(128)})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*cost.Block)
		says   string
	}{
		"Gap":             {func(b *cost.Block) { b.First = 12 }, "begins with entry 12, the ledger ends with 10"},
		"Again":           {func(b *cost.Block) { b.First = 10 }, "begins with entry 10"},
		"NoEntries":       {func(b *cost.Block) { b.Entries = nil }, "no entries"},
		"NoTime":          {func(b *cost.Block) { b.At = time.Time{} }, "between 1970 and 9999"},
		"LateTime":        {func(b *cost.Block) { b.At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) }, "between 1970 and 9999"},
		"NegativeRound":   {func(b *cost.Block) { b.Round = -1 }, "round -1"},
		"HugeRound":       {func(b *cost.Block) { b.Round = math.MaxInt32 + 1 }, "round 2147483648"},
		"NoKind":          {func(b *cost.Block) { b.Entries[1].Kind = 0 }, "entry 12 (unknown of ordinal 1, attempt 2): unknown kind"},
		"KindBeyond":      {func(b *cost.Block) { b.Entries[1].Kind = 6 }, "unknown kind"},
		"NegativeOrdinal": {func(b *cost.Block) { b.Entries[1].Ordinal = -1 }, "ordinal"},
		"HugeOrdinal":     {func(b *cost.Block) { b.Entries[1].Ordinal = math.MaxInt32 + 1 }, "ordinal"},
		"NegativeAttempt": {func(b *cost.Block) { b.Entries[1].Attempt = -1 }, "attempt"},
		"HugeAttempt":     {func(b *cost.Block) { b.Entries[1].Attempt = math.MaxInt32 + 1 }, "attempt"},
		"NegativeAmount":  {func(b *cost.Block) { b.Entries[1].Amount = -1 }, "negative amount"},
		"NegativeUsage":   {func(b *cost.Block) { b.Entries[1].Usage.CacheRead = -1 }, "usage"},
		"LongModel":       {func(b *cost.Block) { b.Entries[1].Terms.Model = strings.Repeat("m", 129) }, "128 bytes"},
		"LongLane":        {func(b *cost.Block) { b.Entries[1].Terms.Lane = cost.Lane(strings.Repeat("m", 129)) }, "128 bytes"},
		"LongVersion":     {func(b *cost.Block) { b.Entries[1].Terms.PriceVersion = strings.Repeat("m", 129) }, "128 bytes"},
		"ManyTerms":       {func(b *cost.Block) { b.Entries = many(129) }, "entry 139 (hold of ordinal 128, attempt 1): one block can hold at most 128"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := cost.Block{First: 11, At: noon(), Round: 1, Entries: []cost.Entry{hold(0), settle(1)}}
			c.change(&block)
			head := cost.Head{Seq: 10, Hash: cost.Hash{1}}
			next, body, err := head.Append(block)
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, body)
			require.Equal(t, head, next)
		})
	}
	for _, seq := range []int64{-1, -5, math.MaxInt64 - 1} {
		_, _, err := cost.Head{Seq: seq}.Append(cost.Block{First: seq + 1, At: noon(), Entries: []cost.Entry{hold(0)}})
		require.ErrorIs(t, err, fault.Invalid)
		require.ErrorContains(t, err, "no sequence number")
	}
}

func TestAppendKeepsTheBeginningOfALongID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ id, want string }{
		"Fits":           {strings.Repeat("a", 64), strings.Repeat("a", 64)},
		"Cut":            {strings.Repeat("a", 64) + "b", strings.Repeat("a", 64)},
		"TwoByteEdge":    {strings.Repeat("a", 63) + "éz", strings.Repeat("a", 63)},
		"FourByteEdge":   {strings.Repeat("a", 61) + "😀z", strings.Repeat("a", 61)},
		"EndsAtEdge":     {strings.Repeat("a", 62) + "éz", strings.Repeat("a", 62) + "é"},
		"NotUTF8":        {strings.Repeat("\x80", 70), strings.Repeat("\x80", 64)},
		"ControlIsKept":  {"a\x00b", "a\x00b"},
		"NoID":           {"", ""},
		"LongOneOfRunes": {strings.Repeat("é", 100), strings.Repeat("é", 32)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry := hold(1)
			entry.MessageID, entry.RequestID = c.id, c.id
			_, body, err := cost.Head{}.Append(cost.Block{First: 1, At: noon(), Entries: []cost.Entry{entry}})
			require.NoError(t, err)
			block, _, err := cost.ReadBlock(body)
			require.NoError(t, err)
			require.Equal(t, c.want, block.Entries[0].MessageID)
			require.Equal(t, c.want, block.Entries[0].RequestID)
		})
	}
}

func TestEntrySize(t *testing.T) {
	t.Parallel()
	size := func(n int) int {
		var block cost.Block
		block.First, block.At, block.Round = 1, noon(), 1
		for i := range n {
			block.Entries = append(block.Entries, settle(90_000+i))
		}
		_, body, err := cost.Head{}.Append(block)
		require.NoError(t, err)
		return len(body)
	}
	require.Len(t, settle(1).MessageID, 28)
	perEntry := size(2) - size(1)
	require.LessOrEqual(t, perEntry, 160)
	require.Equal(t, 110, perEntry, "docs/ledger.md gives this figure")
	require.Equal(t, 24*perEntry, size(25)-size(1), "the common fields stand once in a block")
	require.Equal(t, 80, size(1)-perEntry, "docs/ledger.md gives this figure for what a block takes beside its entries")
	require.LessOrEqual(t, size(25)/25, 160)
}

func TestHeadJSON(t *testing.T) {
	t.Parallel()
	head := cost.Head{Seq: 7, Hash: sha256.Sum256([]byte("x"))}
	text, err := json.Marshal(head)
	require.NoError(t, err)
	require.JSONEq(t, `{"seq":7,"hash":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}`, string(text))
	var back cost.Head
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, head, back)
	for _, bad := range []string{`""`, `"2d71"`, `"` + strings.Repeat("zz", 32) + `"`, `"` + strings.Repeat("00", 33) + `"`} {
		var hash cost.Hash
		require.ErrorIs(t, json.Unmarshal([]byte(bad), &hash), fault.Invalid)
		require.Zero(t, hash)
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	_, heads := ledger(t, 2)
	seal := cost.Seal(1, heads)
	require.Equal(t, seal, cost.Seal(1, heads))
	want := binary.BigEndian.AppendUint64(nil, 1)
	for _, head := range heads {
		want = binary.BigEndian.AppendUint64(want, uint64(head.Seq))
		want = append(want, head.Hash[:]...)
	}
	require.Equal(t, cost.Hash(sha256.Sum256(want)), seal)
	require.NotEqual(t, seal, cost.Seal(2, heads))
	require.NotEqual(t, seal, cost.Seal(1, heads[:2]))
	require.NotEqual(t, seal, cost.Seal(1, []cost.Head{heads[0], heads[2], heads[1]}))
}

func TestEntryKindNames(t *testing.T) {
	t.Parallel()
	for kind, name := range map[cost.EntryKind]string{
		cost.EntryHold: "hold", cost.EntrySettle: "settle", cost.EntryVoid: "void", cost.EntryPresume: "presume", cost.EntryAdjust: "adjust",
	} {
		require.Equal(t, name, kind.String())
		parsed, err := cost.ParseEntryKind(name)
		require.NoError(t, err)
		require.Equal(t, kind, parsed)
	}
	require.EqualValues(t, 1, cost.EntryHold)
	require.EqualValues(t, 5, cost.EntryAdjust)
	require.Equal(t, "unknown", cost.EntryKind(0).String())
	require.Equal(t, "unknown", cost.EntryKind(6).String())
	for _, name := range []string{"", "unknown", "Hold", "refund"} {
		_, err := cost.ParseEntryKind(name)
		require.ErrorIs(t, err, fault.Invalid)
	}
}

// TestBlocksRoundTrip appends arbitrary blocks and follows them.
func TestBlocksRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		write, check := cost.Head{}, cost.Head{}
		for range rapid.IntRange(1, 4).Draw(t, "blocks") {
			block := cost.Block{
				First: write.Seq + 1, Round: rapid.IntRange(0, math.MaxInt32).Draw(t, "round"),
				At:      time.UnixMilli(rapid.Int64Range(0, 253_402_300_799_999).Draw(t, "at")).UTC(),
				Entries: rapid.SliceOfN(rapid.Custom(arbitraryEntry), 1, 30).Draw(t, "entries"),
			}
			next, body, err := write.Append(block)
			require.NoError(t, err)
			followed, read, err := check.Follow(body)
			require.NoError(t, err)
			require.Equal(t, block, read)
			require.Equal(t, next, followed)
			write, check = next, followed
		}
	})
}

func arbitraryEntry(t *rapid.T) cost.Entry {
	tokens := rapid.OneOf(rapid.Int64Range(0, 200_000), rapid.Int64Min(0))
	id := rapid.StringMatching(`[ -~]{0,64}`)
	e := cost.Entry{
		Kind:    cost.EntryKind(rapid.IntRange(1, 5).Draw(t, "kind")),
		Ordinal: rapid.IntRange(0, math.MaxInt32).Draw(t, "ordinal"),
		Attempt: rapid.IntRange(0, math.MaxInt32).Draw(t, "attempt"),
		Amount:  cost.Pico(rapid.Int64().Draw(t, "amount")),
		Terms: cost.Terms{
			Model: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "model"), Lane: cost.Batch,
			PriceVersion: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "version"),
		},
		Usage: cost.Usage{
			Input: tokens.Draw(t, "in"), CacheWrite5m: tokens.Draw(t, "5m"), CacheWrite1h: tokens.Draw(t, "1h"),
			CacheRead: tokens.Draw(t, "read"), Output: tokens.Draw(t, "out"),
		},
		MessageID: id.Draw(t, "message"), RequestID: id.Draw(t, "request"),
	}
	if e.Kind != cost.EntryAdjust {
		e.Amount = max(e.Amount, -(e.Amount + 1)) // any amount from zero up
	}
	copy(e.Content[:], rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "content"))
	return e
}
