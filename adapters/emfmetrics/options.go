package emfmetrics

import "strings"

// Options are the settings. Each zero value means the default that its comment names.
type Options struct {
	// Namespace is where CloudWatch files the metrics. Default "MarketBrewer".
	Namespace string
	// Service and Stage are dimensions of every metric: the function's name, and dev, staging or prod. Default "unknown". What
	// a dimension may not hold becomes "_".
	Service, Stage string
	// Values is how many values stand for a distribution, 2 to 100. More than that many are reduced to quantiles, the smallest and the
	// largest among them. Default 50.
	Values int
	// Codes are codes of failed tasks that are counted under their own names, beside those of core/job and the kinds of
	// core/fault; at most 20. Any other counts as "other".
	Codes []string
	// Gather is how many events are gathered at most before they are written without a Flush. Default 100,000.
	Gather int
}

const (
	maxValues = 100
	maxCodes  = 20
	// maxName bounds a dimension's value; CloudWatch takes 1,024 bytes.
	maxName = 100
)

func (o *Options) withDefaults() Options {
	var set Options
	if o != nil {
		set = *o
	}
	if set.Namespace == "" {
		set.Namespace = "MarketBrewer"
	}
	if set.Values <= 0 {
		set.Values = 50
	}
	if set.Gather <= 0 {
		set.Gather = 100_000
	}
	set.Namespace, set.Service, set.Stage = clean(set.Namespace), clean(set.Service), clean(set.Stage)
	set.Values = min(max(set.Values, 2), maxValues)
	set.Codes = set.Codes[:min(len(set.Codes), maxCodes)]
	return set
}

// clean makes a text fit for a dimension: short, printable ASCII, and nothing that JSON escapes.
func clean(name string) string {
	if name == "" {
		return "unknown"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r == '-', r == '.', r == '/', r == '_':
			return r
		}
		return '_'
	}, name[:min(len(name), maxName)])
}
