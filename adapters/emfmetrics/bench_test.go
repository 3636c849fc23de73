package emfmetrics_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// BenchmarkObserve is what counting one event takes, over the events of ordinary work.
func BenchmarkObserve(b *testing.B) {
	m := emfmetrics.New(io.Discard, &watchClock{}, nil)
	events := []ports.Event{
		porttest.FullEvent(ports.EventCall), porttest.FullEvent(ports.EventTaskEnded), porttest.FullEvent(ports.EventMoney),
		porttest.FullEvent(ports.EventStoreUsed), porttest.FullEvent(ports.EventLeased), porttest.FullEvent(ports.EventQuota),
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(b.Context(), events[i%len(events)])
		i++
	}
	fmt.Printf("BENCH emf/observe %.0f ns\nBENCH emf/allocations %.0f per-event\n", float64(b.Elapsed().Nanoseconds())/float64(b.N), allocated())
}

// allocated is how often an event of any name allocates once its model is known.
func allocated() float64 {
	m := emfmetrics.New(io.Discard, &watchClock{}, nil)
	return testing.AllocsPerRun(100, func() {
		for _, name := range porttest.Events() {
			m.Observe(context.Background(), porttest.FullEvent(name))
		}
	})
}

func TestObserveDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocated())
}
