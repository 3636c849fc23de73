package memstore

import (
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
		return fault.New(fault.Invalid, "memstore: a %s key has %d bytes; it must have 1 to %d", what, len(name), ports.MaxKey)
	}
	for i := range len(name) {
		if name[i] < 0x20 || name[i] > 0x7e {
			return fault.New(fault.Invalid, "memstore: the %s key %q has a character that is not printable ASCII", what, name)
		}
	}
	return nil
}

// maxKind is the longest kind in bytes. The port only asks for a short word.
const maxKind = ports.MaxKey

// checkRecord returns an Invalid error for a record that no store takes.
func checkRecord(record ports.Record) error {
	if err := checkKey(record.Key); err != nil {
		return err
	}
	if len(record.Body) > ports.MaxBody {
		return fault.New(fault.Invalid, "memstore: the body of %s has %d bytes; at most %d are allowed",
			keyText(record.Key), len(record.Body), ports.MaxBody)
	}
	if len(record.Kind) > maxKind {
		return fault.New(fault.Invalid, "memstore: the kind of %s has %d bytes; at most %d are allowed",
			keyText(record.Key), len(record.Kind), maxKind)
	}
	return nil
}

func keyText(key ports.Key) string { return key.Partition + "/" + key.Sort }
