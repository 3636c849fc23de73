package cost

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// The layout of a block's bytes is described in docs/ledger.md. Every block has exactly one encoding.
const (
	blockVersion = 1
	// maxTerms bounds the dictionary, so that an index is always one byte.
	maxTerms = 128
	// maxMillis is the last millisecond of the year 9999.
	maxMillis = 253_402_300_799_999
)

// appendBlock appends the payload of b: everything but the hash.
func appendBlock(to []byte, b Block) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	terms, err := b.terms()
	if err != nil {
		return nil, err
	}
	to = append(to, blockVersion)
	to = binary.AppendUvarint(to, uint64(b.First))
	to = binary.AppendUvarint(to, uint64(b.At.UnixMilli()))
	to = binary.AppendUvarint(to, uint64(b.Round))
	to = append(to, byte(len(terms)))
	for _, t := range terms {
		to = appendText(to, t.Model)
		to = appendText(to, string(t.Lane))
		to = appendText(to, t.PriceVersion)
	}
	to = binary.AppendUvarint(to, uint64(len(b.Entries)))
	for i := range b.Entries {
		to = appendEntry(to, &b.Entries[i], terms)
	}
	return to, nil
}

func appendEntry(to []byte, e *Entry, terms []Terms) []byte {
	to = append(to, byte(e.Kind))
	to = binary.AppendUvarint(to, uint64(e.Ordinal))
	to = binary.AppendUvarint(to, uint64(e.Attempt))
	to = binary.AppendVarint(to, int64(e.Amount))
	to = append(to, byte(slices.Index(terms, e.Terms)))
	u := &e.Usage
	for _, tokens := range [...]int64{u.Input, u.CacheWrite5m, u.CacheWrite1h, u.CacheRead, u.Output} {
		to = binary.AppendUvarint(to, uint64(tokens))
	}
	to = appendText(to, cutID(e.MessageID))
	to = appendText(to, cutID(e.RequestID))
	if e.Content == [32]byte{} {
		return append(to, 0)
	}
	to = append(to, byte(len(e.Content)))
	return append(to, e.Content[:]...)
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// terms is the dictionary: the distinct terms in the order of their first use.
func (b Block) terms() ([]Terms, error) {
	var terms []Terms
	for i := range b.Entries {
		t := b.Entries[i].Terms
		if slices.Contains(terms, t) {
			continue
		}
		if max(len(t.Model), len(t.Lane), len(t.PriceVersion)) > maxName {
			return nil, b.broken(i, "model, lane and price version must be at most 128 bytes each")
		}
		if terms = append(terms, t); len(terms) > maxTerms {
			return nil, b.broken(i, "one block can hold at most 128 different terms")
		}
	}
	return terms, nil
}

func (b Block) check() error {
	millis := b.At.UnixMilli()
	switch {
	case b.First < 1 || b.First > math.MaxInt64-int64(len(b.Entries)):
		return fault.New(fault.Invalid, "cost: append block: %d is no sequence number", b.First)
	case millis < 0 || millis > maxMillis:
		return fault.New(fault.Invalid, "cost: append block %d: its time must lie between 1970 and 9999", b.First)
	case b.Round < 0 || b.Round > math.MaxInt32:
		return fault.New(fault.Invalid, "cost: append block %d: round %d must be 0 to 2147483647", b.First, b.Round)
	case len(b.Entries) == 0:
		return fault.New(fault.Invalid, "cost: append block %d: it has no entries", b.First)
	}
	for i := range b.Entries {
		if problem := b.Entries[i].problem(); problem != "" {
			return b.broken(i, problem)
		}
	}
	return nil
}

// problem says what is wrong with an entry, or "".
func (e *Entry) problem() string {
	switch {
	case !e.Kind.valid():
		return "unknown kind"
	case e.Ordinal < 0 || e.Ordinal > math.MaxInt32 || e.Attempt < 0 || e.Attempt > math.MaxInt32:
		return "ordinal and attempt must be 0 to 2147483647"
	case e.Amount < 0 && e.Kind != EntryAdjust:
		return "only an adjust may have a negative amount"
	case e.Usage.notNegative() != nil:
		return "usage must not be negative"
	}
	return ""
}

func (b Block) broken(i int, problem string) error {
	return fault.New(fault.Invalid, "cost: append block: entry %d (%s of ordinal %d, attempt %d): %s",
		b.First+int64(i), b.Entries[i].Kind, b.Entries[i].Ordinal, b.Entries[i].Attempt, problem)
}
