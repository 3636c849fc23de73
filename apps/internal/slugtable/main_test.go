package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestTheCommittedTableIsTheGeneratedOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "table.go")
	require.NoError(t, run([]string{"-out", path}))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	want, err := os.ReadFile("../../../core/catalog/slug_table.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	require.Equal(t, 490, strings.Count(string(got), "\t0x"))
	require.Error(t, run([]string{"-out", t.TempDir()}))
	require.Error(t, run([]string{"-unknown"}))
}

func TestStatus(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.Zero(t, status(nil, &out))
	require.Equal(t, 1, status(os.ErrPermission, &out))
	require.Equal(t, "slugtable: permission denied\n", out.String())
}

// TestSlugsAgreeWithTheirDefinition holds core's slugs against the long way, for every character.
func TestSlugsAgreeWithTheirDefinition(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if got := catalog.ToSlug(string(r)); got != ascii(r) {
			t.Errorf("U+%04X: got %q, want %q", r, got, ascii(r))
		}
	}
}
