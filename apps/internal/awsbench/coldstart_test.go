package awsbench

import (
	"flag"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

var full = flag.Bool("awsbench.full", false, "run all sizes and print BENCH lines")

// bench prints a figure.
func bench(name string, value any, unit string) { fmt.Printf("BENCH %s %v %s\n", name, value, unit) }

// program is a function's binary and its starts.
type program struct {
	name, path string
	env        map[string]string
	took       []time.Duration
	last       lambdasim.Start
}

// TestColdStart starts each function's binary, built for this machine, one after the other, again and again, beside a function
// that does nothing. The address of AWS accepts connections and never answers: a start that waited for a request would not end.
func TestColdStart(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	starts := 5
	if *full {
		starts = 30
	}
	programs := []*program{{name: "hello"}, {name: "worker"}, {name: "sweeper"}, {name: "api"}}
	for _, p := range programs {
		p.path = built(t, p.name)
		p.env = settingsOf(p.name, "http://"+silent.Addr().String())
	}
	for range starts {
		for _, p := range programs {
			p.last, err = lambdasim.ColdStart(t.Context(), p.path, p.env)
			require.NoError(t, err, p.name)
			p.took = append(p.took, p.last.ExecToNext)
		}
	}
	hello := median(programs[0].took)
	for _, p := range programs {
		m := median(p.took)
		bench("coldstart/"+p.name, fmt.Sprintf("%.2f", float64(m)/float64(hello)), "x-hello")
		bench("coldstart/"+p.name+"/median", fmt.Sprintf("%.1f", m.Seconds()*1000), "ms")
		bench("coldstart/"+p.name+"/size", fmt.Sprintf("%.1f", float64(p.last.Size)/1e6), "MB")
		bench("coldstart/"+p.name+"/rss", fmt.Sprintf("%.1f", float64(p.last.RSS)/1e6), "MB")
	}
}

func median(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)/2]
}
