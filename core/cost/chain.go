package cost

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Hash is a SHA-256 sum in the chain of a ledger. Its text form is 64 hexadecimal digits.
type Hash [sha256.Size]byte

// String is the text form, in lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String as bytes.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the text form; anything else is fault.Invalid and leaves h as it was.
func (h *Hash) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	if err != nil || len(decoded) != len(h) {
		return fault.New(fault.Invalid, "cost: %s is not a hash: it must be 64 hexadecimal digits", quote(string(text)))
	}
	copy(h[:], decoded)
	return nil
}

// Block is what one update adds to a ledger: entries with a common time and round.
type Block struct {
	// First is the sequence number of the first entry; the first of a ledger is 1.
	First int64
	// At is when the entries were written, in whole milliseconds and UTC, from 1970 to 9999. What is finer is cut off.
	At time.Time
	// Round is the job's round, 0 .. 2,147,483,647.
	Round int
	// Entries is at least one entry, in the order of their sequence numbers.
	Entries []Entry
}

// Last is the sequence number of the block's last entry.
func (b Block) Last() int64 { return b.First + int64(len(b.Entries)) - 1 }

// Head is the end of a ledger: all that is needed to add a block or to check the next one. The zero value is the head
// of an empty ledger. Whoever stores a block stores the new head in the same transaction, so that a cut tail shows.
type Head struct {
	// Seq is the sequence number of the last entry, 0 for none.
	Seq int64 `json:"seq"`
	// Hash is the hash of the last block, all zero for none.
	Hash Hash `json:"hash"`
}

// Append makes the bytes to store for b, which must begin with the number after h.Seq, and the head after it.
// A block that breaks a rule of Block or Entry is fault.Invalid.
func (h Head) Append(b Block) (Head, []byte, error) {
	if b.First != h.Seq+1 {
		return h, nil, fault.New(fault.Invalid, "cost: append block: it begins with entry %d, the ledger ends with %d", b.First, h.Seq)
	}
	body, err := appendBlock(make([]byte, 0, 256+160*len(b.Entries)), b)
	if err != nil {
		return h, nil, err
	}
	next := Head{Seq: b.Last(), Hash: h.over(body)}
	return next, append(body, next.Hash[:]...), nil
}

// Follow reads the stored block that must come after h and gives the head after it. Whatever was changed, dropped,
// swapped or inserted is fault.Corrupt, and the message says whether numbers are missing (gap) or the bytes do not fit
// the chain (hash). A block of a newer version that fits the chain is fault.Newer.
func (h Head) Follow(body []byte) (Head, Block, error) {
	block, stored, err := ReadBlock(body)
	fits := len(body) > len(stored) && h.over(body[:len(body)-len(stored)]) == Hash(body[len(body)-len(stored):])
	switch {
	case err != nil && fits:
		return h, Block{}, err
	case err != nil:
		return h, Block{}, fault.New(fault.Corrupt, "cost: ledger after entry %d: hash: the block does not fit the chain (%v)", h.Seq, err)
	case block.First != h.Seq+1:
		return h, Block{}, fault.New(fault.Corrupt, "cost: ledger after entry %d: gap: the block begins with entry %d", h.Seq, block.First)
	case !fits:
		return h, Block{}, fault.New(fault.Corrupt, "cost: ledger entries %d to %d: hash: the block does not fit the chain",
			block.First, block.Last())
	}
	return Head{Seq: block.Last(), Hash: stored}, block, nil
}

// Seal is the hash that closes a round of a job: over the round and the heads of all its ledgers, in order.
func Seal(round int, heads []Head) Hash {
	sum := sha256.New()
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(round))
	sum.Write(number[:])
	for _, head := range heads {
		binary.BigEndian.PutUint64(number[:], uint64(head.Seq))
		sum.Write(number[:])
		sum.Write(head.Hash[:])
	}
	return Hash(sum.Sum(nil))
}

// over is the hash of a block with this payload after h.
func (h Head) over(payload []byte) Hash {
	sum := sha256.New()
	sum.Write(h.Hash[:])
	sum.Write(payload)
	var hash Hash
	sum.Sum(hash[:0])
	return hash
}
