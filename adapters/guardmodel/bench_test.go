package guardmodel_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// instant answers without doing anything.
type instant struct{}

func (instant) Call(context.Context, job.Request) (ports.Reply, error) {
	return ports.Reply{Limits: ports.Limits{Requests: ports.Limit{Known: true, Max: 1 << 40}}}, nil
}

// BenchmarkGuard is what breaker and limiter add to one call.
func BenchmarkGuard(b *testing.B) {
	took := map[string]float64{}
	for name, model := range map[string]ports.Model{
		"Bare":    instant{},
		"Guarded": guardmodel.New(instant{}, sysclock.Clock{}, nil),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := model.Call(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
			took[name] = float64(b.Elapsed().Nanoseconds()) / float64(b.N)
		})
	}
	fmt.Printf("BENCH guard/overhead %.0f ns\nBENCH guard/allocations %.0f per-call\n", took["Guarded"]-took["Bare"], allocated(b))
}

// allocated is how often one guarded call allocates.
func allocated(b testing.TB) float64 {
	guard := guardmodel.New(instant{}, sysclock.Clock{}, nil)
	return testing.AllocsPerRun(1000, func() { _, _ = guard.Call(b.Context(), request) })
}

func TestACallAllocatesLittle(t *testing.T) {
	require.LessOrEqual(t, allocated(t), 2.0)
}
