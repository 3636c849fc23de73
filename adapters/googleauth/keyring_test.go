package googleauth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// secret is a token that nobody has signed: a signature of the right length, all zero.
func secret(header, claims fields) ports.Secret {
	zeros := make([]byte, 342)
	for i := range zeros {
		zeros[i] = 'A'
	}
	return ports.Secret(unsigned(header, claims) + "." + string(zeros))
}

func TestKeysAreKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cacheControl, age string
		life              time.Duration
	}{
		"AsTheAnswerSays":  {cacheControl: "public, max-age=21600, must-revalidate, no-transform", life: 6 * time.Hour},
		"LessTheAge":       {cacheControl: "max-age=21600", age: "3600", life: 5 * time.Hour},
		"OlderThanItsLife": {cacheControl: "max-age=21600", age: "50000", life: 5 * time.Minute},
		"QuotedAndLoud":    {cacheControl: `public,MAX-AGE="600"`, life: 10 * time.Minute},
		"AtLeast5m":        {cacheControl: "max-age=0", life: 5 * time.Minute},
		"AtMost24h":        {cacheControl: "max-age=31536000", life: 24 * time.Hour},
		"BeyondAnInteger":  {cacheControl: "max-age=99999999999999999999999", life: 24 * time.Hour},
		"Negative":         {cacheControl: "max-age=-5", life: 5 * time.Minute},
		"NotANumber":       {cacheControl: "max-age=soon", life: 5 * time.Minute},
		"NotSaid":          {life: 5 * time.Minute},
		"NotToBeStored":    {cacheControl: "no-store", life: 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.keys.change(func(s *keyServer) { s.maxAge, s.age = test.cacheControl, test.age })
			for _, step := range []struct {
				wait time.Duration
				want int
			}{{0, 1}, {test.life - time.Second, 1}, {time.Second, 2}, {test.life - time.Second, 2}} {
				w.clock.Advance(step.wait)
				_, err := w.verify(w.good())
				require.NoError(t, err)
				require.Equal(t, step.want, w.keys.count())
			}
		})
	}
}

func TestRotatedKeyIsFetchedOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := w.verify(w.good())
	require.NoError(t, err)
	w.keys.publish(map[string]any{"two": rotatedKey().Public()})
	w.clock.Advance(30 * time.Second)
	_, err = w.verify(w.goodOf("two", rotatedKey())) // too soon to ask again
	require.ErrorIs(t, err, fault.Unauthorized)
	w.clock.Advance(30 * time.Second)
	for range 3 {
		_, err = w.verify(w.goodOf("two", rotatedKey()))
		require.NoError(t, err)
	}
	require.Equal(t, 2, w.keys.count())
	_, err = w.verify(w.good()) // the old key is withdrawn
	require.ErrorIs(t, err, fault.Unauthorized)
}

func TestOutage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keys.change(func(s *keyServer) { s.maxAge = "" })
	_, err := w.verify(w.good())
	require.NoError(t, err)
	w.keys.change(func(s *keyServer) { s.status = http.StatusInternalServerError })

	w.clock.Advance(time.Hour)
	for range 20 {
		_, err = w.verify(w.good())
		require.NoError(t, err)
	}
	require.Equal(t, 2, w.keys.count())
	_, err = w.verify(w.goodOf("two", rotatedKey())) // it may be a new key: nobody can say
	require.ErrorIs(t, err, fault.Unavailable)
	require.Equal(t, time.Minute, fault.RetryAfter(err))
	require.Equal(t, 2, w.keys.count())

	w.clock.Advance(23*time.Hour - time.Second)
	_, err = w.verify(w.good())
	require.NoError(t, err)
	w.clock.Advance(time.Second) // 24 h after the fetch, to the second
	_, err = w.verify(w.good())
	require.ErrorIs(t, err, fault.Unavailable)
	w.clock.Advance(time.Hour)
	refused(t, w, fault.Unavailable, w.good())

	w.keys.change(func(s *keyServer) { s.status = 0 })
	w.clock.Advance(time.Minute)
	_, err = w.verify(w.good())
	require.NoError(t, err)
}

func TestNoKeysYet(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keys.change(func(s *keyServer) { s.status = http.StatusServiceUnavailable })
	for range 50 {
		_, err := w.verify(w.good())
		require.ErrorIs(t, err, fault.Unavailable)
		require.EqualError(t, err, "googleauth: the issuer's keys cannot be had: status 503")
		require.Equal(t, 5*time.Second, fault.RetryAfter(err))
	}
	require.Equal(t, 1, w.keys.count())
	w.keys.change(func(s *keyServer) { s.status = 0 })
	w.clock.Advance(5 * time.Second)
	_, err := w.verify(w.good())
	require.NoError(t, err)
	require.Equal(t, 2, w.keys.count())
}

func TestClockSetBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := w.verify(w.good())
	require.NoError(t, err)
	w.clock.Advance(-time.Hour) // nobody knows how old the keys are
	_, err = w.verify(w.good())
	require.NoError(t, err)
	require.Equal(t, 2, w.keys.count())
}

func TestManyShareOneRequest(t *testing.T) {
	t.Parallel()
	w := setup(t)
	hold := make(chan struct{})
	w.keys.change(func(s *keyServer) { s.hold = hold })
	token, errs := w.good(), make(chan error, 100)
	var all sync.WaitGroup
	for range cap(errs) {
		all.Go(func() {
			_, err := w.verify(token)
			errs <- err
		})
	}
	<-w.keys.arrived
	close(hold)
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, w.keys.count())
}

func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	w := setup(t)
	hold, result := make(chan struct{}), make(chan error)
	w.keys.change(func(s *keyServer) { s.hold = hold })
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, err := w.Verify(ctx, ports.Secret(w.good()), "")
		result <- err
	}()
	<-w.keys.arrived
	cancel()
	require.Equal(t, context.Canceled, <-result)
	close(hold)
	_, err := w.verify(w.good()) // what the first one began serves the next
	require.NoError(t, err)
	require.Equal(t, 1, w.keys.count())
}

func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	w := setup(t)
	hold, result := make(chan struct{}), make(chan error)
	defer close(hold)
	w.keys.change(func(s *keyServer) { s.hold = hold })
	go func() {
		_, err := w.verify(w.good())
		result <- err
	}()
	<-w.keys.arrived
	w.clock.Advance(5 * time.Second)
	err := <-result
	require.ErrorIs(t, err, fault.Unavailable)
	require.NotErrorIs(t, err, context.DeadlineExceeded) // the limit is not the caller's
	require.ErrorContains(t, err, "no answer in time")
}
