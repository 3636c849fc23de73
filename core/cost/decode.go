package cost

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// minEntry is the length of the shortest entry: thirteen fields of one byte.
const minEntry = 13

// ReadBlock decodes stored bytes and gives the hash that stands at their end. It accepts exactly what Append makes, so
// that a block has one form: anything else is fault.Corrupt, a later version of the layout fault.Newer. Whether the
// hash is right is not checked here; Follow does.
func ReadBlock(body []byte) (Block, Hash, error) {
	payload := len(body) - len(Hash{})
	if payload < 1 {
		return Block{}, Hash{}, fault.New(fault.Corrupt, "cost: read block: %d bytes are too few", len(body))
	}
	switch version := body[0]; {
	case version == 0:
		return Block{}, Hash{}, fault.New(fault.Corrupt, "cost: read block: version 0 does not exist")
	case version > blockVersion:
		return Block{}, Hash{}, fault.New(fault.Newer, "cost: read block: its layout has version %d, this program knows %d: use a newer one",
			version, blockVersion)
	}
	// One copy as a string serves every text of the block, which then share it.
	r := reader{data: string(body[:payload]), at: 1}
	block := r.block()
	if r.problem != "" {
		return Block{}, Hash{}, fault.New(fault.Corrupt, "cost: read block: %s at byte %d", r.problem, r.at)
	}
	return block, Hash(body[payload:]), nil
}

// reader takes fields from the front of data. After the first problem it gives zeros and stays where it is.
type reader struct {
	data    string
	at      int
	problem string
}

func (r *reader) block() Block {
	var b Block
	b.First = int64(r.number(math.MaxInt64, "first entry"))
	b.At = time.UnixMilli(int64(r.number(maxMillis, "time"))).UTC()
	b.Round = int(r.number(math.MaxInt32, "round"))
	terms := r.terms()
	count := r.number(uint64(len(r.data)-r.at)/minEntry, "number of entries")
	if count == 0 || b.First == 0 || b.First > math.MaxInt64-int64(count) {
		r.fail("a block without entries or with an impossible first one")
		return b
	}
	b.Entries = make([]Entry, count)
	used := 0
	for i := range b.Entries {
		used = r.entry(&b.Entries[i], terms, used)
	}
	if used != len(terms) {
		r.fail("terms that no entry uses")
	}
	if r.at != len(r.data) {
		r.fail("more bytes than the entries take")
	}
	return b
}

func (r *reader) terms() []Terms {
	count := r.number(maxTerms, "number of terms")
	terms := make([]Terms, 0, min(count, 4))
	for range count {
		t := Terms{Model: r.text(maxName), Lane: Lane(r.text(maxName)), PriceVersion: r.text(maxName)}
		if r.problem == "" && slices.Contains(terms, t) {
			r.fail("the same terms twice")
		}
		if r.problem != "" {
			return nil
		}
		terms = append(terms, t)
	}
	return terms
}

// entry reads one entry. Of the terms, used have been named by earlier entries; it returns how many are so after it.
func (r *reader) entry(e *Entry, terms []Terms, used int) int {
	e.Kind = EntryKind(r.number(uint64(EntryAdjust), "kind"))
	e.Ordinal = int(r.number(math.MaxInt32, "ordinal"))
	e.Attempt = int(r.number(math.MaxInt32, "attempt"))
	zigzag := r.number(math.MaxUint64, "amount")
	e.Amount = Pico(zigzag>>1) ^ -Pico(zigzag&1)
	index := int(r.number(maxTerms, "terms"))
	e.Usage.Input = int64(r.number(math.MaxInt64, "usage"))
	e.Usage.CacheWrite5m = int64(r.number(math.MaxInt64, "usage"))
	e.Usage.CacheWrite1h = int64(r.number(math.MaxInt64, "usage"))
	e.Usage.CacheRead = int64(r.number(math.MaxInt64, "usage"))
	e.Usage.Output = int64(r.number(math.MaxInt64, "usage"))
	e.MessageID = r.text(MaxID)
	e.RequestID = r.text(MaxID)
	r.content(&e.Content)
	if r.problem != "" {
		return used
	}
	if problem := e.problem(); problem != "" {
		r.fail(problem)
		return used
	}
	if index > used || index >= len(terms) {
		r.fail("terms out of the order of their first use")
		return used
	}
	e.Terms = terms[index]
	return max(used, index+1)
}

func (r *reader) content(into *[32]byte) {
	text := r.text(len(into))
	copy(into[:], text)
	if text != "" && (len(text) != len(into) || *into == [32]byte{}) {
		r.fail("a content hash that is not 32 bytes, or all zero")
	}
}

// text reads a length and as many bytes.
func (r *reader) text(longest int) string {
	length := int(r.number(uint64(longest), "length"))
	if r.problem == "" && length > len(r.data)-r.at {
		r.fail("text beyond the end")
	}
	if r.problem != "" {
		return ""
	}
	r.at += length
	return r.data[r.at-length : r.at]
}

// number reads a varint in its shortest form, at most limit.
func (r *reader) number(limit uint64, what string) uint64 {
	if r.problem != "" {
		return 0
	}
	var value uint64
	for i := 0; i < binary.MaxVarintLen64 && r.at+i < len(r.data); i++ {
		b := r.data[r.at+i]
		value |= uint64(b&0x7f) << (7 * i)
		if b >= 0x80 {
			continue
		}
		if (b == 0 && i > 0) || (i == binary.MaxVarintLen64-1 && b > 1) || value > limit {
			break
		}
		r.at += i + 1
		return value
	}
	r.fail(what)
	return 0
}

func (r *reader) fail(problem string) {
	if r.problem == "" {
		r.problem = "invalid: " + problem
	}
}
