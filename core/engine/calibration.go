package engine

import "math"

const (
	// enough is how many answers make a mean that a forecast trusts more than lengths.
	enough = 30
	// ratioBase is the bytes that a ratio of tokens is counted to.
	ratioBase = 100_000
	// aging is the number of answers beyond which those counted so far weigh half, so that a change of the model shows.
	aging = 20_000
	// twicePerToken is the bytes that two tokens are taken to have: 2.5 characters for one with the tokenizer of the 5.x
	// models (Anthropic's documentation of October 2026).
	twicePerToken = 5
)

// Calibration is what the answers to one template's requests to one model have shown. Its zero value knows nothing. It is
// plain data: two of different processes add up, and its JSON is what is stored.
type Calibration struct {
	// Pairs is how many requests are known by size and by count; Bytes and Tokens are their sums.
	Pairs  int64 `json:"pairs"`
	Bytes  int64 `json:"bytes"`
	Tokens int64 `json:"tokens"`
	// Ratios counts their tokens per 100,000 bytes, MostRatio is the largest.
	Ratios    Histogram `json:"ratios,omitempty"`
	MostRatio int64     `json:"most_ratio"`
	// Tasks is how many tasks the answers were for: what is above one answer for each are repeated attempts.
	Tasks int64 `json:"tasks"`
	// Answers is how many outputs are known, Output the sum of their tokens, Squares that of their squares, Outputs how
	// long they were.
	Answers int64     `json:"answers"`
	Output  int64     `json:"output"`
	Squares float64   `json:"squares"`
	Outputs Histogram `json:"outputs,omitempty"`
}

// Pair adds one request's size and the prompt that the provider counted for it.
func (c *Calibration) Pair(bytes, tokens int64) {
	if bytes < 1 || tokens < 1 {
		return
	}
	ratio := tokens * ratioBase / bytes
	if c.Ratios == nil {
		c.Ratios = Histogram{}
	}
	c.Pairs, c.Bytes, c.Tokens = c.Pairs+1, c.Bytes+bytes, c.Tokens+tokens
	c.MostRatio = max(c.MostRatio, ratio)
	c.Ratios.Add(ratio)
}

// Answer adds one answer's output tokens.
func (c *Calibration) Answer(output int64) {
	if c.Outputs == nil {
		c.Outputs = Histogram{}
	}
	c.Answers, c.Output = c.Answers+1, c.Output+output
	c.Squares += float64(output) * float64(output)
	c.Outputs.Add(output)
}

// Plus adds what another one knows. Beyond 20,000 answers all that is known weighs half from then on.
func (c *Calibration) Plus(other Calibration) {
	if c.Ratios == nil {
		c.Ratios = Histogram{}
	}
	if c.Outputs == nil {
		c.Outputs = Histogram{}
	}
	c.Pairs, c.Bytes, c.Tokens = c.Pairs+other.Pairs, c.Bytes+other.Bytes, c.Tokens+other.Tokens
	c.Tasks, c.Answers, c.Output = c.Tasks+other.Tasks, c.Answers+other.Answers, c.Output+other.Output
	c.Squares += other.Squares
	c.MostRatio = max(c.MostRatio, other.MostRatio)
	c.Ratios.Plus(other.Ratios)
	c.Outputs.Plus(other.Outputs)
	for c.Answers > aging {
		for _, n := range []*int64{&c.Pairs, &c.Bytes, &c.Tokens, &c.Tasks, &c.Answers, &c.Output} {
			*n /= 2
		}
		c.Squares /= 2
		c.Ratios.halve()
		c.Outputs.halve()
	}
}

// Likely is the tokens to expect of so many bytes: at the ratio that was seen, or at 2.5 bytes a token.
func (c *Calibration) Likely(bytes int64) int64 {
	if c == nil || c.Pairs < enough || c.Bytes < 1 {
		return bytes * 2 / twicePerToken
	}
	return int64(float64(bytes) * float64(c.Tokens) / float64(c.Bytes))
}

// Bound is the most tokens that a request of so many bytes is taken to have: half of its bytes and 1,000, as every hold
// is, but no less than the highest ratio in a hundred gives, and no less than was ever seen.
func (c *Calibration) Bound(bytes int64) int64 {
	bound := (bytes+1)/2 + 1000
	if c == nil || c.Pairs == 0 {
		return bound
	}
	ratio := max(c.MostRatio+1, c.Ratios.Quantile(0.99))
	return max(bound, int64(math.Ceil(float64(bytes)*float64(ratio)/ratioBase)))
}

// Mean is the output tokens of a task, repeated attempts included; ok is false while too little is known.
func (c *Calibration) Mean() (tokens float64, ok bool) {
	if c == nil || c.Answers < enough || c.Tasks < 1 {
		return 0, false
	}
	return float64(c.Output) / float64(c.Tasks), true
}

// Attempts is how many answers a task takes, at least 1.
func (c *Calibration) Attempts() float64 {
	if c == nil || c.Tasks < enough {
		return 1
	}
	return max(1, float64(c.Answers)/float64(c.Tasks))
}

// Deviation is the standard deviation of one answer's output tokens.
func (c *Calibration) Deviation() float64 {
	if c == nil || c.Answers < 2 {
		return 0
	}
	n := float64(c.Answers)
	mean := float64(c.Output) / n
	return math.Sqrt(max(0, c.Squares/n-mean*mean))
}

// above is how far the mean of n more tasks may lie above the known one, in 95 of 100 cases: the spread of n answers, and
// of those that the mean was taken from (1.645 standard deviations).
func (c *Calibration) above(n int64) float64 {
	return 1.645 * c.Deviation() * math.Sqrt(1/float64(max(n, 1))+1/float64(max(c.Answers, 1)))
}
