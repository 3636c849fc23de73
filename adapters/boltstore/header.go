package boltstore

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// header is what the store must know of bbolt's own header, which stands on the first two pages in turns.
type header struct {
	pageSize int64
	// root is the page where the tree of buckets begins.
	root uint64
	// freelist is the page where the list of free pages begins.
	freelist uint64
	// pages is how many pages the file has.
	pages uint64
	// txid is the number of the last transaction that counts.
	txid uint64
}

// The form of bbolt's header, in the byte order of the machine that wrote it.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2
	headerSize  = 64
	noFreelist  = ^uint64(0)
)

// readHeader returns the header that counts: of those that are whole the one with the higher number.
func readHeader(file *os.File) (header, error) {
	found, marked, ok := headerAt(file, 0)
	// The second header is on the second page: where that begins only the first one tells, and that may be damaged.
	for offset := int64(1024); offset <= 16<<20; offset *= 2 {
		if ok && offset != found.pageSize {
			continue
		}
		second, magic, whole := headerAt(file, offset)
		marked = marked || magic
		if whole && second.pageSize == offset && (!ok || second.txid > found.txid) {
			found, ok = second, true
		}
	}
	switch {
	case ok:
		return found, nil
	case marked:
		return header{}, fault.New(fault.Corrupt, "its header is damaged: restore it from a backup")
	default:
		return header{}, fault.New(fault.Invalid, "it is no store file: name another one")
	}
}

// headerAt reads the page at an offset as a header. Magic says whether it looks like one, whole whether it is.
func headerAt(file io.ReaderAt, offset int64) (h header, magic, whole bool) {
	page := make([]byte, pageHead+headerSize)
	if n, _ := file.ReadAt(page, offset); n < len(page) {
		return header{}, false, false
	}
	body, order := page[pageHead:], binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(body[:headerSize-8])
	magic = order.Uint32(body) == boltMagic
	whole = magic && order.Uint32(body[4:]) == boltVersion && order.Uint64(body[headerSize-8:]) == sum.Sum64()
	h = header{
		pageSize: int64(order.Uint32(body[8:])),
		root:     order.Uint64(body[16:]),
		freelist: order.Uint64(body[32:]),
		pages:    order.Uint64(body[40:]),
		txid:     order.Uint64(body[48:]),
	}
	return h, magic, whole && h.pageSize >= 1024
}
