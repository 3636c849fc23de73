package lambdasim_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// scheduled is a function that keeps the times of its events.
type scheduled struct{ times []time.Time }

func (s *scheduled) Invoke(_ context.Context, event []byte) (lambdasim.Result, error) {
	var e events.EventBridgeEvent
	err := json.Unmarshal(event, &e)
	s.times = append(s.times, e.Time)
	if len(s.times) == 2 {
		time.Sleep(150 * time.Second)
	}
	return lambdasim.Result{}, err
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, done := &scheduled{}, 0
		ctx, cancel := context.WithTimeout(t.Context(), 390*time.Second)
		defer cancel()
		begin := time.Now().UTC()
		schedule := lambdasim.Schedule{Function: f, Every: time.Minute, Done: func(_ lambdasim.Result, err error) {
			require.NoError(t, err)
			done++
		}}
		require.NoError(t, schedule.Run(ctx))
		var minutes []int
		for _, at := range f.times {
			minutes = append(minutes, int(at.Sub(begin).Minutes()))
		}
		require.Equal(t, []int{1, 2, 3, 5, 6}, minutes, "the second one works until 4:30: the third is late, and the fourth is left out")
		require.Equal(t, len(minutes), done)
	})
}

func TestScheduleEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 20, 30, 400, time.FixedZone("", 3600))
	var event map[string]any
	require.NoError(t, json.Unmarshal(lambdasim.Schedule{Rule: "sweep", Region: "eu-central-1", Account: "123456789012"}.Event(at), &event))
	require.Len(t, event["id"], 36)
	delete(event, "id")
	require.Equal(t, map[string]any{
		"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012", "time": "2026-11-22T09:20:30Z",
		"region": "eu-central-1", "resources": []any{"arn:aws:events:eu-central-1:123456789012:rule/sweep"}, "detail": map[string]any{},
	}, event)
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, lambdasim.Schedule{Every: time.Minute}.Run(t.Context()), fault.Invalid)
	require.ErrorIs(t, lambdasim.Schedule{Function: &scheduled{}}.Run(t.Context()), fault.Invalid)
}
