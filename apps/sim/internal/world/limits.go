package world

import (
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/ports"
)

// limits are the provider's rates: three buckets that refill evenly by the true time.
type limits struct {
	w                       *World
	requests, input, output bucket
}

// bucket is one of them; one without a rate holds nobody back.
type bucket struct {
	perMinute, most, level float64
	at                     time.Time
}

func newLimits(w *World) limits {
	// Providers enforce a minute's rate in shorter times too.
	fill := func(perMinute int, least float64) bucket {
		most := max(float64(perMinute)*w.config.Enforced.Minutes(), least)
		return bucket{float64(perMinute), most, most, w.Now()}
	}
	c := w.config
	return limits{w, fill(c.RPM, 2), fill(c.ITPM, 2000), fill(c.OTPM, 2400)}
}

func (b *bucket) refill(now time.Time) {
	b.level = min(b.level+b.perMinute*now.Sub(b.at).Minutes(), b.most)
	b.at = now
}

// wait is how long it takes until the bucket has more than that.
func (b *bucket) wait(level float64) time.Duration {
	if b.perMinute == 0 || b.level >= level {
		return 0
	}
	return time.Duration((level-b.level)/b.perMinute*float64(time.Minute)) + time.Millisecond
}

func (l *limits) all() [3]*bucket { return [3]*bucket{&l.requests, &l.input, &l.output} }

// begin takes one request, or says how long there will be none.
func (l *limits) begin() time.Duration {
	for _, b := range l.all() {
		b.refill(l.w.Now())
	}
	left := max(l.requests.wait(1), l.input.wait(1), l.output.wait(1))
	if left > 0 {
		return max(left, time.Second)
	}
	l.requests.level--
	return 0
}

// take takes the tokens of a request.
func (l *limits) take(u cost.Usage) {
	for b, tokens := range map[*bucket]int64{&l.input: u.Prompt() - u.CacheRead, &l.output: u.Output} {
		b.level = max(b.level-float64(tokens), -2*b.perMinute) // nobody is made to wait for hours
	}
}

// told is what an answer's headers say: nothing where there are no limits, and now and then nothing or nonsense.
func (l *limits) told() ports.Limits {
	w := l.w
	if w.config.RPM == 0 {
		return ports.Limits{}
	}
	one := func(b *bucket) ports.Limit {
		b.refill(w.Now())
		if b.perMinute == 0 {
			return ports.Limit{}
		}
		return ports.Limit{Known: true, Max: int64(b.perMinute), Remaining: int64(max(b.level, 0)), Reset: w.Now().Add(b.wait(b.most))}
	}
	said := ports.Limits{Requests: one(&l.requests), Input: one(&l.input), Output: one(&l.output)}
	if !w.config.Lying || w.calm || !w.percent(20) {
		return said
	}
	if w.percent(50) {
		w.reach.Hit(chance.ProviderItself, chance.NoHeaders)
		return ports.Limits{}
	}
	w.reach.Hit(chance.ProviderItself, chance.WrongHeaders)
	switch w.roll().IntN(5) {
	case 0:
		said.Requests.Max *= 1000
	case 1:
		said.Requests.Max, said.Requests.Remaining = max(said.Requests.Max/4, 1), 0
	case 2:
		said.Input, said.Output = said.Output, said.Input
	case 3:
		said.Requests.Max, said.Output.Max = -1, 1<<60
	case 4:
		said.Tokens = ports.Limit{Known: true, Max: 60_000, Remaining: -4}
	}
	return said
}
