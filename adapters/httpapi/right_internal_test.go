package httpapi

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswersThatWereFoundRight(t *testing.T) {
	t.Parallel()
	s := newRightAnswers()
	k := s.key("job", 200, []byte("body"))
	require.False(t, s.has(k))
	s.add(k)
	require.True(t, s.has(k))
	for _, other := range []rightKey{s.key("jobs", 200, []byte("body")), s.key("job", 202, []byte("body")), s.key("job", 200, []byte("bodY"))} {
		require.False(t, s.has(other))
	}
	for i := range 3 * rightEach {
		s.add(s.key("job", 200, []byte(strconv.Itoa(i))))
		require.LessOrEqual(t, len(s.newer)+len(s.old), 2*rightEach)
		if i%rightEach == 0 {
			require.True(t, s.has(k), "what is asked for stays")
		}
	}
	for i := range 2 * rightEach {
		s.add(s.key("job", 200, []byte(strconv.Itoa(i))))
	}
	require.False(t, s.has(k), "what nobody asks for goes")
}
