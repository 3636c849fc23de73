package teeth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../../.."

// TestBugsFitTheirSources fails when a source has changed under a planted bug.
func TestBugsFitTheirSources(t *testing.T) {
	t.Parallel()
	bugs := Bugs()
	require.GreaterOrEqual(t, len(bugs), 30, "the list only grows")
	names := map[string]bool{}
	for _, b := range bugs {
		require.False(t, names[b.Name], "%s is planted twice", b.Name)
		require.NotEmpty(t, b.Why)
		names[b.Name] = true
		changes := ""
		for _, e := range b.Edits {
			changes += e.New
		}
		require.Contains(t, changes, "BUG", "%s is never switched on", b.Name)
	}
	all, err := groups(root, bugs)
	require.NoError(t, err)
	require.LessOrEqual(t, len(all), 4, "each group is a build")
	planted := 0
	for _, g := range all {
		planted += len(g.bugs)
		for file, text := range g.tree.files {
			require.NotContains(t, text, "BUG", file)
		}
	}
	require.Equal(t, len(bugs), planted)
}

func TestAnEditThatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]Edit{
		"twice": {changeFile, "return err\n", "BUG"},
		"gone":  {changeFile, "no such text", "BUG"},
		"file":  {"core/engine/nothing.go", "package", "BUG"},
	} {
		_, err := groups(root, []Bug{{Name: name, Edits: []Edit{e}}})
		require.Error(t, err, name)
	}
	_, err := groups("/nowhere", Bugs())
	require.Error(t, err)
}

// TestHunt builds the simulator with a planted bug and finds it; a bug that does not compile is an error.
func TestHunt(t *testing.T) {
	t.Parallel()
	var found []Found
	bug := Bugs()[0]
	for _, b := range Bugs() {
		if b.Name == "no-hold" {
			bug = b
		}
	}
	require.NoError(t, Hunt(root, []Bug{bug}, 20, func(f Found) { found = append(found, f) }))
	require.Len(t, found, 1)
	require.True(t, strings.HasPrefix(found[0].Where, "seed "), found[0].Where)
	require.Contains(t, found[0].Rule, "owes")

	broken := Bug{Name: "broken", Edits: []Edit{{foldFile, "package engine\n", "package engine\n\nvar _ = BUG +\n"}}}
	require.ErrorContains(t, Hunt(root, []Bug{broken}, 1, nil), "build with planted bugs")
}
