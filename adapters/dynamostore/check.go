package dynamostore

import (
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// checkKey returns an Invalid error for a key that no store takes.
func checkKey(key ports.Key) error {
	if err := checkName("partition", key.Partition); err != nil {
		return err
	}
	return checkName("sort", key.Sort)
}

func checkName(what, name string) error {
	if len(name) == 0 || len(name) > ports.MaxKey {
		return fault.New(fault.Invalid, "dynamostore: a %s key has %d bytes; it must have 1 to %d", what, len(name), ports.MaxKey)
	}
	for i := range len(name) {
		if name[i] < 0x20 || name[i] > 0x7e {
			return fault.New(fault.Invalid, "dynamostore: the %s key %q has a character that is not printable ASCII", what, name)
		}
	}
	return nil
}

// checkRecord returns an Invalid error for a record that no store takes. How large its item may be is checked when it is
// made.
func checkRecord(record ports.Record) error {
	if err := checkKey(record.Key); err != nil {
		return err
	}
	if len(record.Body) > ports.MaxBody {
		return fault.New(fault.Invalid, "dynamostore: the body of %s has %d bytes; at most %d are allowed",
			keyText(record.Key), len(record.Body), ports.MaxBody)
	}
	if !utf8.ValidString(record.Kind) {
		return fault.New(fault.Invalid, "dynamostore: the kind of %s is not UTF-8", keyText(record.Key))
	}
	return nil
}

func keyText(key ports.Key) string { return key.Partition + "/" + key.Sort }
