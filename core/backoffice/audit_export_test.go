package backoffice_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Whoever walks the trail by its cursors gets each line one time, wherever a call has ended: after so many lines, or before one that there was
// no room for.
func TestExportAudit(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	var want []string
	for i := range 450 {
		if i%150 == 0 {
			f.clock.forward(40 * 24 * time.Hour)
		}
		require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "test"}, strconv.Itoa(i)))
		want = append([]string{strconv.Itoa(i)}, want...)
	}
	walk := func(limit, room int) (reasons []string, calls int) {
		q := backoffice.AuditQuery{Action: "test", Limit: limit}
		for {
			here := 0
			next, err := f.ExportAudit(t.Context(), q, func(r backoffice.AuditRecord) bool {
				if here == room {
					return false
				}
				here++
				reasons = append(reasons, r.Reason)
				return true
			})
			require.NoError(t, err)
			calls++
			if q.Cursor = next; next == "" {
				return reasons, calls
			}
			require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "test"}, "meanwhile"))
		}
	}
	got, calls := walk(0, -1)
	require.Equal(t, want, got)
	require.Equal(t, 1, calls, "years without a line are looked at in one call")
	for _, limit := range []int{1, 149, 150, 200, 449, backoffice.MaxAuditExport + 1} {
		for _, room := range []int{-1, 7, 150} {
			if limit == 1 && room > 0 {
				continue
			}
			got, _ := walk(limit, room)
			for len(got) > 0 && got[0] == "meanwhile" { // of the walks before
				got = got[1:]
			}
			require.Equal(t, want, got, "%d and %d", limit, room)
		}
	}
	_, err := f.ExportAudit(t.Context(), backoffice.AuditQuery{Cursor: "none"}, nil)
	require.ErrorIs(t, err, fault.Invalid)
}

// What never was is not known, what is deleted is.
func TestKnown(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	require.ErrorIs(t, f.Known(t.Context(), "no-such"), fault.NotFound)
}
