package boltstore

import (
	"encoding/binary"
	"os"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// The form of bbolt's pages, in the byte order of the machine that wrote them.
const (
	pageHead     = 16
	branchFlag   = 0x01
	leafFlag     = 0x02
	freelistFlag = 0x10
	bucketFlag   = 0x01
	elementSize  = 16
	bucketHead   = 16
	// maxDepth is more than any tree is deep.
	maxDepth = 40
)

var order = binary.NativeEndian

// inspector looks for the damage in a file that bbolt would not survive, or would make worse, when it opens it.
type inspector struct {
	file *os.File
	header
	// seen are the pages of the tree met so far. One that is met twice would be walked for ever.
	seen map[uint64]bool
}

// inspect returns an error, Corrupt or Invalid, for a file that must not be given to bbolt. It reads the pages that lead to
// the records, not the records. An empty file is one that is to be made.
func inspect(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	h, err := readHeader(file)
	if err != nil {
		return err
	}
	if h.pages > uint64(info.Size()/h.pageSize) {
		return fault.New(fault.Corrupt, "it has %d bytes and should have at least %d: restore it from a backup",
			info.Size(), h.pages*uint64(h.pageSize))
	}
	if h.freelist == noFreelist {
		return fault.New(fault.Invalid, "it is the bbolt file of another program: name another one")
	}
	i := &inspector{file: file, header: h, seen: map[uint64]bool{}}
	if !i.freelistIsWhole() {
		return fault.New(fault.Corrupt, "its list of free pages is damaged: restore it from a backup")
	}
	if !i.treeIsWhole(h.root, true, 0) {
		return fault.New(fault.Corrupt, "the pages that lead to its records are damaged: restore it from a backup")
	}
	return nil
}

// page is one page with those that it overflows into.
type page struct {
	flags uint16
	count int
	bytes []byte
}

// read returns a page of the tree or the free list; false when there is none.
func (i *inspector) read(id uint64, whole bool) (page, bool) {
	head := make([]byte, pageHead)
	if id < 2 || id >= i.pages {
		return page{}, false
	}
	if _, err := i.file.ReadAt(head, int64(id)*i.pageSize); err != nil || order.Uint64(head) != id {
		return page{}, false
	}
	p := page{flags: order.Uint16(head[8:]), count: int(order.Uint16(head[10:])), bytes: head}
	overflow := uint64(order.Uint32(head[12:]))
	if id+overflow >= i.pages {
		return page{}, false
	}
	if !whole {
		return p, true
	}
	p.bytes = make([]byte, int64(overflow+1)*i.pageSize)
	_, err := i.file.ReadAt(p.bytes, int64(id)*i.pageSize)
	return p, err == nil
}

// freelistIsWhole demands that the free pages are in order and within the file: bbolt writes over whatever the list names.
func (i *inspector) freelistIsWhole() bool {
	p, ok := i.read(i.freelist, true)
	if !ok || p.flags != freelistFlag {
		return false
	}
	// A count too large for its 16 bits stands before the list.
	count, ids := uint64(p.count), p.bytes[pageHead:]
	if count == 0xFFFF {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return false
	}
	last := uint64(1)
	for n := range count {
		id := order.Uint64(ids[8*n:])
		if id <= last || id >= i.pages {
			return false
		}
		last = id
	}
	return true
}

// treeIsWhole demands that the branches of a tree lead to pages of the file, none of them twice. Of the leaves it reads
// only those of the tree of buckets, and the first of each branch, to know that they are leaves.
func (i *inspector) treeIsWhole(id uint64, ofBuckets bool, depth int) bool {
	p, ok := i.read(id, true)
	if !ok || i.seen[id] || depth > maxDepth || p.count*elementSize > len(p.bytes)-pageHead {
		return false
	}
	i.seen[id] = true
	switch {
	case p.flags == leafFlag && ofBuckets:
		return i.bucketsAreWhole(p)
	case p.flags == leafFlag:
		return true
	case p.flags != branchFlag || p.count == 0:
		return false
	}
	return i.branchIsWhole(p, ofBuckets, depth)
}

// branchIsWhole looks at what a branch leads to: all of it leaves, or all of it branches, since every way down a tree is
// equally long.
func (i *inspector) branchIsWhole(p page, ofBuckets bool, depth int) bool {
	overLeaves := false
	for n := range p.count {
		element := p.bytes[pageHead+n*elementSize:]
		child := order.Uint64(element[8:])
		if !p.holds(n, uint64(order.Uint32(element))+uint64(order.Uint32(element[4:]))) {
			return false
		}
		if n == 0 && !ofBuckets {
			first, ok := i.read(child, false)
			overLeaves = ok && first.flags == leafFlag
		}
		if !overLeaves {
			if !i.treeIsWhole(child, ofBuckets, depth+1) {
				return false
			}
			continue
		}
		if child < 2 || child >= i.pages || i.seen[child] {
			return false
		}
		i.seen[child] = true
	}
	return true
}

// holds reports whether what an element points to ends within the page; it counts from the element's own place.
func (p page) holds(element int, end uint64) bool {
	return uint64(pageHead+element*elementSize)+end <= uint64(len(p.bytes))
}

// bucketsAreWhole looks at the trees of the buckets that a leaf names. A small bucket has no tree and stands in the leaf.
func (i *inspector) bucketsAreWhole(p page) bool {
	for n := range p.count {
		element := p.bytes[pageHead+n*elementSize:]
		value := uint64(order.Uint32(element[4:])) + uint64(order.Uint32(element[8:]))
		size := uint64(order.Uint32(element[12:]))
		if !p.holds(n, value+size) {
			return false
		}
		if order.Uint32(element) != bucketFlag {
			continue
		}
		if size < bucketHead {
			return false
		}
		if root := order.Uint64(element[value:]); root != 0 && !i.treeIsWhole(root, false, 0) {
			return false
		}
	}
	return true
}
