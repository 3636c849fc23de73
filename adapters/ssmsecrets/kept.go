package ssmsecrets

import (
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// kept is what is known of one secret.
type kept struct {
	// reveal gives the secret, and is nil while there is none. It is a function so that no printing shows the secret.
	reveal func() ports.Secret
	// missing is why a reading that succeeded brought no secret.
	missing error
	// at is when the reading was begun that told either of them.
	at time.Time
	// refused is 0, or, where whoever used the secret said that it is not accepted, the number of the first reading that was
	// begun after that.
	refused int
	// failure is the error of the last reading, if it failed, and failedAt when that was.
	failure  error
	failedAt time.Time
}

// follows reports whether a reading with this number, which brought next, or a failure, says more than what is kept. One that
// was begun before the secret was refused does so only if it brought another secret.
func (k kept) follows(number int, next kept) bool {
	return number >= k.refused || next.failure == nil && next.reveal != nil && next.reveal() != k.reveal()
}

// value is the secret, or why there is none.
func (k kept) value() (ports.Secret, error) {
	if k.reveal == nil {
		return "", k.missing
	}
	return k.reveal(), nil
}

// settled reports whether no reading is due.
func (k kept) settled(now time.Time, options *Options) bool {
	switch {
	case k.failure != nil:
		return k.reveal != nil && within(now, k.failedAt, options.Pause)
	case k.missing != nil:
		return within(now, k.at, options.Pause)
	}
	return k.reveal != nil && k.refused == 0 && within(now, k.at, options.Life)
}

// serves reports whether an old secret does although the last reading failed.
func (k kept) serves(now time.Time, options *Options) bool {
	unreached := k.failure == nil || errors.Is(k.failure, fault.Throttled) || errors.Is(k.failure, fault.Unavailable)
	return k.reveal != nil && k.refused == 0 && unreached && within(now, k.at, options.Stale)
}

// within reports whether now is in the span that began at from. A clock that was set back ends it.
func within(now, from time.Time, span time.Duration) bool {
	return !from.IsZero() && !now.Before(from) && now.Before(from.Add(span))
}
