package guardmodel_test

import (
	"context"
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
		})
	}
}

func TestACallAllocatesLittle(t *testing.T) {
	guard := guardmodel.New(instant{}, sysclock.Clock{}, nil)
	allocations := testing.AllocsPerRun(1000, func() { _, _ = guard.Call(t.Context(), request) })
	require.LessOrEqual(t, allocations, 2.0)
}
