package dynamofake

import (
	"bytes"
	"strconv"
	"strings"
)

// Value is an attribute value: text, a number or bytes.
type Value struct {
	S *string `json:"S,omitempty"`
	N *string `json:"N,omitempty"`
	B []byte  `json:"B,omitempty"`
}

// Item is a stored item, or its key.
type Item map[string]Value

func (v Value) size() int {
	switch {
	case v.S != nil:
		return len(*v.S)
	case v.N != nil:
		return (len(strings.Trim(*v.N, "-0"))+1)/2 + 1
	}
	return len(v.B)
}

// size is what an item takes, names and values.
func (i Item) size() int {
	size := 0
	for name, v := range i {
		size += len(name) + v.size()
	}
	return size
}

// compare orders two values of one type; false when they are of different ones.
func (v Value) compare(other Value) (int, bool) {
	switch {
	case v.S != nil && other.S != nil:
		return strings.Compare(*v.S, *other.S), true
	case v.N != nil && other.N != nil:
		a, errA := strconv.ParseInt(*v.N, 10, 64)
		b, errB := strconv.ParseInt(*other.N, 10, 64)
		return int(min(1, max(-1, a-b))), errA == nil && errB == nil
	case v.B != nil && other.B != nil:
		return bytes.Compare(v.B, other.B), true
	}
	return 0, false
}

func units(size, step int) float64 { return float64(max(1, (size+step-1)/step)) }
