package boltstore

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// A record is stored under partition, a zero byte, sort. Its value is the envelope and then the body:
//
//	format   1 byte, 1
//	version  8 bytes, big endian
//	expires  8 bytes, big endian, Unix seconds; 0 means never
//	kind     its length as uvarint, its bytes
const (
	envelopeFormat = 1
	versionAt      = 1
	expiresAt      = versionAt + 8
	kindAt         = expiresAt + 8
	// maxValue is more than any value that was written by Update. A longer one is damage, not to be copied.
	maxValue = kindAt + binary.MaxVarintLen64 + storetx.MaxKind + ports.MaxBody
)

// frame is one write in the form of the file: key and value in one piece of memory, which is used again after the commit.
type frame struct {
	bytes []byte
	// split is where the key ends and the value begins; a frame without a value deletes.
	split int
}

var frames = sync.Pool{New: func() any { return new(frame) }}

// maxPooled keeps the memory of a few large records from being held for ever.
const maxPooled = 64 << 10

func (f *frame) key() []byte   { return f.bytes[:f.split] }
func (f *frame) value() []byte { return f.bytes[f.split:] }

// free gives the frame back. Nothing may look at it after that.
func (f *frame) free() {
	if f != nil && cap(f.bytes) <= maxPooled {
		frames.Put(f)
	}
}

// setVersion fills in what is not known before the write is accepted.
func (f *frame) setVersion(version int64) {
	binary.BigEndian.PutUint64(f.value()[versionAt:], uint64(version))
}

// expires is when the value expires, in Unix seconds; 0 means never.
func (f *frame) expires() int64 { return int64(binary.BigEndian.Uint64(f.value()[expiresAt:])) }

// encodeKey returns a frame that deletes.
func encodeKey(key ports.Key) *frame {
	f := frames.Get().(*frame)
	f.bytes = appendKey(f.bytes[:0], key)
	f.split = len(f.bytes)
	return f
}

func appendKey(to []byte, key ports.Key) []byte {
	to = append(to, key.Partition...)
	to = append(to, 0)
	return append(to, key.Sort...)
}

// encode returns a frame that writes the record, but for its version.
func encode(record *ports.Record) *frame {
	f := encodeKey(record.Key)
	var seconds int64
	if !record.Expires.IsZero() {
		seconds = record.Expires.Unix()
	}
	f.bytes = append(f.bytes, envelopeFormat)
	f.bytes = binary.BigEndian.AppendUint64(f.bytes, 0)
	f.bytes = binary.BigEndian.AppendUint64(f.bytes, uint64(seconds))
	f.bytes = binary.AppendUvarint(f.bytes, uint64(len(record.Kind)))
	f.bytes = append(f.bytes, record.Kind...)
	f.bytes = append(f.bytes, record.Body...)
	return f
}

// decodeKey is the inverse of appendKey.
func decodeKey(stored []byte) (ports.Key, bool) {
	partition, sort, ok := bytes.Cut(stored, []byte{0})
	return ports.Key{Partition: string(partition), Sort: string(sort)}, ok
}

// decode copies a value out of the file.
func decode(key ports.Key, value []byte) (*ports.Record, error) {
	if len(value) <= kindAt || len(value) > maxValue || value[0] != envelopeFormat {
		return nil, damaged(key)
	}
	size, n := binary.Uvarint(value[kindAt:])
	rest := value[kindAt+max(n, 0):]
	version := int64(binary.BigEndian.Uint64(value[versionAt:]))
	if n <= 0 || size > storetx.MaxKind || size > uint64(len(rest)) || uint64(len(rest))-size > ports.MaxBody || version <= 0 {
		return nil, damaged(key)
	}
	record := &ports.Record{Key: key, Kind: string(rest[:size]), Version: version, Body: bytes.Clone(rest[size:])}
	if seconds := storedExpiry(value); seconds != 0 {
		record.Expires = time.Unix(seconds, 0).UTC()
	}
	return record, nil
}

// storedExpiry is the expiry of a value that is long enough to have one.
func storedExpiry(value []byte) int64 { return int64(binary.BigEndian.Uint64(value[expiresAt:])) }

func damaged(key ports.Key) error {
	return fault.New(fault.Corrupt, "boltstore: the record %s is damaged: restore the file from a backup", storetx.Text(key))
}
