package backoffice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// A query from the beginning to the end of time asks for no more lists than one without bounds.
func TestTheTrailIsReadWhereItCanBe(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "job.create"}, "forbidden"))
	count := func(q backoffice.AuditQuery) (calls, lines int) {
		for {
			some, next, err := f.Audit(t.Context(), q)
			require.NoError(t, err)
			calls, lines = calls+1, lines+len(some)
			if q.Cursor = next; next == "" {
				return calls, lines
			}
		}
	}
	calls, lines := count(backoffice.AuditQuery{})
	require.Equal(t, 1, lines)
	far, same := count(backoffice.AuditQuery{From: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), To: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)})
	require.Equal(t, lines, same)
	require.Equal(t, calls, far)
}
