package main

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// payload is a block taken apart as far as a forger needs: what stands before the entries, and the entries.
type payload struct {
	head    []byte
	entries [][]byte
	hash    []byte
}

// decode takes a block's bytes apart by the tables of docs/ledger.md.
func decode(b []byte) (*payload, error) {
	if len(b) < 32 {
		return nil, errShape
	}
	r := &cursor{b: b[:len(b)-32]}
	for range 4 {
		r.number()
	}
	for range 3 * r.count() {
		r.text()
	}
	p := &payload{head: bytes.Clone(r.b[:min(r.at, len(r.b))]), hash: bytes.Clone(b[len(b)-32:])}
	for range r.count() {
		start := r.at
		for range 3 {
			r.number()
		}
		r.signed()
		for range 6 {
			r.number()
		}
		for range 3 {
			r.text()
		}
		if r.bad {
			return nil, errShape
		}
		p.entries = append(p.entries, bytes.Clone(r.b[start:r.at]))
	}
	if r.bad || r.at != len(r.b) {
		return nil, errShape
	}
	return p, nil
}

func (p *payload) encode() []byte {
	b := binary.AppendUvarint(bytes.Clone(p.head), uint64(len(p.entries)))
	return append(b, slices.Concat(p.entries...)...)
}

// changeAmount adds one pico-dollar to the first settle, the smallest lie there is.
func changeAmount(p *payload) bool {
	for i, e := range p.entries {
		if e[0] != 2 {
			continue
		}
		r := &cursor{b: e}
		for range 3 {
			r.number()
		}
		start := r.at
		amount := r.signed()
		p.entries[i] = slices.Concat(e[:start], binary.AppendVarint(nil, amount+1), e[r.at:])
		return true
	}
	return false
}

// dropEntry forgets the last entry of a block with several.
func dropEntry(p *payload) bool {
	if len(p.entries) < 2 {
		return false
	}
	p.entries = p.entries[:len(p.entries)-1]
	return true
}

// swapEntries exchanges the first two entries that differ.
func swapEntries(p *payload) bool {
	for i := 1; i < len(p.entries); i++ {
		if !bytes.Equal(p.entries[i-1], p.entries[i]) {
			p.entries[i-1], p.entries[i] = p.entries[i], p.entries[i-1]
			return true
		}
	}
	return false
}

// insertEntry adds the hold of a task's attempt 99, for which nobody ever called.
func insertEntry(p *payload) bool {
	if len(p.entries) == 0 {
		return false
	}
	r := &cursor{b: p.entries[0], at: 1}
	ordinal := r.number()
	forged := binary.AppendUvarint([]byte{1}, ordinal)
	forged = binary.AppendUvarint(forged, 99)
	forged = binary.AppendVarint(forged, 1_000_000)
	forged = append(forged, make([]byte, 9)...)
	p.entries = append(p.entries, forged)
	return true
}

// cursor reads the encodings of the document. After the first failure everything reads as zero.
type cursor struct {
	b   []byte
	at  int
	bad bool
}

func (r *cursor) number() uint64 {
	v, n := binary.Uvarint(r.b[min(r.at, len(r.b)):])
	r.step(n)
	return v
}

// count is a number of things that follow: no more than there are bytes.
func (r *cursor) count() int {
	v := r.number()
	if v > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *cursor) signed() int64 {
	v, n := binary.Varint(r.b[min(r.at, len(r.b)):])
	r.step(n)
	return v
}

func (r *cursor) text() { r.skip(r.count()) }

func (r *cursor) skip(n int) {
	if n < 0 || r.at+n > len(r.b) {
		r.bad = true
		return
	}
	r.at += n
}

func (r *cursor) step(n int) {
	if n <= 0 {
		r.bad = true
		return
	}
	r.at += n
}
