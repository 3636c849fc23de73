package emfmetrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/ports"
)

// watchClock stands still until it is set.
type watchClock struct {
	ports.Clock
	now time.Time
}

func (c *watchClock) Now() time.Time { return c.now }

func (c *watchClock) pass(d time.Duration) { c.now = c.now.Add(d) }

// world is metrics with what they wrote.
type world struct {
	*emfmetrics.Metrics
	clock *watchClock
	out   *bytes.Buffer
}

func setup(options *emfmetrics.Options) *world {
	w := &world{clock: &watchClock{now: time.Date(2026, time.March, 1, 12, 30, 0, 0, time.UTC)}, out: &bytes.Buffer{}}
	if options == nil {
		options = &emfmetrics.Options{Service: "worker", Stage: "dev"}
	}
	w.Metrics = emfmetrics.New(w.out, w.clock, options)
	return w
}

func (w *world) tell(t *testing.T, events ...ports.Event) {
	t.Helper()
	for _, event := range events {
		w.Observe(t.Context(), event)
	}
}

// flush writes what was counted and returns it as CloudWatch would take it in.
func (w *world) flush(t *testing.T) metrics {
	t.Helper()
	w.out.Reset()
	require.NoError(t, w.Flush(context.Background()))
	all := metrics{}
	for text := range strings.Lines(w.out.String()) {
		read(t, text, all)
	}
	return all
}

// metrics are the values of each metric: by its name, followed by its third dimension as "[FaultKind=throttled]".
type metrics map[string][]float64

// The format's objects, with the members that it knows.
type (
	root struct {
		Timestamp         *int64
		CloudWatchMetrics []directive
	}
	directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	definition struct{ Name, Unit string }
)

// Bounds that the specification sets for every line, and tighter ones that this package promises.
const (
	maxMetrics = 100
	maxArray   = 100
	maxLine    = 8 << 10
)

var label = regexp.MustCompile(`^[0-9A-Za-z./_-]{1,100}$`)

// read takes one line apart, by the rules of "Specification: Embedded metric format" in the Amazon CloudWatch User Guide.
func read(t *testing.T, text string, all metrics) {
	t.Helper()
	require.Less(t, len(text), maxLine)
	require.True(t, strings.HasSuffix(text, "\n"))
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &members), text)
	var meta root
	strict(t, members["_aws"], &meta)
	require.NotNil(t, meta.Timestamp)
	require.NotEmpty(t, meta.CloudWatchMetrics)
	referenced := map[string]bool{"_aws": true}
	for _, d := range meta.CloudWatchMetrics {
		require.Equal(t, "MarketBrewer", d.Namespace)
		require.Len(t, d.Dimensions, 1)
		require.GreaterOrEqual(t, len(d.Dimensions[0]), 2)
		require.LessOrEqual(t, len(d.Dimensions[0]), 3)
		require.Equal(t, []string{"Service", "Stage"}, d.Dimensions[0][:2])
		suffix := ""
		for _, name := range d.Dimensions[0] {
			var value string
			strict(t, members[name], &value)
			require.Regexp(t, label, value)
			referenced[name] = true
			if name != "Service" && name != "Stage" {
				require.Contains(t, []string{"FaultKind", "Model", "Alert"}, name)
				suffix = "[" + name + "=" + value + "]"
			}
		}
		require.NotEmpty(t, d.Metrics)
		require.LessOrEqual(t, len(d.Metrics), maxMetrics)
		for _, m := range d.Metrics {
			require.Contains(t, []string{"", "Count", "Milliseconds", "Percent"}, m.Unit)
			require.NotContains(t, all, m.Name+suffix, "a metric is there twice")
			require.False(t, referenced[m.Name], "two metrics share a value")
			referenced[m.Name] = true
			all[m.Name+suffix] = numbers(t, members[m.Name])
		}
	}
	for name := range members {
		require.True(t, referenced[name], "%s is in no metric", name)
	}
}

func strict(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(into), string(text))
}

// numbers are the values of a metric: one, or an array of some.
func numbers(t *testing.T, text []byte) []float64 {
	t.Helper()
	var one float64
	if json.Unmarshal(text, &one) == nil {
		return []float64{one}
	}
	var many []float64
	strict(t, text, &many)
	require.NotEmpty(t, many)
	require.LessOrEqual(t, len(many), maxArray)
	for _, v := range many {
		require.Less(t, math.Abs(v), math.Pow(2, 360))
	}
	return many
}
