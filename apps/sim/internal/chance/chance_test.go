package chance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
)

// portMethods reads the methods of every interface in ports from its sources, so that a new one is seen at once.
func portMethods(t *testing.T) []string {
	t.Helper()
	packages, err := parser.ParseDir(token.NewFileSet(), "../../../../ports", nil, 0) //nolint:staticcheck // one folder, no build tags
	require.NoError(t, err)
	var names []string
	ast.Inspect(packages["ports"], func(n ast.Node) bool {
		spec, is := n.(*ast.TypeSpec)
		if !is {
			return true
		}
		if face, is := spec.Type.(*ast.InterfaceType); is {
			for _, method := range face.Methods.List {
				for _, name := range method.Names {
					names = append(names, spec.Name.Name+"."+name.Name)
				}
			}
		}
		return true
	})
	require.Contains(t, names, "Store.Update")
	return names
}

// TestEveryMethodOfEveryPortHasARow fails when a port gets a method that nothing is planted in.
func TestEveryMethodOfEveryPortHasARow(t *testing.T) {
	t.Parallel()
	harmless := chance.Harmless()
	rows := map[string]bool{}
	for i, row := range chance.Table() {
		require.Equal(t, chance.Method(i), row.Method, "the table is in the order of the methods")
		require.NotEmpty(t, row.Kinds)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(row.Kinds))), len(row.Kinds), "%s has a fault twice", row.Name)
		rows[row.Name] = true
	}
	methods := portMethods(t)
	for _, name := range methods {
		_, safe := harmless[name]
		require.NotEqual(t, rows[name], safe, "%s needs a row in Table, or a reason in Harmless, and not both", name)
	}
	for name := range harmless {
		require.Contains(t, methods, name, "Harmless speaks of a method that is gone")
	}
}

func TestRandomIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	draw := func(keep func(int) bool) (kinds []chance.Kind, drew int) {
		r := chance.NewRandom(rand.New(rand.NewPCG(7, 0)), 20, func(p chance.Pair) bool { return p.Kind != chance.Panic })
		r.Keep = keep
		for i := range 2000 {
			kinds = append(kinds, r.Draw(chance.Method(i%int(chance.ClockNow))))
		}
		require.NotContains(t, kinds, chance.Panic)
		for _, pair := range r.On() {
			require.NotEqual(t, chance.Panic, pair.Kind)
		}
		r.Off = true
		require.Equal(t, chance.None, r.Draw(chance.ModelCall))
		return kinds, r.Drew()
	}
	all, drew := draw(nil)
	again, _ := draw(nil)
	require.Equal(t, all, again)
	require.Greater(t, drew, 100)
	// Without the fifth fault all others are the same.
	but, _ := draw(func(number int) bool { return number != 4 })
	differing := 0
	for i := range all {
		if all[i] != but[i] {
			differing++
			require.Equal(t, chance.None, but[i])
		}
	}
	require.Equal(t, 1, differing)
}

func TestScript(t *testing.T) {
	t.Parallel()
	s := &chance.Script{At: map[int]chance.Kind{1: chance.CrashAfter}}
	require.Equal(t, chance.None, s.Draw(chance.StoreGet))
	require.Equal(t, chance.CrashAfter, s.Draw(chance.QueueSend))
	require.Equal(t, []chance.Method{chance.StoreGet, chance.QueueSend}, s.Calls)
}

func TestReach(t *testing.T) {
	t.Parallel()
	r, other := chance.NewReach(), chance.NewReach()
	_, all, least := r.Summary()
	require.Zero(t, least)
	r.Hit(chance.StoreGet, chance.Throttle)
	other.Hit(chance.StoreGet, chance.Throttle)
	other.Hit(chance.ModelCall, chance.Panic)
	r.Add(other)
	reached, same, _ := r.Summary()
	require.Equal(t, 2, reached)
	require.Equal(t, all, same)
	hits := map[chance.Pair]int{}
	r.Each(func(p chance.Pair, n int) { hits[p] = n })
	require.Equal(t, 2, hits[chance.Pair{Method: "Store.Get", Kind: chance.Throttle}])
	require.Len(t, hits, all)
	require.Panics(t, func() { r.Hit(chance.StoreGet, chance.Panic) }, "a fault that the method cannot have")
}
