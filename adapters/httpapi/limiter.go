package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// mostLimited is how many names a limiter keeps apart; when there are more, those that have used nothing lately are forgotten.
const mostLimited = 10_000

// limiter lets each name make so many requests in a minute, in a burst or spread.
type limiter struct {
	perMinute int

	mu    sync.Mutex
	names map[string]*rate.Limiter
}

// newLimiter returns a limiter; below zero it limits nothing.
func newLimiter(perMinute int) *limiter {
	return &limiter{perMinute: perMinute, names: map[string]*rate.Limiter{}}
}

// take takes one request of the name and says how long to wait when there is none left.
func (l *limiter) take(name string, now time.Time) time.Duration {
	if l.perMinute < 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one, known := l.names[name]
	if !known {
		l.forget(now)
		one = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.names[name] = one
	}
	if one.AllowN(now, 1) {
		return 0
	}
	missing := 1 - one.TokensAt(now)
	return time.Duration(missing / float64(one.Limit()) * float64(time.Second))
}

// forget makes room: who has a full allowance is as good as unknown. When too few have, half of the names begin anew, whichever they are.
func (l *limiter) forget(now time.Time) {
	if len(l.names) < mostLimited {
		return
	}
	for name, one := range l.names {
		if one.TokensAt(now) >= float64(l.perMinute) {
			delete(l.names, name)
		}
	}
	if len(l.names) < mostLimited {
		return
	}
	for name := range l.names {
		if delete(l.names, name); len(l.names) <= mostLimited/2 {
			return
		}
	}
}
