package claudesim_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// TestLengthSpread: the answers of a template are longer or shorter than they would be, all by the same factor,
// which another template or seed does not share.
func TestLengthSpread(t *testing.T) {
	t.Parallel()
	mean := func(options claudesim.Options, ask func(n int) string) float64 {
		f := setup(t, options)
		sum := int64(0)
		for n := range 20 {
			sum += f.post(ask(n)).message(t).Usage.Output
		}
		return float64(sum) / 20
	}
	kinds := map[string]func(template string, n int) string{
		"Pages": func(template string, n int) string { return askPage(n, `system:"`+template+`"`) },
		"Plain": func(template string, n int) string {
			return ask(`system:"`+template+`"`, user(fmt.Sprint("Number ", n)))
		},
		"Schema": func(template string, n int) string {
			return ask(`system:"`+template+`"`, user(fmt.Sprint("Number ", n)), format(`{"type":"string"}`))
		},
		"NoSystem": func(template string, n int) string {
			return ask(user(template + textOf(100, "x") + fmt.Sprint(" number ", n)))
		},
	}
	for name, ask := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			usual := mean(claudesim.Options{}, func(n int) string { return ask("a", n) })
			factors := map[int]bool{}
			for template := range 8 {
				page := func(n int) string { return ask(fmt.Sprint("template", template), n) }
				factor := mean(claudesim.Options{LengthSpread: 1}, page) / usual
				require.InDelta(t, 1.1, factor, 0.75)
				require.Equal(t, mean(claudesim.Options{LengthSpread: 1}, page), mean(claudesim.Options{LengthSpread: 1}, page))
				factors[int(factor*10)] = true
			}
			require.GreaterOrEqual(t, len(factors), 2, "templates differ")
		})
	}
	t.Run("Seeds", func(t *testing.T) {
		t.Parallel()
		factors := map[int]bool{}
		usual := mean(claudesim.Options{}, func(n int) string { return askPage(n) })
		for seed := range uint64(8) {
			factors[int(10*mean(claudesim.Options{LengthSpread: 1, Seed: seed}, func(n int) string { return askPage(n) })/usual)] = true
		}
		require.Greater(t, len(factors), 2, "seeds differ")
	})
}
