package measure_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/cover"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

func TestReadProfile(t *testing.T) {
	t.Parallel()
	t.Run("RepeatedBlocksAreSummed", func(t *testing.T) {
		t.Parallel()
		profile, err := measure.ReadProfile(strings.NewReader(`mode: atomic
m/a.go:3.10,5.2 2 0
m/b.go:1.1,2.2 1 1
m/a.go:7.1,8.2 1 4
m/a.go:3.10,5.2 2 3
m/a.go:3.10,5.2 2 2
`))
		require.NoError(t, err)
		require.Equal(t, measure.Profile{
			"m/a.go": {
				{StartLine: 3, StartCol: 10, EndLine: 5, EndCol: 2, NumStmt: 2, Count: 5},
				{StartLine: 7, StartCol: 1, EndLine: 8, EndCol: 2, NumStmt: 1, Count: 4},
			},
			"m/b.go": {{StartLine: 1, StartCol: 1, EndLine: 2, EndCol: 2, NumStmt: 1, Count: 1}},
		}, profile)
	})
	t.Run("BlocksThatShareTheirStartStayApart", func(t *testing.T) {
		t.Parallel()
		long := cover.ProfileBlock{StartLine: 3, StartCol: 1, EndLine: 9, EndCol: 1, NumStmt: 1, Count: 30}
		short := cover.ProfileBlock{StartLine: 3, StartCol: 1, EndLine: 3, EndCol: 1, Count: 3}
		profile, err := measure.ReadProfile(strings.NewReader("mode: count\n" +
			strings.Repeat("m/a.go:3.1,9.1 1 10\nm/a.go:3.1,3.1 0 1\n", 3)))
		require.NoError(t, err)
		require.Equal(t, []cover.ProfileBlock{short, long}, profile["m/a.go"])
	})
	for name, tc := range map[string]struct{ text, want string }{
		"Empty":       {"", "empty"},
		"OnlyMode":    {"mode: count\n", "empty"},
		"Set":         {"mode: set\nm/a.go:1.1,2.2 1 1\n", "-covermode=atomic"},
		"NoMode":      {"m/a.go:1.1,2.2 1 1\n", "not a coverage profile"},
		"Garbage":     {"mode: count\nm/a.go:1.1\n", "not a coverage profile"},
		"Negative":    {"mode: count\nm/a.go:1.1,2.2 1 -1\n", "not a coverage profile"},
		"SizeChanges": {"mode: count\nm/a.go:1.1,2.2 1 1\nm/a.go:1.1,2.2 2 1\n", "inconsistent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := measure.ReadProfile(strings.NewReader(tc.text))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 75, measure.Count{Run: 3, All: 4}.Percent(), 0)
	require.InDelta(t, 100, measure.Count{}.Percent(), 0)
	require.Equal(t, 1, measure.Count{Run: 3, All: 4}.Missed())
}
