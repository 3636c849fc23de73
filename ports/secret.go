package ports

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a Secret looks like to everything that prints.
const redacted = "[redacted]"

// Secret is a key, token or password. Whatever prints, logs or encodes it gets "[redacted]"; a conversion to string reveals it. It should
// not be the key of a map or stand in an unexported field, where package json and package fmt do not ask its methods.
type Secret string

var (
	_ fmt.Formatter            = Secret("")
	_ fmt.Stringer             = Secret("")
	_ fmt.GoStringer           = Secret("")
	_ slog.LogValuer           = Secret("")
	_ json.Marshaler           = Secret("")
	_ encoding.TextMarshaler   = Secret("")
	_ encoding.BinaryMarshaler = Secret("")
)

// String is "[redacted]".
func (Secret) String() string { return redacted }

// GoString is "[redacted]".
func (Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb, %x and %q among them.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue is "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON gives "[redacted]".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText gives "[redacted]", for YAML and flags.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary gives "[redacted]", for gob.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }
