package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
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

func TestAnAdminOfSomeBusinessesHasNoReachBeyondThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	own := w.plumber(1, 1)
	token := w.token(backoffice.Admin, lastOf(own))
	require.Equal(t, http.StatusOK, w.send(token, http.MethodGet, own+"/audit", nil).StatusCode)
	rows := 0
	for _, r := range w.Routes() {
		if r.Role != backoffice.Admin || strings.Contains(r.Path, "{business_id}") {
			continue
		}
		rows++
		path := strings.NewReplacer("{principal_id}", "any", "{webhook_id}", "any", "{delivery_id}", "any").Replace(r.Path)
		require.Equal(t, http.StatusForbidden, w.send(token, r.Method, path, nil).StatusCode, "%s %s", r.Method, r.Path)
	}
	require.Greater(t, rows, 20)
}

func TestTheTrailKeepsNoTextOfAPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	another := lastOf(w.business("Another"))
	for _, path := range []string{"/api/businesses/joe@example.com", "/api/businesses/joe@example.com/jobs", "/api/businesses/b/jobs/joe@example.com", "/api/principals/joe@example.com"} {
		for _, token := range []string{"", w.token(backoffice.Viewer, another)} {
			require.GreaterOrEqual(t, w.send(token, http.MethodGet, path, nil).StatusCode, 400)
			require.NotContains(t, fmt.Sprint(w.audits()), "joe@example.com", path)
		}
	}
	w.send("", http.MethodGet, "/api/businesses/b/jobs/some-job", nil)
	require.Equal(t, backoffice.Target{Type: "job", ID: "some-job", Business: "b"}, w.audits()[0].Target)
}

// breaking is a store whose Update number n and all after it fail.
type breaking struct {
	ports.Store
	left atomic.Int64
	with func() error
}

func (s *breaking) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if s.left.Add(-1) == 0 {
		if err := s.with(); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.Update(ctx, keys, decide)
}

func newBreaking(t *testing.T) (*world, *breaking) {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	s := &breaking{Store: memstore.New(c, nil)}
	return newWorldOver(t, s, c, nil), s
}

func TestARequestThatWasBrokenOffCanBeRepeated(t *testing.T) {
	t.Parallel()
	for n := range int64(6) {
		w, store := newBreaking(t)
		business := w.plumber(1, 1)
		ctx, cancel := context.WithCancel(t.Context())
		store.with = func() error { cancel(); return nil }
		r := httptest.NewRequest(http.MethodPost, business+"/generate", strings.NewReader(`{"page_type":"keyword-service-area"}`)).WithContext(ctx)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+w.tokens[backoffice.Admin])
		r.Header.Set("Idempotency-Key", "one")
		store.left.Store(n + 1)
		first := httptest.NewRecorder()
		w.ServeHTTP(first, r)
		cancel()
		require.Contains(t, []int{http.StatusAccepted, http.StatusServiceUnavailable}, first.Code, "broken off at %d: %s", n, first.Body)
		w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "one")
		jobs, err := w.jobs.Engine.Jobs(t.Context(), lastOf(business), 10)
		require.NoError(t, err)
		require.Len(t, jobs, 1)
	}
}

func TestTheCauseOfAFaultIsToldToTheObserver(t *testing.T) {
	t.Parallel()
	w, store := newBreaking(t)
	store.with = func() error { return fault.New(fault.Corrupt, "store: record 7 is torn") }
	store.left.Store(1)
	a := w.as(backoffice.Admin, http.MethodPost, "/api/businesses", map[string]any{"name": "Acme", "industry_type": "Plumber"})
	require.Equal(t, http.StatusInternalServerError, a.StatusCode)
	require.NotContains(t, string(a.body), "torn")
	require.Equal(t, []string{"business-create: store: record 7 is torn"}, w.observer.faults())
	business := w.plumber(1, 1)
	w.must(http.StatusOK, http.MethodPut, "/api/spending", map[string]any{"enabled": false, "reason": "a pause"})
	w.must(http.StatusServiceUnavailable, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "one")
	require.Len(t, w.observer.faults(), 1)
}

func TestARefusalDoesNotRepeatWhatWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	for _, id := range []string{"joe@example.com", `a "joe@example.com" \`} {
		order := choice("selection", map[string]any{"keyword_ids": []string{id}})
		a := w.must(http.StatusBadRequest, http.MethodPost, business+"/generate/preview", order)
		require.NotContains(t, string(a.body), "joe")
		require.Equal(t, "keyword_ids names …, which the catalog does not have; correct or remove it", a.get(t, "detail"))
	}
}
