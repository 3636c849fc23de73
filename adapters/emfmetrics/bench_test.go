package emfmetrics_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

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

// BenchmarkFlush is what an invocation of a hundred pages writes.
func BenchmarkFlush(b *testing.B) {
	w := setup(nil)
	for b.Loop() {
		for i := range 100 {
			took := time.Duration(3000+i*97) * time.Millisecond
			w.Observe(b.Context(), ports.Event{Name: ports.EventCall, Duration: took})
			w.Observe(b.Context(), ports.Event{Name: ports.EventTaskEnded, Detail: "completed"})
			w.Observe(b.Context(), ports.Event{Name: ports.EventStoreUsed, WriteUnits: 3, Duration: took / 1000})
		}
		for range 4 {
			w.Observe(b.Context(), ports.Event{Name: ports.EventMessageReceived, Count: 1, Duration: 3 * time.Second})
			w.Observe(b.Context(), ports.Event{Name: ports.EventMoney, Held: 1 << 40, Settled: 1 << 38})
		}
		w.Observe(b.Context(), ports.Event{Name: ports.EventQuota, Model: "claude-haiku-5-5", QuotaUsed: 400})
		w.out.Reset()
		if err := w.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	fmt.Printf("BENCH emf/line %d bytes-per-invocation\nBENCH emf/lines %d per-invocation\n", w.out.Len(), bytes.Count(w.out.Bytes(), []byte("\n")))
}
