package marketbrewer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	require.NoError(t, err)
	return string(text)
}

func TestReadmeCodeIsTheExample(t *testing.T) {
	t.Parallel()
	_, rest, found := strings.Cut(read(t, "README.md"), "```go\n")
	require.True(t, found)
	code, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	require.Contains(t, read(t, "core/engine/example_test.go"), code)
}

func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	target := regexp.MustCompile("`make ([a-z-]+)`|(?m)^make ([a-z-]+)")
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/ledger.md"} {
		text := read(t, page)
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), match[1]))
			require.NoError(t, err, "%s links to %s", page, match[1])
		}
		for _, match := range target.FindAllStringSubmatch(text, -1) {
			require.Contains(t, makefile, "\n"+match[1]+match[2]+":", "%s names make %s", page, match[1]+match[2])
		}
	}
}
