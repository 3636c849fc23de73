package engine

import (
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// worthCaching is the least number of tasks that a job must have for a stored prefix to pay: writing one for an hour is
// paid for by the second read of it.
const worthCaching = 3

// cache says how long the provider is to keep the stable part of a request: not at all where it is below the model's
// minimum, an hour in a batch, whose lines are done whenever there is room, else five minutes.
func (e *Engine) cache(f *facts, lane cost.Lane, r *job.Request) cost.Cache {
	least := e.options.Prices[0].CacheMinimum(r.Model)
	likely := int64(len(r.System)+len(r.Schema)) * 2 / 5
	switch {
	case least < 1 || likely < least || f.layout.Tasks < worthCaching:
		return cost.NoCache
	case lane == cost.Batch:
		return cost.Cache1h
	}
	return cost.Cache5m
}
