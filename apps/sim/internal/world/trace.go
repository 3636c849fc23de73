package world

import (
	"fmt"
	"io"
)

// trace is all that happened, as a running hash and, if somebody reads it, as text. Two runs of one seed have the same
// text, byte for byte.
type trace struct {
	hash uint64
	out  io.Writer
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func newTrace(out io.Writer) *trace { return &trace{hash: fnvOffset, out: out} }

func (t *trace) text(s string) {
	for i := range len(s) {
		t.hash = (t.hash ^ uint64(s[i])) * fnvPrime
	}
	t.hash = (t.hash ^ 0xff) * fnvPrime
}

func (t *trace) number(n int64) {
	for range 8 {
		t.hash = (t.hash ^ uint64(n&0xff)) * fnvPrime
		n >>= 8
	}
}

// note adds one line: when, who, what and how it went.
func (w *World) note(who, what, which, how string) {
	t := w.trace
	at := w.Now().Sub(epoch)
	t.number(int64(at))
	t.text(who)
	t.text(what)
	t.text(which)
	t.text(how)
	if t.out != nil {
		fmt.Fprintf(t.out, "%14s  %-8s %-16s %s", at, who, what, which)
		if how != "" {
			fmt.Fprintf(t.out, "  [%s]", how)
		}
		fmt.Fprintln(t.out)
	}
}
