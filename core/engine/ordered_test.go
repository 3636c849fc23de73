package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
)

func TestOrdered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	print := idempotency.Of([]byte("order"))
	found, err := w.main.Ordered(w.ctx, "acme", "key", print)
	require.NoError(t, err)
	require.Nil(t, found)
	id := w.submit(3, func(s *engine.Submission) { s.Key, s.Fingerprint = "key", print })
	found, err = w.main.Ordered(w.ctx, "acme", "key", print)
	require.NoError(t, err)
	require.Equal(t, id, found.ID)
	_, err = w.main.Ordered(w.ctx, "acme", "key", idempotency.Of([]byte("another")))
	require.ErrorIs(t, err, fault.Conflict)
	found, err = w.main.Ordered(w.ctx, "other", "key", print)
	require.NoError(t, err)
	require.Nil(t, found, "a key is its tenant's")
	w.now = w.now.Add(idempotency.Keep + time.Hour)
	found, err = w.main.Ordered(w.ctx, "acme", "key", print)
	require.NoError(t, err)
	require.Nil(t, found, "the key is free again")
}

func TestTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	list, err := w.main.Tenants(w.ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	for _, tenant := range []string{"b", "a", "b"} {
		w.submit(1, func(s *engine.Submission) { s.Tenant = tenant })
	}
	list, err = w.main.Tenants(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, list)
}
