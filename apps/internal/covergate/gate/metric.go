package gate

import "github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"

// metric is one of the three figures, with where to find it.
type metric struct {
	name      string
	threshold func(Numbers) *float64
	count     func(measure.Counts) measure.Count
}

var metrics = []metric{
	{
		name:      "statements",
		threshold: func(n Numbers) *float64 { return n.Statements },
		count:     func(c measure.Counts) measure.Count { return c.Statements },
	},
	{
		name:      "branches",
		threshold: func(n Numbers) *float64 { return n.Branches },
		count:     func(c measure.Counts) measure.Count { return c.Branches },
	},
	{
		name:      "functions",
		threshold: func(n Numbers) *float64 { return n.Functions },
		count:     func(c measure.Counts) measure.Count { return c.Functions },
	},
}
