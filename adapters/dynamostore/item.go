package dynamostore

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The attributes of an item. Their names are one letter each, because names are stored and billed with every item.
const (
	attrPartition = "p"
	attrSort      = "s"
	attrKind      = "k" // missing when empty
	attrVersion   = "v"
	attrWriter    = "w" // the token of the write that made the item
	attrBody      = "b" // missing when empty
	attrPacked    = "d" // the body in DEFLATE, instead of b
	attrExpires   = "t" // the table's TTL, in Unix seconds; missing for never
)

const (
	// maxItem is DynamoDB's limit of one item, names and values, in bytes.
	maxItem = 400 << 10
	// maxVersion is far beyond what clocks give and leaves room to count on.
	maxVersion = 1 << 62
	writerSize = 8
)

type (
	value = types.AttributeValue
	item  = map[string]value
)

// writer is the token of one commit. 8 bytes are enough: it only ever tells writes of one record with the same version
// apart.
type writer [writerSize]byte

// stored is a record as it lies in the table.
type stored struct {
	ports.Record
	lies
}

// lies is what the table has of a record beside it.
type lies struct {
	writer writer
	// size is that of its item, in bytes.
	size int
}

// encode makes the item of a record, and says its size. Where the item would take more than one write unit its body is
// compressed, if that makes it smaller.
func (s *Store) encode(record *ports.Record, version int64, w writer) (item, int) {
	made := s.bare(record, version, w)
	if len(record.Body) == 0 {
		return made, itemSize(made)
	}
	made[attrBody] = &types.AttributeValueMemberB{Value: record.Body}
	size := itemSize(made)
	if size <= writeStep {
		return made, size
	}
	if packed := s.codec.pack(record.Body); packed != nil {
		delete(made, attrBody)
		made[attrPacked] = &types.AttributeValueMemberB{Value: packed}
		size -= len(record.Body) - len(packed)
	}
	return made, size
}

// bare is an item but for its body.
func (s *Store) bare(record *ports.Record, version int64, w writer) item {
	made := keyItem(record.Key)
	made[attrVersion] = number(version)
	made[attrWriter] = &types.AttributeValueMemberB{Value: w[:]}
	if record.Kind != "" {
		made[attrKind] = text(record.Kind)
	}
	if !record.Expires.IsZero() {
		made[attrExpires] = number(storetx.ToSecond(record.Expires).Unix())
	}
	return made
}

// ItemSize is how many bytes the item of a record takes in a table, by which DynamoDB bills: names and values, the body
// compressed where the store does that. The version is taken to have 16 digits, as those of this century have.
func ItemSize(record ports.Record) int {
	_, size := new(Store).encode(&record, 1_799_999_999_999_999, writer{})
	return size
}

// decode reads an item and notes its version. What no Store has written is Corrupt.
func (s *Store) decode(from item) (*stored, error) {
	key, ok := keyOf(from)
	if !ok {
		return nil, fault.New(fault.Corrupt, "dynamostore: an item of table %s has no text in %s and %s", s.table, attrPartition, attrSort)
	}
	record := &stored{Record: ports.Record{Key: key}, lies: lies{size: itemSize(from)}}
	for _, read := range []func(item, *stored) bool{readVersion, readWriter, readKind, readExpiry, s.readBody} {
		if !read(from, record) {
			return nil, fault.New(fault.Corrupt, "dynamostore: the record %s is damaged: restore the table to a point in time", storetx.Text(key))
		}
	}
	s.witness(record.Version)
	return record, nil
}

func readVersion(from item, to *stored) bool {
	n, there, ok := integer(from, attrVersion)
	to.Version = n
	return ok && there && n > 0 && n <= maxVersion
}

func readWriter(from item, to *stored) bool {
	b, ok := from[attrWriter].(*types.AttributeValueMemberB)
	return ok && copy(to.writer[:], b.Value) == writerSize && len(b.Value) == writerSize
}

func readKind(from item, to *stored) bool {
	k, there := from[attrKind]
	if !there {
		return true
	}
	s, ok := k.(*types.AttributeValueMemberS)
	if ok {
		to.Kind = s.Value
	}
	return ok
}

func readExpiry(from item, to *stored) bool {
	n, there, ok := integer(from, attrExpires)
	if there && ok {
		to.Expires = time.Unix(n, 0).UTC()
	}
	return ok
}

func (s *Store) readBody(from item, to *stored) (ok bool) {
	body, plain := from[attrBody]
	packed, small := from[attrPacked]
	switch {
	case plain && small:
		return false
	case plain:
		to.Body, ok = binary(body)
		return ok && len(to.Body) <= ports.MaxBody
	case small:
		bytes, ok := binary(packed)
		if ok {
			to.Body, ok = s.codec.unpack(bytes)
		}
		return ok
	}
	return true
}

func keyItem(key ports.Key) item {
	made := make(item, 7)
	made[attrPartition], made[attrSort] = text(key.Partition), text(key.Sort)
	return made
}

func keyOf(from item) (ports.Key, bool) {
	p, ok := from[attrPartition].(*types.AttributeValueMemberS)
	q, alsoOK := from[attrSort].(*types.AttributeValueMemberS)
	if !ok || !alsoOK {
		return ports.Key{}, false
	}
	return ports.Key{Partition: p.Value, Sort: q.Value}, true
}

func text(s string) value { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) value { return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)} }

func binary(v value) ([]byte, bool) {
	b, ok := v.(*types.AttributeValueMemberB)
	if !ok {
		return nil, false
	}
	return b.Value, true
}

// integer reads a number that may be missing.
func integer(from item, name string) (n int64, there, ok bool) {
	v, there := from[name]
	if !there {
		return 0, false, true
	}
	text, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0, true, false
	}
	n, err := strconv.ParseInt(text.Value, 10, 64)
	return n, true, err == nil
}

// itemSize is what DynamoDB says that an item takes: the bytes of names and values, for a number one byte for every two
// significant digits and one more.
func itemSize(of item) int {
	size := 0
	for name, v := range of {
		size += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			size += len(v.Value)
		case *types.AttributeValueMemberB:
			size += len(v.Value)
		case *types.AttributeValueMemberN:
			size += (len(strings.Trim(v.Value, "-0"))+1)/2 + 1
		}
	}
	return size
}

// same reports whether two fetches of a record brought the same write of it, or both none.
func same(e *entry, now *stored) bool {
	if e.Stored == nil || now == nil {
		return e.Stored == nil && now == nil
	}
	return e.Stored.Version == now.Version && e.Own.writer == now.writer
}
