package deploy_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestAlarmsWatchMetricsThatAreWritten holds each alarm on a metric of our own against a line of the observer.
func TestAlarmsWatchMetricsThatAreWritten(t *testing.T) {
	t.Parallel()
	s := stack(t, deploy.Embedded(), "prod")
	watched := 0
	for _, a := range s.Typed("AWS::CloudWatch::Alarm") {
		if property(s, a, "Namespace") != "MarketBrewer" {
			continue
		}
		watched++
		var out bytes.Buffer
		service, _ := property(s, a, "Dimensions", 0, "Value").(string)
		stage, _ := property(s, a, "Dimensions", 1, "Value").(string)
		metrics := emfmetrics.New(&out, sysclock.Clock{}, &emfmetrics.Options{Service: service, Stage: stage})
		metrics.Observe(t.Context(), ports.Event{Name: ports.EventMessageReturned, Count: 4})
		metrics.Observe(t.Context(), ports.Event{Name: ports.EventDeadLetter, Count: 1})
		require.NoError(t, metrics.Flush(t.Context()))
		var line map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		require.Contains(t, line, property(s, a, "MetricName"), a)
		require.Equal(t, "MarketBrewer", at(line, "_aws", "CloudWatchMetrics", 0, "Namespace"))
		require.Equal(t, []any{property(s, a, "Dimensions", 0, "Name"), property(s, a, "Dimensions", 1, "Name")},
			at(line, "_aws", "CloudWatchMetrics", 0, "Dimensions", 0))
	}
	require.Equal(t, 4, watched)
}
