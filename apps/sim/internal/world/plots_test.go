package world

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// TestOperatorsHaveTheirEffect plays the stories in which somebody does something, and looks at what came of it.
func TestOperatorsHaveTheirEffect(t *testing.T) {
	t.Parallel()
	want := map[string][]chance.Kind{
		"switch": {chance.SwitchedOff, chance.LetGo}, "batch, switch": {chance.SwitchedOff, chance.LetGo},
		"cap": {chance.CapLowered, chance.CapRaised}, "cause": {chance.ByCause},
	}
	played := 0
	for _, s := range Stories(2) {
		if s.Operator == nil {
			continue
		}
		played++
		r, _ := s.Play(nil, nil)
		require.Empty(t, r.Broken, s.Name)
		hits := map[chance.Kind]int{}
		r.Reach.Each(func(p chance.Pair, n int) {
			if p.Method == "Effect" {
				hits[p.Kind] = n
			}
		})
		for _, kind := range want[s.Name] {
			require.Positive(t, hits[kind], "%s: %s", s.Name, kind)
		}
	}
	require.Equal(t, 7, played)
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	require.Equal(t, books.Done, outcomeOf(false, nil))
	require.Equal(t, books.Repeated, outcomeOf(true, nil))
	require.Equal(t, books.Refused, outcomeOf(false, fault.New(fault.Conflict, "no")))
	require.Equal(t, books.Failed, outcomeOf(false, unavailable("store")))
	require.Equal(t, books.Unknown, outcomeOf(false, unavailable("store").MaybeDone()))
	require.False(t, switchedOff(unavailable("store")))
}
