package httpapi

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALimiterForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	l := newLimiter(2)
	for i := range mostLimited {
		require.Zero(t, l.take(strconv.Itoa(i), now))
	}
	require.Zero(t, l.take("one more", now))
	require.Len(t, l.names, mostLimited/2+1, "none has a full allowance: half begin anew")
	require.Zero(t, l.take("another", now.Add(time.Minute)))
	for i := range mostLimited {
		l.take("x"+strconv.Itoa(i), now.Add(2*time.Minute))
	}
	require.LessOrEqual(t, len(l.names), mostLimited)
	require.Zero(t, newLimiter(-1).take("x", now), "below zero limits nothing")
}
