package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

const source = "../settings"

func TestTheCommittedPageIsTheGeneratedOne(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run([]string{"-source", source}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	committed, err := os.ReadFile("../../../docs/settings.md")
	require.NoError(t, err)
	require.Equal(t, string(committed), stdout.String(), "run go generate ./apps/internal/settings")
}

func TestThePageHasEverything(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "settings.md")
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run([]string{"-source", source, "-out", out}, &stdout, &stderr))
	require.Empty(t, stdout.String())
	body, err := os.ReadFile(out)
	require.NoError(t, err)
	page := string(body)

	require.Contains(t, page, "\n| `MB_TABLE` | worker, sweeper, api | must be set | The name of the DynamoDB table that holds everything. |\n")
	require.Contains(t, page, "\n| `MB_CALLS` | worker, sweeper | `50` | How many model calls one process has open at once. |\n")
	require.Contains(t, page, "\n| `MB_LEASE` | worker, sweeper | computed | How long")
	require.Contains(t, page, "\n| `MB_MODEL` | worker | ")
	require.Contains(t, page, "\n| `MB_ORIGINS` | api | none | ")
	for _, v := range settings.Variables[settings.Worker]() {
		require.Equal(t, 1, strings.Count(page, "\n| `"+v.Name+"` | "), v.Name)
	}
	for _, r := range settings.Rules() {
		require.Contains(t, page, "\n| "+r.Setting+" | "+r.Relation+" | ")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source string
		args   []string
		code   int
		want   string
	}{
		"unknown flag":   {"", []string{"-to", "x"}, 2, "-to"},
		"argument":       {"", []string{"docs"}, 2, "unexpected argument"},
		"no source":      {"", nil, 1, "no setting in"},
		"bad pattern":    {"", []string{"-source", "["}, 1, "syntax error"},
		"no Go":          {"package", nil, 1, "expected"},
		"no comment":     {"package s\ntype T struct {\n\tStage string `env:\"MB_STAGE\"`\n}\n", nil, 1, `MB_STAGE needs a comment at its field that begins with "Stage "`},
		"another's":      {"package s\ntype T struct {\n\t// Table is.\n\tStage string `env:\"MB_STAGE\"`\n}\n", nil, 1, "MB_STAGE needs"},
		"a field of all": {"package s\ntype T struct {\n\t// Stage is one.\n\tStage string `env:\"MB_STAGE\"`\n}\n", nil, 1, "MB_RELEASE needs"},
		"folder as file": {"", []string{"-source", source, "-out", "."}, 1, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if test.source != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, "structs.go"), []byte(test.source), 0o600))
			}
			require.NoError(t, os.WriteFile(filepath.Join(folder, "structs_test.go"), []byte("not read"), 0o600))
			args := append([]string{"-source", folder}, test.args...)
			var stdout, stderr bytes.Buffer
			require.Equal(t, test.code, run(args, &stdout, &stderr), stderr.String())
			require.Contains(t, stderr.String(), test.want)
			require.Empty(t, stdout.String())
		})
	}
}
