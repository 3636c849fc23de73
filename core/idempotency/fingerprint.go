package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Fingerprint identifies the content of a request. Its text form is 64 hexadecimal digits.
type Fingerprint [sha256.Size]byte

// Of is the fingerprint of the parts in order: SHA-256 over each part's length (8 bytes, big-endian) and bytes, so that
// no two different lists of parts share one. An empty part counts; nil is an empty part.
func Of(parts ...[]byte) Fingerprint {
	sum := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		sum.Write(length[:])
		sum.Write(part)
	}
	return Fingerprint(sum.Sum(nil))
}

// String is the text form, in lower case.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// MarshalText is String as bytes.
func (f Fingerprint) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the text form; anything else is fault.Invalid and leaves f as it was.
func (f *Fingerprint) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	if err != nil || len(decoded) != len(f) {
		return fault.New(fault.Invalid, "idempotency: a fingerprint of %d characters: it must be 64 hexadecimal digits", len(text))
	}
	copy(f[:], decoded)
	return nil
}
