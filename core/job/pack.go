package job

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Packed records are a version byte, fields in a fixed order (numbers as varints), and a CRC-32C of all before it, so
// that a record that was damaged in the store is found before anything is decided by it.

// writer builds a packed record.
type writer struct{ b []byte }

func pack(version byte, size int) *writer {
	w := &writer{b: make([]byte, 0, size)}
	w.b = append(w.b, version)
	return w
}

func (w *writer) num(v int64)    { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) count(v int)    { w.b = binary.AppendUvarint(w.b, uint64(v)) }
func (w *writer) raw(v []byte)   { w.b = append(w.b, v...) }
func (w *writer) bytes(v []byte) { w.count(len(v)); w.b = append(w.b, v...) }
func (w *writer) text(v string)  { w.count(len(v)); w.b = append(w.b, v...) }

// instant writes a time as milliseconds since 1970, 0 for the zero time. A clock that stands at the very beginning of 1970
// is written one late, so that a time never becomes none.
func (w *writer) instant(t time.Time) {
	if t.IsZero() {
		w.num(0)
		return
	}
	w.num(cmp.Or(t.UnixMilli(), 1))
}

func (w *writer) flag(v bool) {
	if v {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

func (w *writer) done() []byte {
	return binary.BigEndian.AppendUint32(w.b, crc32.Checksum(w.b, crc32.MakeTable(crc32.Castagnoli)))
}

// reader takes a packed record apart. The first failure sticks; what is read after it is zero.
type reader struct {
	b   []byte
	bad bool
}

// unpack checks a record's frame. The reader is a value, so that reading a record costs no allocation of its own.
func unpack(what string, version byte, body []byte) (reader, error) {
	if len(body) < 5 {
		return reader{}, fault.New(fault.Corrupt, "%s: record of %d bytes is too short", what, len(body))
	}
	end := len(body) - 4
	sum := crc32.Checksum(body[:end], crc32.MakeTable(crc32.Castagnoli))
	if sum != binary.BigEndian.Uint32(body[end:]) {
		return reader{}, fault.New(fault.Corrupt, "%s: record fails its checksum", what)
	}
	if body[0] > version {
		return reader{}, fault.New(fault.Newer, "%s: record has layout %d, this program knows up to %d: use a newer program", what, body[0], version)
	}
	if body[0] != version {
		return reader{}, fault.New(fault.Corrupt, "%s: record has layout %d, which does not exist", what, body[0])
	}
	return reader{b: body[1:end]}, nil
}

func (r *reader) num() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// amount reads a number that is never negative.
func (r *reader) amount() int64 {
	v := r.num()
	if v < 0 {
		r.fail()
		return 0
	}
	return v
}

// count reads a small number, at most limit.
func (r *reader) count(limit int) int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(limit) {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// length reads how many elements follow, each of at least size bytes: never more than the rest of the record can hold.
func (r *reader) length(size int) int { return r.count(len(r.b) / size) }

func (r *reader) raw(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return make([]byte, n)
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte { return r.raw(r.length(1)) }
func (r *reader) text() string  { return string(r.bytes()) }

// oneOf reads a text of which the usual values are known; those are not copied.
func oneOf[T ~string](r *reader, usual ...T) T {
	text := r.bytes()
	for _, v := range usual {
		if string(text) == string(v) {
			return v
		}
	}
	return T(text)
}

func (r *reader) flag() bool {
	v := r.raw(1)[0]
	if v > 1 {
		r.fail()
	}
	return v == 1
}

func (r *reader) instant() time.Time {
	ms := r.num()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (r *reader) fail() { r.bad, r.b = true, nil }

// done reports a record that was cut, or is longer than its fields.
func (r *reader) done(what string) error {
	if r.bad || len(r.b) != 0 {
		return fault.New(fault.Corrupt, "%s: record does not have its layout", what)
	}
	return nil
}
