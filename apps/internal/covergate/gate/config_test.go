package gate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/gate"
)

const floor = "floor: {statements: 65, branches: 45, functions: 55}\n"

func read(t *testing.T, text string) *gate.Config {
	t.Helper()
	config, err := gate.ReadConfig(strings.NewReader(text))
	require.NoError(t, err)
	return config
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	config := read(t, floor+`
total: {statements: 85}
folders: {statements: 80.5}
layers:
  - {path: core, statements: 95, branches: 85, functions: 0}
exclude:
  - {path: "mocks/**", reason: generated}
  - {generated: true, reason: the generator is tested}
`)
	require.InDelta(t, 65, *config.Floor.Statements, 0)
	require.InDelta(t, 85, *config.Total.Statements, 0)
	require.Nil(t, config.Total.Branches)
	require.InDelta(t, 80.5, *config.Folders.Statements, 0)
	require.Equal(t, "core", config.Layers[0].Path)
	require.InDelta(t, 85, *config.Layers[0].Branches, 0)
	require.InDelta(t, 0, *config.Layers[0].Functions, 0)
	require.Equal(t, gate.Exclusion{Path: "mocks/**", Reason: "generated"}, config.Exclude[0])
	require.True(t, config.Exclude[1].Generated)
}

func TestReadConfigRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"Empty":            {"", "empty"},
		"NotYAML":          {"floor: [", "yaml"},
		"UnknownField":     {floor + "ceiling: 3\n", "ceiling"},
		"UnknownMetric":    {floor + "total: {lines: 3}\n", "lines"},
		"WrongType":        {floor + "total: {statements: most}\n", "most"},
		"TwoDocuments":     {floor + "---\n" + floor, "more than one document"},
		"NoFloor":          {"total: {statements: 80}\n", "floor.statements is missing"},
		"HalfAFloor":       {"floor: {statements: 65, branches: 45}\n", "floor.functions is missing"},
		"TotalBelowFloor":  {floor + "total: {branches: 44}\n", "total.branches 44 lies below the floor of 45"},
		"TooMuch":          {floor + "total: {statements: 101}\n", "total.statements 101"},
		"Negative":         {floor + "folders: {branches: -1}\n", "folders.branches -1"},
		"NaN":              {floor + "total: {statements: .nan}\n", "total.statements NaN"},
		"Infinite":         {"floor: {statements: .inf, branches: 45, functions: 55}\n", "floor.statements +Inf"},
		"LayerNumber":      {floor + "layers: [{path: core, statements: 200}]\n", "layers[0].statements 200"},
		"LayerNoPath":      {floor + "layers: [{statements: 90}]\n", `layers[0]: path ""`},
		"LayerRoot":        {floor + "layers: [{path: ., statements: 90}]\n", `path "."`},
		"LayerAbsolute":    {floor + "layers: [{path: /core, statements: 90}]\n", `path "/core"`},
		"LayerOutside":     {floor + "layers: [{path: ../core, statements: 90}]\n", `path "../core"`},
		"LayerSlash":       {floor + "layers: [{path: core/, statements: 90}]\n", `path "core/"`},
		"LayerTwice":       {floor + "layers: [{path: a, statements: 9}, {path: a, branches: 9}]\n", "stands twice"},
		"LayerIdle":        {floor + "layers: [{path: core}]\n", "sets no threshold"},
		"ExcludeNothing":   {floor + "exclude: [{reason: because}]\n", "exclude[0]: needs either"},
		"ExcludeBoth":      {floor + "exclude: [{path: a, generated: true, reason: because}]\n", "needs either"},
		"ExcludeNoReason":  {floor + "exclude: [{path: a, reason: ' '}]\n", "needs a reason"},
		"ExcludeBadGlob":   {floor + "exclude: [{path: 'a[', reason: because}]\n", "not a pattern"},
		"ExcludeDeepGlob":  {floor + "exclude: [{path: 'a/[', reason: because}]\n", "not a pattern"},
		"SecondIsReported": {floor + "layers: [{path: /a}, {path: b}]\n", "layers[1]: b sets no threshold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gate.ReadConfig(strings.NewReader(tc.text))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestExclusions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pattern, file string
		want          bool
	}{
		"Itself":            {"apps/x/main.go", "apps/x/main.go", true},
		"Another":           {"apps/x/main.go", "apps/y/main.go", false},
		"FolderIsNoPattern": {"apps/x", "apps/x/main.go", false},
		"Tree":              {"mocks/**", "mocks/deep/store.go", true},
		"TreeIsNotPrefix":   {"mocks/**", "mocksmore/store.go", false},
		"AnyDepth":          {"**/wire_gen.go", "apps/mb/wire_gen.go", true},
		"AnyDepthAtTop":     {"**/wire_gen.go", "wire_gen.go", true},
		"StarStaysInFolder": {"apps/*/main.go", "apps/internal/x/main.go", false},
		"Star":              {"apps/*/main.go", "apps/x/main.go", true},
		"InTheMiddle":       {"a/**/z.go", "a/b/c/z.go", true},
		"TooLong":           {"a/b/c", "a/b", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := read(t, floor+"exclude: [{path: '"+tc.pattern+"', reason: because}]\n")
			exclusions := config.Exclusions()
			require.Equal(t, tc.want, exclusions.Excluded(tc.file, true))
			require.Equal(t, tc.want, len(exclusions.Unused()) == 0)
		})
	}
	t.Run("Generated", func(t *testing.T) {
		t.Parallel()
		exclusions := read(t, floor+"exclude: [{generated: true, reason: because}]\n").Exclusions()
		require.True(t, exclusions.Excluded("a.go", true))
		require.False(t, exclusions.Excluded("a.go", false))
		require.Empty(t, exclusions.Unused())
	})
}
