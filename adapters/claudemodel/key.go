package claudemodel

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// redacted is what a Key looks like to everything that prints.
const redacted = "[redacted]"

// Key is an API key. Whatever prints, logs or encodes it gets "[redacted]"; a conversion to string reveals it. It should
// not be the key of a map or stand in an unexported field, where package json and package fmt do not ask its methods.
type Key string

var (
	_ fmt.Formatter            = Key("")
	_ fmt.Stringer             = Key("")
	_ fmt.GoStringer           = Key("")
	_ slog.LogValuer           = Key("")
	_ json.Marshaler           = Key("")
	_ encoding.TextMarshaler   = Key("")
	_ encoding.BinaryMarshaler = Key("")
)

// String is "[redacted]".
func (Key) String() string { return redacted }

// GoString is "[redacted]".
func (Key) GoString() string { return redacted }

// Format writes "[redacted]" for every verb, %x and %q among them.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue is "[redacted]".
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON gives "[redacted]".
func (Key) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText gives "[redacted]", for YAML and flags.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary gives "[redacted]", for gob.
func (Key) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// check refuses what no header can carry. Its messages do not show the key.
func (k Key) check() error {
	if k == "" {
		return fault.New(fault.Invalid, "claudemodel: the API key is empty")
	}
	for i := range len(k) {
		if k[i] <= ' ' || k[i] > '~' {
			return fault.New(fault.Invalid,
				"claudemodel: the API key has a space, line break or other character at byte %d that no key has", i+1)
		}
	}
	return nil
}
