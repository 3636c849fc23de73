package apitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Whoever creates with one key, at once and again, gets one job and one answer.
func TestOneKeyIsOneJob(t *testing.T) {
	t.Parallel()
	t.Run("memstore", func(t *testing.T) {
		t.Parallel()
		creates(t, memstore.New(sysclock.Clock{}, nil), keys, 100)
	})
	t.Run("boltstore", func(t *testing.T) {
		t.Parallel()
		store, err := boltstore.Open(filepath.Join(t.TempDir(), "store.db"), sysclock.Clock{}, nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		creates(t, store, keys, 100)
	})
}

// creates sends so many equal creates at once for each of so many keys.
func creates(t *testing.T, store ports.Store, keys, callers int) {
	t.Helper()
	w := newCloudOver(t, store)
	business := w.business()
	ids := map[string]bool{}
	for key := range keys {
		answers := make([]string, callers)
		var all sync.WaitGroup
		first := newEvent()
		for i := range callers {
			all.Go(func() { answers[i] = w.create(business, fmt.Sprintf("key-%d", key), first) })
		}
		all.Wait()
		for _, answer := range answers {
			require.Equal(t, answers[0], answer, "key %d", key)
		}
		_, rest, _ := strings.Cut(answers[0], `"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		require.NotEmpty(t, id, answers[0])
		require.False(t, ids[id], "key %d has the job of another", key)
		ids[id] = true
	}
	jobs, err := w.engine.Jobs(t.Context(), strings.TrimPrefix(business, "/api/businesses/"), 1000)
	require.NoError(t, err)
	require.Len(t, jobs, keys)
}

// ask makes a request of the handler.
func (w *cloud) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.api.ServeHTTP(answer, r)
	return answer
}

// event is something that happens once, and can be waited for.
type event struct {
	once sync.Once
	done chan struct{}
}

func newEvent() *event { return &event{done: make(chan struct{})} }

func (e *event) happens() { e.once.Do(func() { close(e.done) }) }

// create sends one create until it is answered for good, and returns status and body. Who comes while the first one is under way
// waits until somebody has an answer, and asks again.
func (w *cloud) create(business, key string, first *event) string {
	for {
		answer := w.ask(http.MethodPost, business+"/generate", `{"page_type":"keyword-service-area"}`, "Idempotency-Key", key)
		if answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "IDEMPOTENCY_IN_PROGRESS") {
			first.happens()
			return fmt.Sprint(answer.Code, answer.Body.String())
		}
		<-first.done
	}
}

// business makes one whose jobs have one page, and returns its path.
func (w *cloud) business() string {
	w.t.Helper()
	made := w.ask(http.MethodPost, "/api/businesses", `{"name":"Harbor Plumbing","industry_type":"Plumber","phone":"(207) 555-0123","website":"https://harbor.example.com",
		"email":"a@example.com","gbp_url":"https://g.example.com/x","primary_city":"Portland","primary_state":"ME"}`)
	require.Equal(w.t, http.StatusCreated, made.Code, made.Body.String())
	base := made.Header().Get("Location")
	for path, body := range map[string]string{
		"/services/bulk": `{"rows":[{"name":"Drain cleaning"},{"name":"Water heaters"}]}`, "/keywords/bulk": `{"rows":[{"keyword":"emergency plumber"}]}`,
		"/service-areas/bulk": `{"rows":[{"city":"Saco","state":"ME"}]}`,
	} {
		answer := w.ask(http.MethodPost, base+path, body)
		require.Equal(w.t, http.StatusOK, answer.Code, answer.Body.String())
	}
	return base
}
