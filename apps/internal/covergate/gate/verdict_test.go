package gate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/gate"
	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

// counts are statements, branches and functions as run and all.
func counts(s, sAll, b, bAll, f, fAll int) measure.Counts {
	return measure.Counts{
		Statements: measure.Count{Run: s, All: sAll},
		Branches:   measure.Count{Run: b, All: bAll},
		Functions:  measure.Count{Run: f, All: fAll},
	}
}

// file is a file with one function for each of the given counts, named a, b, c...
func file(path string, functions ...measure.Counts) measure.File {
	f := measure.File{Path: path}
	for i, c := range functions {
		f.Functions = append(f.Functions, measure.Function{File: path, Line: 10 * (i + 1), Name: string(rune('a' + i)), Counts: c})
		f.Add(c)
	}
	return f
}

func names(functions []measure.Function) string {
	var all strings.Builder
	for _, f := range functions {
		all.WriteString(f.Name)
	}
	return all.String()
}

func TestJudge(t *testing.T) {
	t.Parallel()
	files := []measure.File{
		file("core/cost/a.go", counts(19, 20, 8, 10, 1, 1)),
		file("core/cost/b.go", counts(19, 20, 9, 10, 1, 1)),
		file("core/job/a.go", counts(10, 10, 1, 1, 1, 1)),
		file("corelike/a.go", counts(1, 2, 0, 0, 0, 1)),
	}
	config := read(t, floor+`
total: {statements: 94}
folders: {statements: 85}
layers:
  - {path: core, statements: 96, branches: 85, functions: 100}
  - {path: core/job, statements: 100, branches: 100, functions: 100}
`)
	verdict, err := gate.Judge(config, files)
	require.NoError(t, err)

	require.Equal(t, gate.Row{Name: "total", Counts: counts(49, 52, 18, 21, 3, 4)}, verdict.Total)
	require.Equal(t, []gate.Row{
		{Name: "core/cost", Counts: counts(38, 40, 17, 20, 2, 2)},
		{Name: "core/job", Counts: counts(10, 10, 1, 1, 1, 1)},
		{Name: "corelike", Counts: counts(1, 2, 0, 0, 0, 1)},
	}, verdict.Folders)
	require.Equal(t, gate.Row{Name: "core", Counts: counts(48, 50, 18, 21, 3, 3)}, verdict.Layers[0])

	require.Len(t, verdict.Breaches, 1, "core meets 96 exactly; a layer ends at its slash")
	breach := verdict.Breaches[0]
	require.Equal(t, "corelike", breach.Scope)
	require.Equal(t, "statements", breach.Metric)
	require.Equal(t, 1, breach.Needed())
	require.Equal(t, "a", names(breach.Worst))
}

func TestJudgeUsesTheFloorWhereTotalIsSilent(t *testing.T) {
	t.Parallel()
	files := []measure.File{file("a/a.go", counts(64, 100, 44, 100, 54, 100))}
	verdict, err := gate.Judge(read(t, floor), files)
	require.NoError(t, err)
	require.Len(t, verdict.Breaches, 3)
	for i, metric := range []string{"statements", "branches", "functions"} {
		require.Equal(t, "total", verdict.Breaches[i].Scope)
		require.Equal(t, metric, verdict.Breaches[i].Metric)
		require.Equal(t, 1, verdict.Breaches[i].Needed())
	}

	files = []measure.File{file("a/a.go", counts(65, 100, 45, 100, 55, 100))}
	verdict, err = gate.Judge(read(t, floor), files)
	require.NoError(t, err)
	require.Empty(t, verdict.Breaches)
}

func TestJudgeRanksTheWorstFunctions(t *testing.T) {
	t.Parallel()
	files := []measure.File{
		file("a/a.go", counts(9, 10, 0, 2, 1, 1), counts(2, 10, 4, 4, 1, 1), counts(1, 1, 1, 1, 1, 1), counts(0, 4, 0, 2, 0, 1)),
	}
	verdict, err := gate.Judge(read(t, "floor: {statements: 90, branches: 90, functions: 90}\n"), files)
	require.NoError(t, err)
	require.Len(t, verdict.Breaches, 3)
	require.Equal(t, "bda", names(verdict.Breaches[0].Worst), "by missed statements")
	require.Equal(t, "da", names(verdict.Breaches[1].Worst), "by missed branches, then statements")
	require.Equal(t, "d", names(verdict.Breaches[2].Worst), "by missed functions")
}

func TestJudgeNamesFewFunctions(t *testing.T) {
	t.Parallel()
	many := make([]measure.Counts, 20)
	for i := range many {
		many[i] = counts(0, i+1, 0, 0, 0, 1)
	}
	verdict, err := gate.Judge(read(t, floor), []measure.File{file("a/a.go", many...)})
	require.NoError(t, err)
	require.Equal(t, "tsrqponm", names(verdict.Breaches[0].Worst))
}

func TestJudgeRefusesToHoldNothing(t *testing.T) {
	t.Parallel()
	_, err := gate.Judge(read(t, floor), nil)
	require.ErrorContains(t, err, "nothing to judge")

	config := read(t, floor+"layers: [{path: corr, statements: 1}]\n")
	_, err = gate.Judge(config, []measure.File{file("core/a.go", counts(1, 1, 0, 0, 1, 1))})
	require.ErrorContains(t, err, "layer corr: no measured file")
}

func TestPrint(t *testing.T) {
	t.Parallel()
	files := []measure.File{
		file("core/cost/a.go", counts(1999, 2000, 3, 4, 1, 1)),
		file("core/job/a.go", counts(0, 0, 0, 0, 0, 0)),
	}
	config := read(t, floor+"layers: [{path: core, statements: 100}]\n")
	verdict, err := gate.Judge(config, files)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, verdict.Print(&out))
	require.Equal(t, strings.TrimLeft(`
folder                 statements               branches              functions
core/cost     99.9 %    1999/2000    75.0 %          3/4   100.0 %          1/1
core/job     100.0 %          0/0   100.0 %          0/0   100.0 %          0/0
layer core    99.9 %    1999/2000    75.0 %          3/4   100.0 %          1/1
total         99.9 %    1999/2000    75.0 %          3/4   100.0 %          1/1

FAIL core: statements 99.9 %, below 100 %: 1 more must run
  core/cost/a.go:10  a  statements 1999/2000  branches 3/4
`, "\n"), out.String())
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestPrintReportsAFailedWrite(t *testing.T) {
	t.Parallel()
	verdict, err := gate.Judge(read(t, floor), []measure.File{file("a/a.go", counts(0, 1, 0, 1, 0, 1))})
	require.NoError(t, err)
	require.ErrorIs(t, verdict.Print(full{}), errFull)
}
