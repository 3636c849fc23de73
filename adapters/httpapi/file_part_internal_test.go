package httpapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A part has its first row whatever its length, and as many more as fit into 4 MiB with it, whole.
func TestPartsHaveALimit(t *testing.T) {
	t.Parallel()
	row := func(f *filePart, length int) bool {
		text := strings.Repeat("x", length)
		return f.row(map[string]string{"a": text}, text)
	}
	for _, format := range []string{"ndjson", "csv"} {
		f := newFilePart(format, "", []string{"a"})
		require.True(t, row(f, 1<<20))
		require.True(t, row(f, 2<<20))
		require.False(t, row(f, 1<<20), "the head and the ends of the rows are counted too")
		f.flush()
		require.Equal(t, 2, strings.Count(f.whole.String(), "x\n")+strings.Count(f.whole.String(), "\"}\n"))
		require.LessOrEqual(t, f.whole.Len(), mostPart)
		require.True(t, strings.HasSuffix(f.whole.String(), "\n"))
		require.True(t, row(f, 1000), "a shorter one fits")

		f = newFilePart(format, "", []string{"a"})
		require.True(t, row(f, 5<<20))
		require.False(t, row(f, 1))
	}
}
