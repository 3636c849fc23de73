package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// store is one shard of one job in the file.
type store struct {
	bucket *bolt.Bucket
	job    string
	shard  int
	rehash bool
}

var errShape = errors.New("a record does not have the documented shape")

// body splits a value into its envelope and its body: format 1 byte, version 8, expiry 8, kind with its length.
func body(value []byte) (envelope, rest []byte, err error) {
	if len(value) < 18 || value[0] != 1 {
		return nil, nil, errShape
	}
	n, width := binary.Uvarint(value[17:])
	at := 17 + width + int(n)
	if width <= 0 || at > len(value) {
		return nil, nil, errShape
	}
	return value[:at], value[at:], nil
}

// block is a ledger block of the file.
type block struct {
	key, envelope []byte
	parsed        *payload
}

// chain forges the first block that the forgery can be made in, and writes the chain back.
func (s *store) chain(forge func(*payload) bool) error {
	blocks, err := s.blocks()
	if err != nil {
		return err
	}
	done := false
	for _, b := range blocks {
		if done = forge(b.parsed); done {
			break
		}
	}
	if !done {
		return fmt.Errorf("shard %d of job %s has no block in which that can be done", s.shard, s.job)
	}
	previous := make([]byte, 32)
	for _, b := range blocks {
		bytes := b.parsed.encode()
		hash := b.parsed.hash
		if s.rehash {
			sum := sha256.Sum256(append(append([]byte{}, previous...), bytes...))
			hash = sum[:]
		}
		previous = hash
		if err := s.bucket.Put(b.key, append(append(append([]byte{}, b.envelope...), bytes...), hash...)); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) blocks() ([]block, error) {
	prefix := fmt.Appendf(nil, "job/%s/l%02d\x00b/", s.job, s.shard)
	var blocks []block
	cursor := s.bucket.Cursor()
	for key, value := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = cursor.Next() {
		envelope, rest, err := body(value)
		if err != nil {
			return nil, err
		}
		parsed, err := decode(rest)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block{key: bytes.Clone(key), envelope: bytes.Clone(envelope), parsed: parsed})
	}
	return blocks, nil
}

// counter counts one task less as completed and one more as failed than there are, under a right checksum.
func (s *store) counter() error {
	key := fmt.Appendf(nil, "job/%s/s%02d\x00header", s.job, s.shard)
	value := s.bucket.Get(key)
	if value == nil {
		return fmt.Errorf("job %s has no shard %d in this file", s.job, s.shard)
	}
	envelope, rest, err := body(value)
	if err != nil || len(rest) < 5 {
		return errShape
	}
	r := &cursor{b: rest[:len(rest)-4], at: 1}
	for range 3 {
		r.number()
	}
	r.signed()
	r.skip(1)
	before := r.at
	var counts [6]int64
	for i := range counts {
		counts[i] = r.signed()
	}
	if r.bad {
		return errShape
	}
	counts[3]--
	counts[4]++
	out := bytes.Clone(rest[:before])
	for _, n := range counts {
		out = binary.AppendVarint(out, n)
	}
	out = append(out, rest[r.at:len(rest)-4]...)
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(out, crc32.MakeTable(crc32.Castagnoli)))
	return s.bucket.Put(key, append(bytes.Clone(envelope), out...))
}
