package boltstore

import (
	"bytes"
	"context"

	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// pageBytes and pageScan cut a page short, so that its read transaction ends soon and its memory stays small.
	pageBytes = 1 << 20
	pageScan  = 4 * ports.MaxList
)

// List implements ports.Store. Like Get it sees what is on disk.
func (s *Store) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := ctx.Err(); err != nil {
		return ports.Page{}, err
	}
	last, err := storetx.Resolve("boltstore", &r)
	if err != nil {
		return ports.Page{}, err
	}
	storetx.Narrow(&r, last)
	if err := s.enter(); err != nil {
		return ports.Page{}, err
	}
	defer s.leave()
	now := s.clock.Now().Unix()
	var page ports.Page
	err = s.view(func(records *bolt.Bucket) (err error) {
		page, err = readPage(newWalk(records.Cursor(), r), r, now)
		return err
	})
	if err != nil {
		return ports.Page{}, err
	}
	return page, nil
}

// walk goes over the stored records of a range in one direction.
type walk struct {
	cursor *bolt.Cursor
	// low is the first key, inclusive, high the end, exclusive.
	low, high []byte
	down      bool
	begun     bool
}

func newWalk(cursor *bolt.Cursor, r ports.Range) *walk {
	w := &walk{cursor: cursor, down: r.Descending}
	w.low = appendKey(nil, ports.Key{Partition: r.Partition, Sort: r.From})
	if r.To == "" {
		// No key of the partition reaches the byte after the zero.
		w.high = append([]byte(r.Partition), 1)
	} else {
		w.high = appendKey(nil, ports.Key{Partition: r.Partition, Sort: r.To})
	}
	return w
}

// next returns the next stored key and value, or nil at the end.
func (w *walk) next() (key, value []byte) {
	switch {
	case w.begun && w.down:
		key, value = w.cursor.Prev()
	case w.begun:
		key, value = w.cursor.Next()
	case w.down:
		key, value = w.before(w.high)
	default:
		key, value = w.cursor.Seek(w.low)
	}
	w.begun = true
	if key == nil || bytes.Compare(key, w.low) < 0 || bytes.Compare(key, w.high) >= 0 {
		return nil, nil
	}
	return key, value
}

// before returns the last key below end.
func (w *walk) before(end []byte) (key, value []byte) {
	if key, _ := w.cursor.Seek(end); key == nil {
		return w.cursor.Last()
	}
	return w.cursor.Prev()
}

func readPage(w *walk, r ports.Range, now int64) (ports.Page, error) {
	page := ports.Page{}
	size, last := 0, ""
	for scanned := 0; ; scanned++ {
		stored, value := w.next()
		if stored == nil {
			return page, nil
		}
		key, ok := decodeKey(stored)
		if !ok || len(value) <= kindAt {
			return page, damaged(key)
		}
		if at := storedExpiry(value); at != 0 && at <= now && scanned < pageScan {
			last = key.Sort
			continue
		}
		if len(page.Records) == r.Limit || size >= pageBytes || scanned == pageScan {
			page.Cursor = storetx.Cursor(r, last)
			return page, nil
		}
		record, err := decode(key, value)
		if err != nil {
			return page, err
		}
		page.Records = append(page.Records, *record)
		size, last = size+len(record.Body), key.Sort
	}
}
