package main

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// shelf has tasks, of which each third has failed, and answers that come only when enough are asked for at once.
type shelf struct {
	size, together int

	mu      sync.Mutex
	waiting int
	full    chan struct{}
	asked   map[int]int
}

func (s *shelf) Tasks(_ context.Context, _ job.ID, from int, do func(engine.TaskView) bool) error {
	for n := from; n < s.size; n++ {
		t := engine.TaskView{Ordinal: n}
		t.State, t.Accepted = job.TaskCompleted, 7
		if n%3 == 2 {
			t.State = job.TaskFailed
		}
		if !do(t) {
			break
		}
	}
	return nil
}

var errLost = errors.New("lost")

func (s *shelf) Answer(_ context.Context, _ job.ID, ordinal, attempt int) (*job.Stored, error) {
	s.mu.Lock()
	s.asked[ordinal]++
	s.waiting++
	full := s.full
	if s.waiting == s.together {
		close(s.full)
		s.waiting, s.full, s.together = 0, make(chan struct{}), 1
	}
	s.mu.Unlock()
	<-full
	if ordinal == 40 {
		return nil, errLost
	}
	return &job.Stored{MessageID: string(rune('a' + attempt))}, nil
}

func TestAnswersAreReadAhead(t *testing.T) {
	t.Parallel()
	s := &shelf{size: 100, together: 22, full: make(chan struct{}), asked: map[int]int{}} // of 32 tasks 22 are completed
	a := &ahead{Engine: s}
	for range 2 { // states are read before answers are
		var seen []int
		require.NoError(t, a.Tasks(t.Context(), "j", 0, func(v engine.TaskView) bool {
			seen = append(seen, v.Ordinal)
			return true
		}))
		require.Len(t, seen, 100)
		require.IsIncreasing(t, seen)
	}
	require.Empty(t, s.asked, "nothing is asked for that nobody wants")
	var failed error
	require.NoError(t, a.Tasks(t.Context(), "j", 0, func(v engine.TaskView) bool {
		if v.State != job.TaskCompleted {
			return true
		}
		var stored *job.Stored
		if stored, failed = a.Answer(t.Context(), "j", v.Ordinal, v.Accepted); failed == nil {
			require.Equal(t, "h", stored.MessageID)
		}
		return failed == nil
	}))
	require.ErrorIs(t, failed, errLost)
	s.mu.Lock() // some may still be on their way
	for ordinal, times := range s.asked {
		require.Equal(t, 1, times, ordinal)
	}
	s.mu.Unlock()
	stored, err := a.Answer(t.Context(), "j", 99, 7)
	require.NoError(t, err)
	require.Equal(t, "h", stored.MessageID, "what is not gone through is read all the same")
}
