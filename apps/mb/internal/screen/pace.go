package screen

import "time"

// window is how far back the rate looks: long enough not to jump, short enough to follow.
const window = 20 * time.Second

// sample is how many pages had ended at a time.
type sample struct {
	at    time.Time
	ended int
}

// pace tells the rate and what is left from the last samples.
type pace struct{ samples []sample }

// add takes a view's sample and forgets those that are too old, but for one.
func (p *pace) add(v View) {
	p.samples = append(p.samples, sample{v.At, v.ended()})
	first := 0
	for first+2 < len(p.samples) && v.At.Sub(p.samples[first+1].at) >= window {
		first++
	}
	p.samples = append(p.samples[:0], p.samples[first:]...)
}

// perSecond is the rate over the window; 0 while nothing is known.
func (p *pace) perSecond() float64 {
	if len(p.samples) < 2 {
		return 0
	}
	first, last := p.samples[0], p.samples[len(p.samples)-1]
	took := last.at.Sub(first.at).Seconds()
	if took <= 0 || last.ended < first.ended {
		return 0
	}
	return float64(last.ended-first.ended) / took
}

// left is how long the rest will take at this rate; false while there is none.
func (p *pace) left(v View) (time.Duration, bool) {
	rate := p.perSecond()
	if rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(v.Total-v.ended()) / rate * float64(time.Second)), true
}
