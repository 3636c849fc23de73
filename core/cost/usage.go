package cost

import (
	"math"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// What no call of any known model can reach: the largest context window is 1,000,000 tokens, the largest output
// 300,000 (in a batch). A count above these is a broken answer, not a large one.
const (
	maxPrompt = 2_000_000
	maxOutput = 500_000
)

// Usage is what a provider counts for one call, in tokens per class. The prompt's total is the sum of the four input
// classes; Output contains the thinking tokens.
type Usage struct {
	// Input is what follows the last cache breakpoint.
	Input int64
	// CacheWrite5m and CacheWrite1h are prompt tokens written to the cache for five minutes or one hour.
	CacheWrite5m, CacheWrite1h int64
	// CacheRead is prompt tokens read from the cache.
	CacheRead int64
	// Output is the generated tokens.
	Output int64
}

// Prompt is the prompt's total: input, cache writes and cache reads together. A sum that does not fit is the largest
// (or smallest) int64.
func (u Usage) Prompt() int64 {
	sum := u.Input
	for _, tokens := range [...]int64{u.CacheWrite5m, u.CacheWrite1h, u.CacheRead} {
		sum = saturatingAdd(sum, tokens)
	}
	return sum
}

// Check reports whether a provider can have meant these counts. A negative one, none at all (missing), a prompt of
// more than 2,000,000 or an output of more than 500,000 tokens is fault.Invalid: such a call is not settled but
// presumed. A class that the answer left out looks like zero here; whoever reads the answer tells the two apart.
func (u Usage) Check() error {
	if err := u.notNegative(); err != nil {
		return err
	}
	prompt := u.Prompt()
	switch {
	case prompt == 0 && u.Output == 0:
		return fault.New(fault.Invalid, "cost: usage is missing: no prompt and no output tokens")
	case prompt > maxPrompt:
		return fault.New(fault.Invalid, "cost: usage of %d prompt tokens is beyond any model (at most %d)", prompt, maxPrompt)
	case u.Output > maxOutput:
		return fault.New(fault.Invalid, "cost: usage of %d output tokens is beyond any model (at most %d)", u.Output, maxOutput)
	}
	return nil
}

func (u Usage) notNegative() error {
	if min(u.Input, u.CacheWrite5m, u.CacheWrite1h, u.CacheRead, u.Output) < 0 {
		return fault.New(fault.Invalid, "cost: usage has a negative count: %+v", u)
	}
	return nil
}

func saturatingAdd(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
