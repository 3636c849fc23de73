package measure_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

// expected is what testdata/module/cases gives, counted by hand: statements, branches, functions as run/all.
var expected = []struct{ name, statements, branches, functions string }{
	{"if.go ifTaken", "4/4", "1/2", "1/1"},
	{"if.go ifBoth", "4/4", "2/2", "1/1"},
	{"if.go ifElse", "2/3", "1/2", "1/1"},
	{"if.go ifEmpty", "1/1", "1/2", "1/1"},
	{"if.go elseIf", "3/5", "2/4", "1/1"},
	{"if.go elseIfElse", "4/5", "3/4", "1/1"},
	{"if.go nested", "3/4", "2/4", "1/1"},
	{"if.go second", "4/5", "2/4", "1/1"},
	{"if.go withInit", "3/4", "1/2", "1/1"},
	{"if.go never", "0/3", "0/2", "0/1"},
	{"if.go empty", "0/0", "0/0", "1/1"},
	{"if.go emptyNever", "0/0", "0/0", "0/1"},

	{"switch.go switchDefault", "2/4", "1/3", "1/1"},
	{"switch.go switchOpen", "3/4", "2/3", "1/1"},
	{"switch.go switchMatched", "4/4", "1/2", "1/1"},
	{"switch.go switchTrue", "2/3", "1/3", "1/1"},
	{"switch.go fall", "5/6", "1/3", "1/1"},
	{"switch.go fallOpen", "3/4", "2/3", "1/1"},
	{"switch.go noCases", "1/1", "0/0", "1/1"},
	{"switch.go typeSwitch", "2/4", "1/3", "1/1"},
	{"switch.go typeDefault", "2/4", "1/2", "1/1"},
	{"switch.go receive", "2/3", "1/2", "1/1"},
	{"switch.go either", "2/3", "1/2", "1/1"},

	{"loop.go forEntered", "5/5", "3/3", "1/1"},
	{"loop.go forNever", "2/3", "0/1", "1/1"},
	{"loop.go rangeEntered", "5/5", "3/3", "1/1"},
	{"loop.go endless", "4/4", "3/3", "1/1"},
	{"loop.go again", "5/5", "2/2", "1/1"},
	{"loop.go rangeFunc", "3/3", "1/1", "1/1"},

	{"closure.go closure", "4/5", "1/2", "1/1"},
	{"closure.go unused", "1/2", "0/0", "1/1"},
	{"closure.go deferred", "5/6", "2/4", "1/1"},
	{"closure.go func literal", "0/1", "0/0", "0/1"},
	{"closure.go func literal", "2/3", "1/2", "1/1"},
	{"closure.go box[T].get", "1/1", "0/0", "1/1"},
	{"closure.go (*box[T]).set", "0/1", "0/0", "0/1"},
	{"closure.go (*marker).mark", "0/0", "0/0", "0/1"},
	{"closure.go blocks", "4/4", "0/0", "1/1"},
}

// runCases tests the module of cases with the installed go command, so that the counts follow the real counters. It needs
// no network: the module has no dependency.
func runCases(t *testing.T, mode string) (measure.Profile, string) {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "cover.out")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-covermode="+mode, "-coverpkg=./...", "-coverprofile="+profile, "./...")
	cmd.Dir = filepath.Join("testdata", "module")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	file, err := os.Open(profile)
	require.NoError(t, err)
	defer file.Close()
	read, err := measure.ReadProfile(file)
	require.NoError(t, err)
	return read, string(output)
}

func nothing(string, bool) bool { return false }

func show(c measure.Count) string { return fmt.Sprintf("%d/%d", c.Run, c.All) }

func TestCasesCountedByHand(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"atomic", "count"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			profile, output := runCases(t, mode)
			files, err := measure.Module(filepath.Join("testdata", "module"), profile, nothing)
			require.NoError(t, err)

			got := map[string][]measure.Function{}
			count := 0
			var sum measure.Counts
			for _, file := range files {
				var inFile measure.Counts
				for _, function := range file.Functions {
					name := filepath.Base(function.File) + " " + function.Name
					got[name] = append(got[name], function)
					inFile.Add(function.Counts)
					count++
				}
				require.Equal(t, inFile, file.Counts)
				sum.Add(file.Counts)
			}
			for _, want := range expected {
				require.NotEmpty(t, got[want.name], want.name)
				function := got[want.name][0]
				got[want.name] = got[want.name][1:]
				require.Equal(t, want.statements, show(function.Statements), "statements of %s", want.name)
				require.Equal(t, want.branches, show(function.Branches), "branches of %s", want.name)
				require.Equal(t, want.functions, show(function.Functions), "functions of %s", want.name)
			}
			require.Equal(t, len(expected), count, "a function that is not in the table")
			requireSameAsGo(t, output, sum.Statements)
		})
	}
}

// requireSameAsGo compares the statements with the figure that go test itself prints.
func requireSameAsGo(t *testing.T, output string, statements measure.Count) {
	t.Helper()
	figure := regexp.MustCompile(`coverage: ([0-9.]+)% of statements`).FindStringSubmatch(output)
	require.NotNil(t, figure, output)
	require.Equal(t, figure[1], fmt.Sprintf("%.1f", statements.Percent()))
}

func TestFunctionsAreNamedByTheirLine(t *testing.T) {
	t.Parallel()
	src := []byte("package p\n\nfunc (p *T) Do() {\n}\n")
	profile, err := measure.ReadProfile(bytes.NewBufferString("mode: count\nm/p.go:3.18,4.2 0 7\n"))
	require.NoError(t, err)
	file, err := measure.Source("p.go", src, profile["m/p.go"])
	require.NoError(t, err)
	require.Equal(t, []measure.Function{{
		File: "p.go", Line: 3, Name: "(*T).Do",
		Counts: measure.Counts{Functions: measure.Count{Run: 1, All: 1}},
	}}, file.Functions)
}
