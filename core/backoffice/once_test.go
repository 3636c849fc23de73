package backoffice_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestLongAnswers: a long answer is kept small; one that does not get small enough is refused, and its key is claimed as before.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	ctx, print := t.Context(), idempotency.Of([]byte("a"))
	_, claim, err := f.Claim(ctx, "route", "key", print)
	require.NoError(t, err)
	noise := make([]byte, ports.MaxBody)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	require.ErrorIs(t, f.Answered(ctx, claim, backoffice.Answer{Status: 200, Body: noise}), fault.Invalid)
	_, _, err = f.Claim(ctx, "route", "key", print)
	require.ErrorIs(t, err, fault.Locked)
	long := backoffice.Answer{Status: 200, Header: map[string]string{"Etag": "1"}, Body: bytes.Repeat([]byte("row 1 is no row, "), 100_000)}
	require.NoError(t, f.Answered(ctx, claim, long))
	for range 2 {
		answer, _, err := f.Claim(ctx, "route", "key", print)
		require.NoError(t, err)
		require.Equal(t, &long, answer)
	}
	key := ports.Key{Partition: "once/" + claim.Key[:2], Sort: claim.Key}
	stored, err := f.Store.Get(ctx, key)
	require.NoError(t, err)
	require.Less(t, len(stored.Body), 64<<10)
	require.NoError(t, f.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		spoilt := stored
		spoilt.Body = regexp.MustCompile(`"packed":"[^"]*"`).ReplaceAll(stored.Body, []byte(`"packed":"////"`))
		tx.Put(spoilt)
		return nil
	}))
	_, _, err = f.Claim(ctx, "route", "key", print)
	require.ErrorIs(t, err, fault.Corrupt)
}
