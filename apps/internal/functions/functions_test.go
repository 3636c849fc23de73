package functions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// lines are those of a log, without their times.
func lines(t *testing.T, out *bytes.Buffer) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(out.String()) {
		var told map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &told))
		delete(told, "time")
		list = append(list, told)
	}
	return list
}

func TestStart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	got, code := functions.Start(&out, "worker", func() (string, error) { return "made", nil })
	require.Zero(t, code)
	require.Equal(t, "made", got)
	require.Empty(t, out.String())

	problem := func(n int) error { return fmt.Errorf("problem %d", n) }
	got, code = functions.Start(&out, "worker", func() (string, error) {
		return "half made", errors.Join(problem(1), errors.Join(problem(2), problem(3)), fault.New(fault.Invalid, "problem 4: %w", problem(0)))
	})
	require.Equal(t, 1, code)
	require.Empty(t, got)
	var want []map[string]any
	for _, detail := range []string{"problem 1", "problem 2", "problem 3", "problem 4: problem 0"} {
		want = append(want, map[string]any{"level": "ERROR", "msg": "the function cannot start", "function": "worker", "detail": detail})
	}
	require.Equal(t, want, lines(t, &out))
}

func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := functions.NewLogger(&out, "worker", settings.Shared{Stage: "prod", Release: "v7", LogLevel: "warn"})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	logger.InfoContext(ctx, "too little")
	logger.WarnContext(ctx, "said", "key", ports.Secret("canary"))
	logger.With("job", "j-1").ErrorContext(t.Context(), "outside of an invocation")
	logger.WithGroup("group").ErrorContext(ctx, "grouped", slog.Int("n", 3))
	require.NotContains(t, out.String(), "canary")
	told := lines(t, &out)
	require.Len(t, told, 3)
	for _, line := range told {
		require.Equal(t, []any{"worker", "prod", "v7"}, []any{line["function"], line["stage"], line["release"]})
	}
	require.Equal(t, "request-1", told[0]["invocation"])
	require.Equal(t, "j-1", told[1]["job"])
	require.NotContains(t, told[1], "invocation")
	require.Contains(t, out.String(), `"invocation":"request-1"`)
}

func TestTheLevelIsInfoWhenNothingIsSaid(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := functions.NewLogger(&out, "api", settings.Shared{})
	logger.Debug("too little")
	logger.Info("said")
	require.Len(t, lines(t, &out), 1)
}
