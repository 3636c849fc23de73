package claudesim

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"sync/atomic"
)

// ids makes request ids that are unique within and across runs.
type ids struct {
	seed, start uint64
	count       atomic.Uint64
}

func (i *ids) request() string {
	var b [24]byte
	binary.BigEndian.PutUint64(b[:], i.seed)
	binary.BigEndian.PutUint64(b[8:], i.start)
	binary.BigEndian.PutUint64(b[16:], i.count.Add(1))
	sum := sha256.Sum256(b[:])
	return "req_01" + base62(sum[:16])
}

// base62 writes bytes with digits and letters, as the ids of the API do.
func base62(b []byte) string {
	const width = 22
	text := new(big.Int).SetBytes(b).Text(62)
	for len(text) < width {
		text = "0" + text
	}
	return text
}
