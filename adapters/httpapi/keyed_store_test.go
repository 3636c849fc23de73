package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// cranky is a store that fails in ways that no adapter has: it panics in the next change of what is neither a key nor a line of the trail,
// or takes only short answers for keys.
type cranky struct {
	ports.Store
	panics atomic.Int64
	most   atomic.Int64
}

// Update implements ports.Store.
func (s *cranky) Update(ctx context.Context, keys []ports.Key, decide func(tx ports.Tx) error) error {
	if !strings.HasPrefix(keys[0].Partition, "once/") {
		if !strings.HasPrefix(keys[0].Partition, "audit/") && s.panics.Add(-1) == 0 {
			panic("mbt_canary")
		}
		return s.Store.Update(ctx, keys, decide)
	}
	return s.Store.Update(ctx, keys, func(tx ports.Tx) error {
		narrow := &narrow{Tx: tx, most: int(s.most.Load())}
		if err := decide(narrow); err != nil {
			return err
		}
		return narrow.err
	})
}

// narrow takes only short records, unless most is 0.
type narrow struct {
	ports.Tx
	most int
	err  error
}

// Put implements ports.Tx.
func (n *narrow) Put(r ports.Record) {
	if n.most > 0 && len(r.Body) > n.most {
		n.err = fault.New(fault.Invalid, "the body is too large")
	}
	n.Tx.Put(r)
}

func newCranky(t *testing.T) (*world, *cranky) {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := &cranky{Store: memstore.New(c, nil)}
	return newWorldOver(t, store, c, nil), store
}

// TestAPanicIsAnAnswer: it has its line in the trail, the key is told it again, and nothing is done twice.
func TestAPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	w, store := newCranky(t)
	business := w.plumber(1, 1)
	body := map[string]any{"name": "Leak repair"}
	lines := len(w.audits())
	store.panics.Store(1)
	first := w.must(http.StatusInternalServerError, http.MethodPost, business+"/services", body, "Idempotency-Key", "k", "X-Request-Id", "request-of-k")
	require.Equal(t, "INTERNAL_ERROR", first.get(t, "code"))
	require.Equal(t, "request-of-k", first.get(t, "request_id"))
	require.NotContains(t, string(first.body), "canary")
	require.Contains(t, strings.Join(w.observer.faults(), "\n"), "the API panicked in ")
	require.Contains(t, strings.Join(w.observer.faults(), "\n"), "cranky", "it says where")
	require.NotContains(t, strings.Join(w.observer.faults(), "\n"), "canary")
	require.Len(t, w.audits(), lines+1)
	line := w.audits()[0]
	require.Equal(t, backoffice.AuditFailed, line.Result)
	require.Equal(t, "service.create", line.Action)
	require.Equal(t, "internal_error", line.Reason)

	again := w.must(http.StatusInternalServerError, http.MethodPost, business+"/services", body, "Idempotency-Key", "k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Len(t, w.audits(), lines+1, "a repeat has no line")

	store.panics.Store(1)
	w.must(http.StatusInternalServerError, http.MethodPost, business+"/services", body)
	require.Len(t, w.audits(), lines+2, "without a key too")
	w.must(http.StatusCreated, http.MethodPost, business+"/services", body)
}

// TestALongAnswerIsToldAgain: what a bulk import says of 500 bad rows is more than a record holds.
func TestALongAnswerIsToldAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 0)
	rows := make([]any, 500)
	for i := range rows {
		rows[i] = map[string]any{
			"name": "", "city": "", "state": "XX", "status": "x", "location_type": "x", "latitude": 1000, "priority": -1, "email": "x", "phone": "x",
			"longitude": 1000, "is_primary": "x", "is_headquarters": "x", "colour": "x",
		}
	}
	ask := func() answer {
		return w.must(http.StatusOK, http.MethodPost, business+"/locations/bulk", map[string]any{"rows": rows}, "Idempotency-Key", "k")
	}
	first := ask()
	require.Greater(t, len(first.body), ports.MaxBody, "it is longer than a record")
	lines := len(w.audits())
	again := ask()
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first.body, again.body)
	require.Len(t, w.audits(), lines)
	require.Empty(t, w.observer.faults())
}

// TestAnAnswerThatIsTooLong is not told again, but nothing is done again either.
func TestAnAnswerThatIsTooLong(t *testing.T) {
	t.Parallel()
	w, store := newCranky(t)
	business := w.plumber(1, 0)
	body := map[string]any{"name": "Dock", "city": "Bath", "state": "ME", "note": strings.Repeat("a long note ", 80)}
	store.most.Store(1300)
	first := w.must(http.StatusCreated, http.MethodPost, business+"/locations", body, "Idempotency-Key", "k")
	for range 2 {
		again := w.must(http.StatusConflict, http.MethodPost, business+"/locations", body, "Idempotency-Key", "k")
		require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
		require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
		require.Contains(t, again.get(t, "detail"), "answered with 201")
	}
	w.must(http.StatusUnprocessableEntity, http.MethodPost, business+"/locations", map[string]any{"name": "Other", "city": "Bath", "state": "ME"}, "Idempotency-Key", "k")
	w.clock.forward(time.Hour)
	w.must(http.StatusConflict, http.MethodPost, business+"/locations", body, "Idempotency-Key", "k")
	require.Len(t, w.must(http.StatusOK, http.MethodGet, business+"/locations", nil).get(t, "locations"), 1)
	require.Empty(t, w.observer.faults())
}

// TestARepeatHasTheETag: whoever lost the first answer can change what it has made.
func TestARepeatHasTheETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 0)
	body := map[string]any{"name": "Leak repair"}
	first := w.must(http.StatusCreated, http.MethodPost, business+"/services", body, "Idempotency-Key", "k")
	require.Equal(t, `"1"`, first.Header.Get("Etag"))
	again := w.must(http.StatusCreated, http.MethodPost, business+"/services", body, "Idempotency-Key", "k")
	require.Equal(t, `"1"`, again.Header.Get("Etag"))
	w.must(http.StatusOK, http.MethodPatch, again.Header.Get("Location"), map[string]any{"name": "Leaks"}, "If-Match", again.Header.Get("Etag"))
}
