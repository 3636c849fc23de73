package lambdasim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// do invokes and returns what the function said.
func (w world) do(t *testing.T, r request) (answer, lambdasim.Result) {
	t.Helper()
	result, err := w.Invoke(context.Background(), encode(t, r))
	require.NoError(t, err)
	var a answer
	if result.Error == nil {
		require.NoError(t, json.Unmarshal(result.Payload, &a), "%s", result.Payload)
	}
	return a, result
}

// hang begins an invocation that works until its process is killed, and returns when it is at work.
func (w world) hang(t *testing.T) <-chan lambdasim.Result {
	t.Helper()
	sign := filepath.Join(t.TempDir(), "sign")
	outcome := make(chan lambdasim.Result, 1)
	event := encode(t, request{Do: "wait", Path: sign})
	go func() {
		result, _ := w.Invoke(context.Background(), event)
		outcome <- result
	}()
	seen(t, sign)
	return outcome
}

// seen waits until a process has left its sign.
func seen(t *testing.T, sign string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(sign)
		return err == nil
	}, time.Minute, time.Millisecond)
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	var reported []lambdasim.Result
	w := setup(t, "echo", func(c *lambdasim.Config) {
		c.MemoryMB = 512
		c.Report = func(r lambdasim.Result) { reported = append(reported, r) }
	})
	first, cold := w.do(t, request{Do: "one"})
	second, warm := w.do(t, request{Do: "two"})
	require.Equal(t, "one", first.Got)
	require.Equal(t, "two", second.Got)
	require.Equal(t, first.PID, second.PID, "the environment is reused")
	require.Equal(t, cold.Environment, warm.Environment)
	require.NotEqual(t, cold.RequestID, warm.RequestID)
	require.True(t, cold.Cold)
	require.Positive(t, cold.Init)
	require.False(t, warm.Cold)
	require.Zero(t, warm.Init)
	require.Positive(t, warm.Duration)
	require.Greater(t, warm.MaxRSS, int64(1<<20))
	require.Equal(t, []lambdasim.Result{cold, warm}, reported)
	require.Equal(t, lambdasim.Stats{
		Invocations: 2, ColdStarts: 1, Duration: cold.Duration + warm.Duration, Init: cold.Init, Billed: cold.Billed() + warm.Billed(),
		GBSeconds: cold.GBSeconds() + warm.GBSeconds(), MaxRSS: warm.MaxRSS,
	}, w.Stats())
	w.Close()
	require.Equal(t, "init of echo\ngot one\ngot two\n", w.log.String())
}

func TestBill(t *testing.T) {
	t.Parallel()
	r := lambdasim.Result{Init: 300 * time.Microsecond, Duration: 900 * time.Microsecond, MemoryMB: 256}
	require.Equal(t, 2*time.Millisecond, r.Billed(), "init and duration are rounded up together")
	require.InEpsilon(t, 0.0005, r.GBSeconds(), 1e-9)
	r.Duration = 700 * time.Microsecond
	require.Equal(t, time.Millisecond, r.Billed(), "whole milliseconds stay")
}

func TestInvokeFails(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]struct {
		kind, message string
		survives      bool
	}{
		"error": {"errorOrdered", "as ordered", true},
		"panic": {"string", "as ordered", false},
		"exit":  {lambdasim.ErrorExit, "exit status 3", false},
		"half":  {lambdasim.ErrorExit, "exit status 3", false},
		"leave": {lambdasim.ErrorExit, "Runtime exited without providing a reason", false},
		"large": {lambdasim.ErrorTooLarge, "Response payload size exceeded", false},
	} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			w := setup(t, "echo")
			before, _ := w.do(t, request{Do: "before"})
			_, result := w.do(t, request{Do: do})
			require.NotNil(t, result.Error)
			require.Equal(t, want.kind, result.Error.Type)
			require.Contains(t, result.Error.Error(), want.message)
			require.Nil(t, result.Payload)
			after, next := w.do(t, request{Do: "after"})
			require.Equal(t, want.survives, before.PID == after.PID)
			require.Equal(t, !want.survives, next.Cold)
			require.Equal(t, 1, w.Stats().Errors)
		})
	}
}

func TestInvokeReaderBreaksOff(t *testing.T) {
	t.Parallel()
	w := setup(t, "reader")
	_, result := w.do(t, request{})
	require.Equal(t, &lambdasim.FunctionError{Type: "errorOrdered", Message: "as ordered"}, result.Error)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) { c.Timeout = 20 * time.Millisecond })
	_, result := w.do(t, request{Do: "wait", Path: filepath.Join(t.TempDir(), "sign")})
	require.NotNil(t, result.Error)
	require.Equal(t, lambdasim.ErrorTimeout, result.Error.Type)
	require.Contains(t, result.Error.Message, "Task timed out after 20ms")
	require.GreaterOrEqual(t, result.Duration, 20*time.Millisecond)
	require.Positive(t, result.MaxRSS)
	require.Empty(t, w.Environments(), "its process is killed")
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) { c.Timeout = time.Hour })
	a, _ := w.do(t, request{Do: "deadline"})
	require.Greater(t, a.Remain, 55*time.Minute)
	require.LessOrEqual(t, a.Remain, time.Hour)
}

func TestEnvironmentVariables(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) {
		c.Name, c.MemoryMB, c.Region = "pages", 256, "eu-central-1"
		c.Env["TABLE"], c.Env["AWS_ACCESS_KEY_ID"] = "jobs", "other"
	})
	a, result := w.do(t, request{Do: "env"})
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, a.Env["AWS_LAMBDA_RUNTIME_API"])
	for name, want := range map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "pages", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_REGION": "eu-central-1", "_HANDLER": "bootstrap", "AWS_LAMBDA_LOG_FORMAT": "JSON",
		"AWS_LAMBDA_LOG_STREAM_NAME": "[$LATEST]" + result.Environment, "TABLE": "jobs", "AWS_ACCESS_KEY_ID": "other",
	} {
		require.Equal(t, want, a.Env[name], name)
	}
	for _, name := range []string{"HOME", "USER", "GOPATH"} {
		require.NotContains(t, a.Env, name, "nothing is inherited")
	}
}

func TestInitFails(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[string]lambdasim.FunctionError{
		"init-exit":  {Type: lambdasim.ErrorExit, Message: "Runtime exited with error: exit status 7"},
		"init-error": {Type: "Init.NoConfig", Message: "no configuration"},
		"init-hang":  {Type: lambdasim.ErrorTimeout, Message: "Init phase timed out after 200ms"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			w := setup(t, behaviour, func(c *lambdasim.Config) {
				if behaviour == "init-hang" {
					c.InitTimeout = 200 * time.Millisecond
				}
			})
			_, result := w.do(t, request{})
			require.Equal(t, &want, result.Error)
			require.True(t, result.Cold)
			require.Empty(t, w.Environments())
			_, again := w.do(t, request{})
			require.NotEqual(t, result.Environment, again.Environment, "the next invocation starts another one")
			w.Close()
			if behaviour == "init-exit" {
				require.Equal(t, strings.Repeat("init of init-exit\nno line end\n", 2), w.log.String(), "the last words are not lost")
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) { c.Binary = filepath.Join(t.TempDir(), "none") })
	_, result := w.do(t, request{})
	require.NotNil(t, result.Error)
	require.Equal(t, lambdasim.ErrorStart, result.Error.Type)
	_, err := lambdasim.New(t.Context(), lambdasim.Config{})
	require.ErrorIs(t, err, fault.Invalid)
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) { c.Concurrency = 2 })
	event := encode(t, request{Do: "meet", Path: t.TempDir()})
	other := make(chan lambdasim.Result, 1)
	go func() {
		result, _ := w.Invoke(context.Background(), event)
		other <- result
	}()
	one, err := w.Invoke(t.Context(), event)
	require.NoError(t, err)
	two := <-other
	require.Nil(t, one.Error)
	require.Nil(t, two.Error)
	require.NotEqual(t, one.Environment, two.Environment)
	live := w.Environments()
	require.Len(t, live, 2)
	require.False(t, live[0].Busy)

	first, second := w.hang(t), w.hang(t)
	_, err = w.Invoke(t.Context(), []byte(`{}`))
	require.ErrorIs(t, err, fault.Throttled)
	require.Equal(t, 1, w.Stats().Throttles)
	for _, e := range w.Environments() {
		require.True(t, e.Busy)
		require.NotEmpty(t, e.RequestID)
		require.Equal(t, time.Minute, e.Deadline.Sub(e.Since))
		require.False(t, e.Since.Before(e.Started))
		require.NoError(t, w.Kill(e.ID))
	}
	require.Equal(t, lambdasim.ErrorExit, (<-first).Error.Type)
	require.Contains(t, (<-second).Error.Message, "signal: killed")
}

func TestInvokeRefused(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo")
	_, err := w.Invoke(t.Context(), make([]byte, lambdasim.PayloadLimit+1))
	require.ErrorIs(t, err, fault.Invalid)
	w.Close()
	w.Close()
	_, err = w.Invoke(t.Context(), nil)
	require.ErrorIs(t, err, fault.Unavailable)
	require.Zero(t, w.Stats())
}

func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo")
	sign := filepath.Join(t.TempDir(), "sign")
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	event := encode(t, request{Do: "wait", Path: sign})
	go func() {
		_, err := w.Invoke(ctx, event)
		outcome <- err
	}()
	seen(t, sign)
	cancel()
	require.ErrorIs(t, <-outcome, context.Canceled)
	require.True(t, w.Environments()[0].Busy, "the function works on")
	w.Close()
	require.Equal(t, 1, w.Stats().Errors)
}

func TestContextClosesFunction(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	f, err := lambdasim.New(ctx, lambdasim.Config{Binary: program, InitTimeout: time.Hour, Env: map[string]string{"LAMBDASIM_TEST": "init-hang"}})
	require.NoError(t, err)
	outcome := make(chan lambdasim.Result, 1)
	go func() {
		result, _ := f.Invoke(context.Background(), nil)
		outcome <- result
	}()
	require.Eventually(t, func() bool { return len(f.Environments()) == 1 }, time.Minute, time.Millisecond)
	cancel()
	require.Equal(t, lambdasim.ErrorExit, (<-outcome).Error.Type)
	f.Close()
	require.Empty(t, f.Environments())
}

func TestRuntimeAPI(t *testing.T) {
	t.Parallel()
	w := setup(t, "raw")
	_, result := w.do(t, request{Do: "it"})
	require.Equal(t, "Runtime.UnknownReason", result.Error.Type)
	w.Close()
	for _, want := range []string{
		`nameless extension: 403`, `event for nobody: 403`, `answer before work: 400 {"errorType":"InvalidRequestID"`,
		`work: 200 {"Do":"it","Path":""}`, "Lambda-Runtime-Aws-Request-Id is " + result.RequestID,
		"Lambda-Runtime-Invoked-Function-Arn is arn:aws:lambda:us-east-1:000000000000:function:function",
		"Lambda-Runtime-Trace-Id is Root=1-",
		`answer to another: 400`, `error in prose: 202`, `second outcome: 400`,
	} {
		require.True(t, strings.Contains(w.log.String(), want), "%s\nis not in\n%s", want, w.log)
	}
	_, text, _ := strings.Cut(w.log.String(), "Lambda-Runtime-Deadline-Ms is ")
	var deadline int64
	_, err := fmt.Sscan(text, &deadline)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), time.UnixMilli(deadline), time.Hour)
}
