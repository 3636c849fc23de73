package backoffice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// Whoever is nobody cannot fill the trail, and takes no line from anybody who is known. What has no line is counted.
func TestStrangersHaveFewLines(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	knock := func(from string, times int) {
		for range times {
			require.NoError(t, f.Deny(t.Context(), backoffice.Caller{From: from}, backoffice.Action{Name: "me"}, "unauthorized"))
			require.NoError(t, f.Fail(t.Context(), backoffice.Caller{From: from}, backoffice.Action{Name: "session.create"}, "validation_error"))
		}
	}
	lines := func(of string) (n, silent int) {
		for _, line := range f.trail(t) {
			if line.Actor.PrincipalID == of {
				n, silent = n+1, silent+line.Silent
			}
		}
		return n, silent
	}
	knock("192.0.2.1", 50)
	n, silent := lines("")
	require.Equal(t, 20, n, "those of one address in a minute")
	require.Zero(t, silent, "it is told by the next line")
	knock("192.0.2.2", 1)
	n, silent = lines("")
	require.Equal(t, 22, n)
	require.Equal(t, 80, silent)
	for i := range 100 {
		knock(fmt.Sprint("192.0.2.", 10+i), 1)
	}
	n, _ = lines("")
	require.Equal(t, 60, n, "those of all addresses in a minute")

	for range 100 {
		require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "job.create"}, "forbidden"))
	}
	n, silent = lines("boss")
	require.Equal(t, 100, n, "who is known has a line for each")
	require.Zero(t, silent)

	for range 10 {
		require.NoError(t, f.Deny(t.Context(), backoffice.Caller{Principal: "ended", Kind: backoffice.Service, From: "192.0.2.1"}, backoffice.Action{Name: "me"}, "unauthorized"))
	}
	n, _ = lines("ended")
	require.Zero(t, n, "whose token has ended is bounded as strangers are")

	f.clock.forward(time.Minute)
	knock("192.0.2.1", 1)
	n, silent = lines("")
	require.Equal(t, 62, n, "the next minute")
	require.Equal(t, 2*(50+1+100+1)+10, n+silent, "each attempt has a line, or is counted by one")
}
