package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is a small tree with its profile: one function of two, each of one statement, is run.
func module(t *testing.T, config string) (args []string, root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range map[string]string{
		"go.mod":       "module m\n",
		"p/p.go":       "package p\n\nfunc a() int {\n\treturn 1\n}\n\nfunc b() int {\n\treturn 2\n}\n",
		"cover.out":    "mode: atomic\nm/p/p.go:3.14,5.2 1 1\nm/p/p.go:7.14,9.2 1 0\n",
		"coverage.yml": config,
	} {
		at := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
		require.NoError(t, os.WriteFile(at, []byte(text), 0o600))
	}
	return []string{
		"-root", root, "-profile", filepath.Join(root, "cover.out"), "-config", filepath.Join(root, "coverage.yml"),
	}, root
}

const (
	met      = "floor: {statements: 50, branches: 45, functions: 50}\n"
	unmet    = "floor: {statements: 51, branches: 45, functions: 50}\n"
	withNote = met + "exclude: [{path: gone/**, reason: it was noisy}]\n"
	allOut   = met + "exclude: [{path: p/**, reason: all of it}]\n"
)

func TestRun(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config string
		spoil  func(t *testing.T, root string)
		extra  []string
		want   int
		stdout string
		stderr string
	}{
		"Met":           {config: met, want: 0, stdout: "total     50.0 %          1/2"},
		"Missed":        {config: unmet, want: 1, stdout: "p/p.go:7  b  statements 0/1"},
		"IdleExclusion": {config: withNote, want: 0, stdout: "note: the exclusion gone/** matches no file"},
		"NothingLeft":   {config: allOut, want: 2, stderr: "nothing to judge"},
		"BadConfig":     {config: "floor: 3\n", want: 2, stderr: "coverage.yml: "},
		"NoConfig":      {config: met, spoil: remove("coverage.yml"), want: 2, stderr: "coverage.yml: no such file"},
		"NoProfile":     {config: met, spoil: remove("cover.out"), want: 2, stderr: "cover.out: no such file"},
		"NoModule":      {config: met, spoil: remove("go.mod"), want: 2, stderr: "name its folder with -root"},
		"Argument":      {config: met, extra: []string{"cover.out"}, want: 2, stderr: `unexpected argument "cover.out"`},
		"UnknownFlag":   {config: met, extra: []string{"-fast"}, want: 2, stderr: "-fast"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args, root := module(t, tc.config)
			if tc.spoil != nil {
				tc.spoil(t, root)
			}
			var stdout, stderr strings.Builder
			require.Equal(t, tc.want, run(append(args, tc.extra...), &stdout, &stderr), stderr.String())
			require.Contains(t, stdout.String(), tc.stdout)
			require.Contains(t, stderr.String(), tc.stderr)
			require.Equal(t, tc.want == exitInput, stderr.Len() > 0)
		})
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		t.Helper()
		require.NoError(t, os.Remove(filepath.Join(root, name)))
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRunReportsAFailedWrite(t *testing.T) {
	t.Parallel()
	args, _ := module(t, met)
	var stderr strings.Builder
	require.Equal(t, exitInput, run(args, full{}, &stderr))
	require.Contains(t, stderr.String(), "disk full")
}
