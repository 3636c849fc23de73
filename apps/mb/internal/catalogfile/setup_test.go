package catalogfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

const samples = "../../samples"

// smallest is a catalog with nothing that need not be there.
const smallest = "business:\n  id: acme\n  name: Acme\n  industry_type: Plumber\n"

// smallestJSON is the same in JSON.
const smallestJSON = `{"business": {"id": "acme", "name": "Acme", "industry_type": "Plumber"}}`

// put writes a file into a directory of the test's own and returns its path.
func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func get(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// load reads a catalog that must be good.
func load(t *testing.T, path string) catalog.Catalog {
	t.Helper()
	c, _, err := catalogfile.Load(path)
	require.NoError(t, err)
	return c
}

// problems reads a catalog that must be bad and returns its problems without the directory, one line each.
func problems(t *testing.T, path string) []string {
	t.Helper()
	_, _, err := catalogfile.Load(path)
	return problemLines(t, path, err)
}

func problemLines(t *testing.T, path string, err error) []string {
	t.Helper()
	require.ErrorIs(t, err, fault.Invalid)
	var found catalogfile.Problems
	require.ErrorAs(t, err, &found)
	require.NotEmpty(t, found)
	lines := found.Lines()
	for i := range lines {
		require.NotContains(t, lines[i], "\n")
		lines[i] = strings.ReplaceAll(lines[i], filepath.Dir(path)+string(filepath.Separator), "")
	}
	return lines
}
