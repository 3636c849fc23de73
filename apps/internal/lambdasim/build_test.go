package lambdasim_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	var builder lambdasim.Builder
	binary, err := builder.Build(t.Context(), "./testdata/hello")
	require.NoError(t, err)
	again, err := builder.Build(t.Context(), "./testdata/hello")
	require.NoError(t, err)
	require.Equal(t, binary, again, "built once")

	f, err := lambdasim.New(t.Context(), lambdasim.Config{Binary: binary, Timeout: time.Minute, InitTimeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(f.Close)
	result, err := f.Invoke(t.Context(), []byte(`{}`))
	require.NoError(t, err)
	require.Nil(t, result.Error)
	require.JSONEq(t, `"hello"`, string(result.Payload))

	start, err := lambdasim.ColdStart(t.Context(), binary, nil)
	require.NoError(t, err)
	require.Positive(t, start.ExecToNext)
	require.Greater(t, start.RSS, int64(1<<20))
	require.Greater(t, start.Size, int64(1<<20))
	t.Logf("hello: %v to the first request for work, %d KB resident, %d KB on disk", start.ExecToNext, start.RSS>>10, start.Size>>10)

	require.NoError(t, builder.Close())
	require.NoFileExists(t, binary)
	require.NoError(t, builder.Close(), "nothing left to remove")
}

func TestBuildFails(t *testing.T) {
	t.Parallel()
	var builder lambdasim.Builder
	t.Cleanup(func() { _ = builder.Close() })
	_, err := builder.Build(t.Context(), "./testdata/nowhere")
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "nowhere")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = builder.Build(cancelled, "./testdata/hello")
	require.ErrorIs(t, err, context.Canceled)
}

func TestColdStartFails(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	_, err = lambdasim.ColdStart(t.Context(), program, map[string]string{"LAMBDASIM_TEST": "init-exit"})
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "exit status 7")
	_, err = lambdasim.ColdStart(t.Context(), "", nil)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = lambdasim.ColdStart(t.Context(), filepath.Join(t.TempDir(), "none"), nil)
	require.ErrorIs(t, err, fault.Invalid)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("not a program"), 0o600))
	_, err = lambdasim.ColdStart(t.Context(), text, nil)
	require.ErrorIs(t, err, fault.Invalid)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = lambdasim.ColdStart(cancelled, program, map[string]string{"LAMBDASIM_TEST": "init-hang"})
	require.ErrorIs(t, err, context.Canceled)
}
