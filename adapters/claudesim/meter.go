package claudesim

// meter is one limit: a bucket that holds a minute's worth, and perhaps a smaller one beside it that keeps
// bursts short.
type meter struct {
	minute, burst bucket
}

// newMeter allows so many per minute; a burst above 0 is how many seconds' worth may be taken at once, at
// least one.
func newMeter(perMinute int, burst, now float64) meter {
	m := meter{minute: newBucket(perMinute)}
	m.minute.at = now
	if burst > 0 {
		m.burst = m.minute
		m.burst.capacity = min(max(m.minute.rate*burst, 1), m.minute.capacity)
		m.burst.level = m.burst.capacity
	}
	return m
}

func (m *meter) refill(now float64) {
	m.minute.refill(now)
	m.burst.refill(now)
}

func (m *meter) lacks(n float64) float64 {
	if m.burst.capacity == 0 {
		return m.minute.lacks(n)
	}
	return max(m.minute.lacks(n), m.burst.lacks(n))
}

func (m *meter) take(n float64) {
	m.minute.level -= n
	if m.burst.capacity > 0 {
		m.burst.level -= n
	}
}
