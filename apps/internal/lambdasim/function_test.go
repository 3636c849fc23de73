package lambdasim_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// do invokes and returns what the function said.
func (w world) do(t *testing.T, r request) (answer, lambdasim.Result) {
	t.Helper()
	event, err := json.Marshal(r)
	require.NoError(t, err)
	result, err := w.Invoke(t.Context(), event)
	require.NoError(t, err)
	var a answer
	if result.Error == nil {
		require.NoError(t, json.Unmarshal(result.Payload, &a), "%s", result.Payload)
	}
	return a, result
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo")
	first, cold := w.do(t, request{Do: "one"})
	second, warm := w.do(t, request{Do: "two"})
	require.Equal(t, "one", first.Got)
	require.Equal(t, "two", second.Got)
	require.Equal(t, first.PID, second.PID, "the environment is reused")
	require.True(t, cold.Cold)
	require.Positive(t, cold.Init)
	require.False(t, warm.Cold)
	require.Zero(t, warm.Init)
	require.Positive(t, warm.Duration)
	require.Greater(t, warm.MaxRSS, int64(1<<20))
}
