package engine

import "github.com/marketbrewer/marketbrewer/core/cost"

// worthCaching is the least number of tasks that a job must have for a stored prefix to pay: writing one costs 1.25 times
// the prompt, and one read of it saves nine tenths (Anthropic's documentation of August 2026).
const worthCaching = 3

// cacheFor says how long the provider is to keep a prefix of so many bytes: not at all below the model's minimum or for so
// few tasks that it does not pay, else for five minutes, which every read extends. An hour costs twice the prompt: it pays
// in a batch when more than half of the lines find the prefix, five minutes when a quarter do, and 30 to 98 of 100 are told.
func cacheFor(table *cost.Table, model string, tasks, prefix int64) cost.Cache {
	least := table.CacheMinimum(model)
	if least < 1 || prefix*2/twicePerToken < least || tasks < worthCaching {
		return cost.NoCache
	}
	return cost.Cache5m
}
