package storetx

import (
	"time"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxKind is the longest kind in bytes for a store whose format does not limit it. The port only asks for a short word.
const MaxKind = ports.MaxKey

// rules say in the name of a store what the port does not allow.
type rules struct {
	store string
	// kind is the longest one in bytes, 0 for any.
	kind int
}

func (r rules) broken(format string, args ...any) error {
	return fault.New(fault.Invalid, r.store+": "+format, args...)
}

// CheckKey returns an Invalid error for a key that no store takes, in the name of the given one.
func CheckKey(store string, key ports.Key) error { return rules{store: store}.key(key) }

func (r rules) key(key ports.Key) error {
	if err := r.name("partition", key.Partition); err != nil {
		return err
	}
	return r.name("sort", key.Sort)
}

func (r rules) name(what, name string) error {
	if len(name) == 0 || len(name) > ports.MaxKey {
		return r.broken("a %s key has %d bytes; it must have 1 to %d", what, len(name), ports.MaxKey)
	}
	for i := range len(name) {
		if name[i] < 0x20 || name[i] > 0x7e {
			return r.broken("the %s key %q has a character that is not printable ASCII", what, name)
		}
	}
	return nil
}

// record returns an Invalid error for a record that the store does not take.
func (r rules) record(record ports.Record) error {
	if err := r.key(record.Key); err != nil {
		return err
	}
	if len(record.Body) > ports.MaxBody {
		return r.broken("the body of %s has %d bytes; at most %d are allowed", Text(record.Key), len(record.Body), ports.MaxBody)
	}
	if !utf8.ValidString(record.Kind) {
		return r.broken("the kind of %s is not UTF-8", Text(record.Key))
	}
	if r.kind > 0 && len(record.Kind) > r.kind {
		return r.broken("the kind of %s has %d bytes; at most %d are allowed", Text(record.Key), len(record.Kind), r.kind)
	}
	return nil
}

// Text is a key as errors show it.
func Text(key ports.Key) string { return key.Partition + "/" + key.Sort }

// Expired reports whether a record reads as absent at a time in Unix seconds.
func Expired(record *ports.Record, now int64) bool {
	return !record.Expires.IsZero() && record.Expires.Unix() <= now
}

// ToSecond cuts an expiry to the second. What lies before 1970 becomes the first second of 1970: long expired, yet not
// the zero time, which would mean never.
func ToSecond(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return time.Unix(max(at.Unix(), 1), 0).UTC()
}
