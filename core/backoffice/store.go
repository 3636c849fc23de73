package backoffice

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Kinds of records, for people and tools that look into a store.
const (
	kindAudit     = "audit"
	kindBusiness  = "business"
	kindDocument  = "document"
	kindOnce      = "answer-once"
	kindPrincipal = "principal"
	kindPointer   = "pointer"
	kindSession   = "session"
	kindSecret    = "secret"
	kindTemplate  = "template"
)

// Meta is what the server keeps of every record: it goes up and on with each write.
type Meta struct {
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Revision is 1 for a new record and one more after each write.
	Revision int64 `json:"revision"`
}

// Any is the revision that every record matches.
const Any int64 = -1

// match is Stale unless the record stands at the revision that the caller has seen.
func (m Meta) match(seen int64) error {
	if seen != Any && seen != m.Revision {
		return &Stale{Revision: m.Revision}
	}
	return nil
}

// next is the meta of a write now.
func (m Meta) next(now time.Time) Meta {
	if m.Revision == 0 {
		m.CreatedAt = now
	}
	m.UpdatedAt, m.Revision = now, m.Revision+1
	return m
}

// Stale is the error of a change to a record that somebody else has changed since the caller read it. It is
// fault.Conflict.
type Stale struct {
	// Revision is where the record stands.
	Revision int64
}

// Error says what to do.
func (s *Stale) Error() string {
	return "the record has been changed since it was read: read it again and repeat the change"
}

// Unwrap makes errors.Is(err, fault.Conflict) true.
func (s *Stale) Unwrap() error { return fault.Conflict }

// now is the time, to the millisecond.
func (o *Office) now() time.Time { return o.Clock.Now().UTC().Truncate(time.Millisecond) }

func businessPart(business string) string { return "business/" + business }

// record packs a value.
func record(key ports.Key, kind string, v any) ports.Record {
	return ports.Record{Key: key, Kind: kind, Body: marshal(v)}
}

// marshal is for values of this package, which always marshal.
func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("backoffice: a record does not marshal: " + err.Error())
	}
	return body
}

// read unpacks a record.
func read[T any](r ports.Record) (v T, err error) {
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return v, fault.New(fault.Corrupt, "backoffice: record %s %s cannot be read", r.Key.Partition, r.Key.Sort)
	}
	return v, nil
}

// get reads a record within a decision; false when it is not there.
func get[T any](tx ports.Tx, key ports.Key) (v T, found bool, err error) {
	r, found := tx.Get(key)
	if !found {
		return v, false, nil
	}
	v, err = read[T](r)
	return v, err == nil, err
}

// pageSize is the number of entries of a page: 50 where none is given, 200 at most.
func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 200)
}

const (
	// partSize is how much of a document one record holds, parts how many records a document may have: what is left of an
	// Update's bytes is for everything else that it writes.
	partSize = 300 << 10
	parts    = 8
)

// A document is a value that may be larger than a record: it is compressed and cut into parts. The first part names their
// number. Every list of a business is one document, so that the rules about all of its entries hold in one Update.
func documentKey(business, name string, part int) ports.Key {
	key := ports.Key{Partition: businessPart(business), Sort: "doc/" + name}
	if part > 0 {
		key.Sort += "/" + strconv.Itoa(part)
	}
	return key
}

// readDocument returns the document, its zero value where there is none.
func readDocument[T any](tx ports.Tx, business, name string) (v T, err error) {
	packed, err := documentBytes(tx, business, name)
	if err != nil || packed == nil {
		return v, err
	}
	plain, err := inflated(packed)
	if err == nil {
		err = json.Unmarshal(plain, &v)
	}
	if err != nil {
		return v, fault.New(fault.Corrupt, "backoffice: document %s of business %s cannot be read", name, business)
	}
	return v, nil
}

func documentBytes(tx ports.Tx, business, name string) ([]byte, error) {
	first, found := tx.Get(documentKey(business, name, 0))
	if !found {
		return nil, nil
	}
	if len(first.Body) == 0 || first.Body[0] > parts {
		return nil, fault.New(fault.Corrupt, "backoffice: document %s of business %s cannot be read", name, business)
	}
	packed := first.Body[1:]
	for part := 1; part < int(first.Body[0]); part++ {
		more, _ := tx.Get(documentKey(business, name, part)) // one that is missing shows when it is unpacked
		packed = append(packed[:len(packed):len(packed)], more.Body...)
	}
	return packed, nil
}

// writeDocument replaces the document, which the decision has read before. One that is too large is fault.Invalid.
func writeDocument(tx ports.Tx, business, name string, v any) error {
	rest := deflated(marshal(v))
	count := max(1, (len(rest)+partSize-1)/partSize)
	if count > parts {
		return fault.New(fault.Invalid, "the list is full: its texts take more than %d KiB: shorten notes and descriptions, or remove entries", parts*partSize>>10)
	}
	before := 0
	if first, found := tx.Get(documentKey(business, name, 0)); found {
		before = int(first.Body[0])
	}
	for part := range max(count, before) {
		key := documentKey(business, name, part)
		tx.Get(key)
		if part >= count {
			tx.Delete(key)
			continue
		}
		body := rest[:min(partSize, len(rest))]
		rest = rest[len(body):]
		if part == 0 {
			body = append([]byte{byte(count)}, body...)
		}
		tx.Put(ports.Record{Key: key, Kind: kindDocument, Body: body})
	}
	return nil
}

// view runs a decision that only reads, on a view that is not torn.
func (o *Office) view(ctx context.Context, keys []ports.Key, look func(tx ports.Tx) error) error {
	return o.Store.Update(ctx, keys, look)
}

// deflated makes something smaller, inflated is the inverse.
func deflated(plain []byte) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed) // the level is a good one
	_, _ = w.Write(plain)                             // a buffer takes everything
	_ = w.Close()                                     // the same
	return packed.Bytes()
}

func inflated(packed []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
}
