package cost_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// withHash ends a payload with the hash that fits after head, without the package's help.
func withHash(head cost.Head, payload []byte) []byte {
	sum := sha256.Sum256(append(head.Hash[:], payload...))
	return append(payload[:len(payload):len(payload)], sum[:]...)
}

// outsider reads a block from docs/ledger.md alone, as somebody without this package would.
type outsider struct {
	data []byte
	at   int
}

func (o *outsider) number() uint64 {
	value, n := binary.Uvarint(o.data[o.at:])
	o.at += n
	return value
}

func (o *outsider) signed() int64 {
	value, n := binary.Varint(o.data[o.at:])
	o.at += n
	return value
}

func (o *outsider) text() string {
	length := int(o.number())
	o.at += length
	return string(o.data[o.at-length : o.at])
}

func (o *outsider) block() cost.Block {
	if o.number() != 1 {
		return cost.Block{}
	}
	b := cost.Block{First: int64(o.number()), At: time.UnixMilli(int64(o.number())).UTC(), Round: int(o.number())}
	terms := make([]cost.Terms, o.number())
	for i := range terms {
		terms[i] = cost.Terms{Model: o.text(), Lane: cost.Lane(o.text()), PriceVersion: o.text()}
	}
	b.Entries = make([]cost.Entry, o.number())
	for i := range b.Entries {
		e := &b.Entries[i]
		e.Kind, e.Ordinal, e.Attempt = cost.EntryKind(o.number()), int(o.number()), int(o.number())
		e.Amount, e.Terms = cost.Pico(o.signed()), terms[o.number()]
		for _, class := range []*int64{&e.Usage.Input, &e.Usage.CacheWrite5m, &e.Usage.CacheWrite1h, &e.Usage.CacheRead, &e.Usage.Output} {
			*class = int64(o.number())
		}
		e.MessageID, e.RequestID = o.text(), o.text()
		copy(e.Content[:], o.text())
	}
	return b
}

func TestLayoutIsReadableWithoutThePackage(t *testing.T) {
	t.Parallel()
	bodies, heads := ledger(t, 3)
	for i, body := range bodies {
		o := outsider{data: body[:len(body)-32]}
		got := o.block()
		require.Equal(t, len(o.data), o.at)
		want, hash, err := cost.ReadBlock(body)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, body, withHash(heads[i], o.data))
		require.Equal(t, hash, heads[i+1].Hash)
	}
}

// documented is the block of the worked example in docs/ledger.md.
func documented() cost.Block {
	terms := cost.Terms{Model: "claude-haiku-5-5", Lane: cost.Realtime, PriceVersion: "2026-10-10"}
	return cost.Block{First: 1, At: time.UnixMilli(1_795_348_800_123).UTC(), Round: 1, Entries: []cost.Entry{
		{Kind: cost.EntryHold, Ordinal: 300, Attempt: 1, Amount: 2_648_000_000, Terms: terms},
		{
			Kind: cost.EntrySettle, Ordinal: 300, Attempt: 1, Amount: 1_500_000_000, Terms: terms,
			Usage: cost.Usage{Input: 6000, Output: 1800}, MessageID: "msg_1", RequestID: "req_2", Content: sha256.Sum256([]byte("page")),
		},
	}}
}

// TestDocumentedExample holds the example in docs/ledger.md to what Append makes.
func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/ledger.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```block\n")
	require.True(t, found, "docs/ledger.md has no ```block listing")
	listing, _, _ := strings.Cut(rest, "```")
	var digits strings.Builder
	for line := range strings.Lines(listing) {
		hexadecimal, _, _ := strings.Cut(line, "|") // the meaning stands after the bar
		digits.WriteString(strings.Join(strings.Fields(hexadecimal), ""))
	}
	_, body, err := cost.Head{}.Append(documented())
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(body), digits.String())
}

// entryBytes is the shortest entry: a void of nothing with the first terms.
func entryBytes() []byte { return []byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} }

// blockBytes is a payload made by hand: first entry, time and round, the terms, the count and the entries.
func blockBytes(start []byte, terms []byte, count byte, entries ...[]byte) []byte {
	payload := append([]byte{1}, start...)
	payload = append(append(payload, terms...), count)
	for _, entry := range entries {
		payload = append(payload, entry...)
	}
	return payload
}

func TestReadBlockIsStrict(t *testing.T) {
	t.Parallel()
	start, terms := []byte{1, 2, 3}, []byte{1, 1, 'm', 1, 'l', 1, 'p'}
	with := func(position int, replacement ...byte) []byte {
		entry := entryBytes()
		return append(append(entry[:position:position], replacement...), entry[position+1:]...)
	}
	_, _, err := cost.ReadBlock(withHash(cost.Head{}, blockBytes(start, terms, 1, entryBytes())))
	require.NoError(t, err)
	long := append([]byte{65}, make([]byte, 65)...)
	for name, c := range map[string]struct {
		payload []byte
		says    string
	}{
		"VersionZero":         {[]byte{0, 1, 1, 1}, "version 0"},
		"NothingAfterVersion": {[]byte{1}, "first entry"},
		"FirstIsZero":         {blockBytes([]byte{0, 2, 3}, terms, 1, entryBytes()), "impossible first one"},
		"FirstIsLast":         {blockBytes(append([]byte{255, 255, 255, 255, 255, 255, 255, 255, 127}, 2, 3), terms, 1, entryBytes()), "impossible first one"},
		"FirstTooLarge":       {blockBytes(append([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 2, 3), terms, 1, entryBytes()), "first entry"},
		"TimeTooLarge":        {blockBytes([]byte{1, 255, 255, 255, 255, 255, 255, 255, 1, 3}, terms, 1, entryBytes()), "time"},
		"RoundTooLarge":       {blockBytes([]byte{1, 2, 255, 255, 255, 255, 8}, terms, 1, entryBytes()), "round"},
		"NumberNotShortest":   {blockBytes([]byte{0x81, 0, 2, 3}, terms, 1, entryBytes()), "first entry"},
		"NumberOf11Bytes":     {blockBytes([]byte{128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 2, 3}, terms, 1, entryBytes()), "first entry"},
		"NumberOf65Bits":      {blockBytes(start, terms, 1, with(3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2)), "amount"},
		"NumberWithoutEnd":    {[]byte{1, 0x80}, "first entry"},
		"TermsTooMany":        {blockBytes(start, []byte{0x81, 1}, 1, entryBytes()), "number of terms"},
		"TermsTwice":          {blockBytes(start, []byte{2, 0, 0, 0, 0, 0, 0}, 2, entryBytes(), with(4, 1)), "same terms twice"},
		"TermsUnused":         {blockBytes(start, []byte{2, 0, 0, 0, 1, 'm', 0, 0}, 1, entryBytes()), "no entry uses"},
		"TermsOutOfOrder":     {blockBytes(start, []byte{2, 0, 0, 0, 1, 'm', 0, 0}, 2, with(4, 1), entryBytes()), "first use"},
		"TermsBeyond":         {blockBytes(start, terms, 2, entryBytes(), with(4, 1)), "first use"},
		"TermsMissing":        {blockBytes(start, []byte{0}, 1, entryBytes()), "first use"},
		"TermsTooLong":        {blockBytes(start, append([]byte{1, 0x81, 1}, make([]byte, 131)...), 1, entryBytes()), "length"},
		"TermsCut":            {append([]byte{1, 1, 2, 3}, 1, 9, 'm'), "text beyond the end"},
		"NoEntries":           {blockBytes(start, []byte{0}, 0), "without entries"},
		"MoreEntriesClaimed":  {blockBytes(start, terms, 2, entryBytes()), "number of entries"},
		"MoreEntriesThanFit":  {blockBytes(start, terms, 2, with(11, 7, 1, 2, 3, 4, 5, 6, 7), entryBytes()[:6]), "usage"},
		"BytesLeft":           {append(blockBytes(start, terms, 1, entryBytes()), 9), "more bytes"},
		"KindZero":            {blockBytes(start, terms, 1, with(0, 0)), "unknown kind"},
		"KindSix":             {blockBytes(start, terms, 1, with(0, 6)), "kind"},
		"OrdinalTooLarge":     {blockBytes(start, terms, 1, with(1, 255, 255, 255, 255, 8)), "ordinal"},
		"AttemptTooLarge":     {blockBytes(start, terms, 1, with(2, 255, 255, 255, 255, 8)), "attempt"},
		"NegativeVoid":        {blockBytes(start, terms, 1, with(3, 1)), "negative amount"},
		"UsageTooLarge":       {blockBytes(start, terms, 1, with(9, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)), "usage"},
		"IDTooLong":           {blockBytes(start, terms, 1, with(10, long...)), "length"},
		"ContentTooShort":     {blockBytes(start, terms, 1, with(12, append([]byte{31}, make([]byte, 31)...)...)), "content hash"},
		"ContentAllZero":      {blockBytes(start, terms, 1, with(12, append([]byte{32}, make([]byte, 32)...)...)), "content hash"},
		"ContentTooLong":      {blockBytes(start, terms, 1, with(12, append([]byte{33}, make([]byte, 33)...)...)), "length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block, hash, err := cost.ReadBlock(withHash(cost.Head{}, c.payload))
			require.ErrorIs(t, err, fault.Corrupt)
			require.ErrorContains(t, err, c.says)
			require.Zero(t, block)
			require.Zero(t, hash)
		})
	}
}
