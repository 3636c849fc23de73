package world

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// stream is a source of chance of its own.
func (w *World) stream(number uint64) *rand.Rand { return rand.New(rand.NewPCG(w.config.Seed, number)) }

// roll are the dice of whoever moves.
func (w *World) roll() *rand.Rand {
	if s := w.Current(); s != nil {
		switch tag := s.Tag.(type) {
		case *task:
			return tag.m.dice
		case *person:
			return tag.dice
		}
	}
	return w.dice
}

// percent is true that often.
func (w *World) percent(n int) bool { return w.roll().IntN(100) < n }

// between draws a time.
func (w *World) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(w.roll().Int64N(int64(most-least)))
}

// ids is ports.IDs from the seed. It remembers who drew each token.
type ids struct {
	dice   *rand.Rand
	owners map[ports.Token]*Machine
	drawn  uint64
}

type machineIDs struct {
	*ids
	m *Machine
}

var _ ports.IDs = machineIDs{}

// NewID implements ports.IDs.
func (i machineIDs) NewID() string {
	i.drawn++
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", i.ids.drawn>>24&0xffffffff, i.ids.drawn>>12&0xfff, i.ids.drawn&0xfff, 0, i.ids.drawn)
}

// NewToken implements ports.IDs.
func (i machineIDs) NewToken() (t ports.Token) {
	for at := range t {
		t[at] = byte(i.dice.Uint32())
	}
	i.owners[t] = i.m
	return t
}

// Jitter implements ports.IDs.
func (i machineIDs) Jitter() float64 { return i.dice.Float64() }
