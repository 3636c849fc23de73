package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The committed contract is the code's.
func TestTheContractIsTheCodes(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "openapi.json")
	require.Zero(t, run([]string{"-out", out}, os.Stderr))
	made, err := os.ReadFile(out)
	require.NoError(t, err)
	committed, err := os.ReadFile(filepath.Join("..", "..", "..", "adapters", "httpapi", "openapi.json"))
	require.NoError(t, err)
	require.Equal(t, string(committed), string(made), "run make generate")
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	require.Equal(t, 2, run([]string{"-colour"}, &said))
	require.Contains(t, said.String(), "colour")
	require.Equal(t, 1, run([]string{"-out", filepath.Join(t.TempDir(), "none", "x")}, &said))
}
