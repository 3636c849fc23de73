package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The benchmarks print lines of the form "BENCH name value unit"; `make bench` runs each once. Work is the Example's
// kind with a brief of 1 KB and answers of 2,000 bytes, from Submit to the job's end, on an instant model.

// Calls that are open at once: a few parcels for memory, and for the embedded store enough that every fsync has company.
const (
	memCalls  = 800
	boltCalls = 3200
)

func benchLine(name string, value any, unit string) {
	fmt.Printf("BENCH %s %v %s\n", name, value, unit)
}

func benchInput(tasks int) []byte {
	input, _ := json.Marshal(map[string]any{"brief": strings.Repeat("kites and wind ", 64), "count": tasks})
	return input
}

type bench struct {
	engine *engine.Engine
	queue  *memqueue.Queue
	worker *localworker.Worker
}

func newBench(t testing.TB, store ports.Store, epoch int64, calls int) *bench {
	b := &bench{queue: memqueue.New(sysclock.Clock{}, nil)}
	var err error
	b.engine, err = engine.New(engine.Ports{
		Store: store, Queue: b.queue, Model: parrot{strings.Repeat("x", 1976)}, Clock: sysclock.Clock{}, Group: sysclock.Group{},
		IDs: sysclock.NewIDs(), Observer: ending{func() { b.worker.Stop() }},
	}, []job.Kind{slogans{}}, &engine.Options{Calls: calls, FlushResults: 25, FlushAfter: 250 * time.Millisecond, Epoch: epoch})
	require.NoError(t, err)
	b.worker = localworker.New(b.engine, b.queue, &localworker.Options{Parcels: calls / job.ParcelSize})
	return b
}

// run submits and works until the job has ended, and returns how long both took.
func (b *bench) run(t testing.TB, tasks int) (submitted, ended time.Duration) {
	start := time.Now()
	receipt, err := b.engine.Submit(t.Context(), engine.Submission{Tenant: "acme", Kind: "slogans", Input: benchInput(tasks)})
	require.NoError(t, err)
	submitted = time.Since(start)
	require.NoError(t, b.worker.Run(t.Context()))
	ended = time.Since(start)
	p, err := b.engine.Progress(context.Background(), receipt.Job.ID)
	require.NoError(t, err)
	require.Equal(t, job.StateCompleted, p.Job.State, p.Job.Detail)
	return submitted, ended
}

func median[T int | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func openBolt(t testing.TB) *boltstore.Store {
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "bench.db"), sysclock.Clock{}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// throughput runs the job several times on fresh stores and prints the medians.
func throughput(t testing.TB, name string, tasks, runs, calls int, open func() (ports.Store, int64)) {
	var rates, allocs []float64
	for range runs {
		store, epoch := open()
		b := newBench(t, store, epoch, calls)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, took := b.run(t, tasks)
		runtime.ReadMemStats(&after)
		rates = append(rates, float64(tasks)/took.Seconds())
		allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(tasks))
	}
	benchLine("engine/"+name, int(median(rates)), "tasks/s")
	benchLine("engine/"+name+"/allocs", fmt.Sprintf("%.1f", median(allocs)), "allocs/task")
}

func BenchmarkEngineMemstore(b *testing.B) {
	throughput(b, "memstore", 50_000, 5, memCalls, func() (ports.Store, int64) { return memstore.New(sysclock.Clock{}, nil), 0 })
}

func BenchmarkEngineBoltstore(b *testing.B) {
	throughput(b, "boltstore", 50_000, 5, boltCalls, func() (ports.Store, int64) {
		store := openBolt(b)
		return store, store.Epoch()
	})
	benchLine("disk/fsync", fmt.Sprintf("%.2f", float64(fsync(b).Microseconds())/1000), "ms")
}

// fsync is the median time that the disk takes to make one written page durable.
func fsync(t testing.TB) time.Duration {
	file, err := os.Create(filepath.Join(t.TempDir(), "fsync"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var took []time.Duration
	for range 200 {
		_, err := file.WriteAt(make([]byte, 4096), 0)
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, file.Sync())
		took = append(took, time.Since(start))
	}
	return median(took)
}

func BenchmarkSubmit(b *testing.B) {
	for _, tasks := range []int{10, 1_000, 100_000} {
		var took []float64
		for range 7 {
			store := openBolt(b)
			bench := newBench(b, store, store.Epoch(), boltCalls)
			start := time.Now()
			_, err := bench.engine.Submit(b.Context(), engine.Submission{Tenant: "acme", Kind: "slogans", Input: benchInput(tasks), Cap: 1e15})
			require.NoError(b, err)
			took = append(took, float64(time.Since(start).Microseconds())/1000)
		}
		benchLine(fmt.Sprintf("submit/%d", tasks), fmt.Sprintf("%.2f", median(took)), "ms")
	}
}

func BenchmarkMemory(b *testing.B) {
	for _, tasks := range []int{1_000, 100_000} {
		store := openBolt(b)
		bench := newBench(b, store, store.Epoch(), boltCalls)
		runtime.GC()
		var peak atomic.Uint64
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapAlloc))
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		bench.run(b, tasks)
		close(stop)
		<-stopped
		benchLine(fmt.Sprintf("memory/%d", tasks), fmt.Sprintf("%.1f", float64(peak.Load())/(1<<20)), "MB")
	}
}
