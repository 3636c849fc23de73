package porttest

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeDecisions = map[string]storeTest{
	"Decide/AnErrorIsReturnedAsItIs":                decideError,
	"Decide/AnErrorBeatsABrokenRuleOfItsWrites":     decideErrorFirst,
	"Decide/APanicPassesThroughAndWritesNothing":    decidePanic,
	"Decide/APanicOfARunThatLearntIsForgotten":      decidePanicLearning,
	"Decide/AnErrorOfARunThatLearntIsForgotten":     decideErrorLearning,
	"Decide/EndingItsGoroutineLeavesTheStoreUsable": decideGoexit,
}

func decideError(t *testing.T, s *storeKit) {
	a, b := storeKey("a"), storeKey("b")
	s.put(a, "before")
	for _, keys := range [][]ports.Key{{a}, {a, b}, nil} {
		for _, want := range []error{
			errors.New("plain"),
			fault.New(fault.Budget, "no money"),
			fault.New(fault.Throttled, "later").MaybeDone(),
			fmt.Errorf("wrapped: %w", fault.Conflict),
			fault.Internal,
		} {
			err := s.Store.Update(t.Context(), keys, func(tx ports.Tx) error {
				tx.Get(a)
				tx.Get(b)
				tx.Put(ports.Record{Key: a, Body: []byte("after")})
				tx.Create(ports.Record{Key: b})
				return want
			})
			require.True(t, any(err) == any(want), "%v is not the very error %v", err, want)
		}
	}
	require.Equal(t, "before", s.body(a))
	s.absent(b)
}

func decideErrorFirst(t *testing.T, s *storeKit) {
	want := errors.New("own")
	err := s.Store.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Put(ports.Record{Key: storeKey("unread")})
		return want
	})
	require.Same(t, want, err)
}

func decidePanic(t *testing.T, s *storeKit) {
	a, b := storeKey("a"), storeKey("b")
	s.put(a, "before")
	value := &struct{ text string }{"boom"}
	for range 20 {
		require.PanicsWithValue(t, value, func() {
			_ = s.Store.Update(t.Context(), []ports.Key{a}, func(tx ports.Tx) error {
				tx.Get(a)
				tx.Put(ports.Record{Key: a, Body: []byte("after")})
				tx.Create(ports.Record{Key: b})
				panic(value)
			})
		})
	}
	require.Equal(t, "before", s.body(a))
	s.absent(b)
	s.put(a, "usable")
	require.Equal(t, "usable", s.body(a))
}

// decidePanicLearning panics because a record seems to be absent that was only not fetched yet.
func decidePanicLearning(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "value")
	var seen string
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, there := tx.Get(storeKey("a"))
		if !there {
			panic("it must be there")
		}
		seen = string(record.Body)
		return nil
	}))
	require.Equal(t, "value", seen)
}

func decideErrorLearning(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "value")
	require.NoError(t, s.update(func(tx ports.Tx) error {
		if _, there := tx.Get(storeKey("a")); !there {
			return errors.New("it must be there")
		}
		return nil
	}))
}

// decideGoexit ends the goroutine inside a decision, as a failing require does in a test.
func decideGoexit(t *testing.T, s *storeKit) {
	for _, keys := range [][]ports.Key{nil, {storeKey("a")}, {storeKey("a"), storeKey("b")}} {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = s.Store.Update(t.Context(), keys, func(tx ports.Tx) error {
				for _, key := range keys {
					tx.Get(key)
				}
				tx.Create(ports.Record{Key: storeKey("a")})
				runtime.Goexit()
				return nil
			})
		}()
		<-ended
		s.absent(storeKey("a"))
	}
	s.put(storeKey("a"), "usable")
	require.Equal(t, "usable", s.body(storeKey("a")))
}
