package porttest

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// IDs proves a ports.IDs. The factory is called once in each subtest.
func IDs(t *testing.T, factory func(t *testing.T) ports.IDs) {
	for name, test := range map[string]func(t *testing.T, ids ports.IDs){
		"NewID/IsAUUIDOfVersion7":     idForm,
		"NewID/LaterSortsAfter":       idOrder,
		"NewID/IsUniqueSideBySide":    idUnique,
		"NewToken/IsUnique":           tokenUnique,
		"NewToken/UsesAllItsBits":     tokenBits,
		"NewToken/IsUniqueSideBySide": tokenTogether,
		"Jitter/IsInRange":            jitterRange,
		"Jitter/IsSpread":             jitterSpread,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, factory(t))
		})
	}
}

// uuid7 is the text form of RFC 9562: version 7, variant 10.
var uuid7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func idForm(t *testing.T, ids ports.IDs) {
	for range 1000 {
		require.Regexp(t, uuid7, ids.NewID())
	}
}

func idOrder(t *testing.T, ids ports.IDs) {
	last := ids.NewID()
	for i := range 20_000 {
		next := ids.NewID()
		require.Less(t, last, next, "id %d", i)
		last = next
	}
}

// together calls draw from several goroutines and returns what each got, in its order.
func together[T any](draw func() T) [][]T {
	const workers, each = 8, 500
	drawn := make([][]T, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for range each {
				drawn[w] = append(drawn[w], draw())
			}
		})
	}
	running.Wait()
	return drawn
}

func allDiffer[T comparable](t *testing.T, drawn [][]T) {
	t.Helper()
	seen := map[T]bool{}
	for _, own := range drawn {
		for _, value := range own {
			require.False(t, seen[value], "%v was drawn twice", value)
			seen[value] = true
		}
	}
}

func idUnique(t *testing.T, ids ports.IDs) {
	drawn := together(ids.NewID)
	allDiffer(t, drawn)
	for _, own := range drawn {
		require.True(t, slices.IsSorted(own))
	}
}

func tokenUnique(t *testing.T, ids ports.IDs) {
	drawn := [][]ports.Token{{{}}} // the zero token is never drawn
	for range 10_000 {
		drawn[0] = append(drawn[0], ids.NewToken())
	}
	allDiffer(t, drawn)
}

// tokenBits looks for a bit that is the same in 256 tokens: the chance of that is 128 in 2 to the power of 255.
func tokenBits(t *testing.T, ids ports.IDs) {
	all, some := ids.NewToken(), ports.Token{}
	for range 255 {
		token := ids.NewToken()
		for i, b := range token {
			all[i] &= b
			some[i] |= b
		}
	}
	require.Equal(t, ports.Token{}, all, "bits that are always set")
	for i, b := range some {
		require.EqualValues(t, 0xff, b, "byte %d has bits that are never set", i)
	}
}

func tokenTogether(t *testing.T, ids ports.IDs) { allDiffer(t, together(ids.NewToken)) }

func jitterRange(t *testing.T, ids ports.IDs) {
	for _, own := range together(ids.Jitter) {
		for _, value := range own {
			require.GreaterOrEqual(t, value, 0.0)
			require.Less(t, value, 1.0)
		}
	}
}

// jitterSpread counts tenths: of 20,000 draws about 2,000 fall into each, with a standard deviation of 42. The limits
// are 12 deviations away.
func jitterSpread(t *testing.T, ids ports.IDs) {
	var tenths [10]int
	for range 20_000 {
		tenths[int(ids.Jitter()*10)]++
	}
	for i, n := range tenths {
		require.InDelta(t, 2000, n, 500, "tenth %d", i)
	}
}
