package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// FuzzCursor sends whatever it likes as a cursor, and a real one with a byte changed: nothing but the real one is ever taken.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "A", "bGltaXQ", "%00", "\xff\xfe", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "../../x", "a&limit=2"} {
		f.Add(seed, uint16(0), byte(1))
		f.Add(seed, uint16(40), byte(0))
	}
	var once sync.Once
	var w *world
	var genuine string
	f.Fuzz(func(t *testing.T, cursor string, at uint16, change byte) {
		// One world for all: what it has to close is closed with the first case, and no list needs it.
		once.Do(func() {
			w = newWorld(t, nil)
			genuine = w.must(http.StatusOK, http.MethodGet, "/api/principals?limit=1", nil).get(t, "next_cursor").(string)
		})
		if cursor == "" {
			changed := []byte(genuine)
			changed[int(at)%len(changed)] ^= change
			cursor = string(changed)
		}
		r := httptest.NewRequest(http.MethodGet, "/api/principals?limit=1&cursor="+url.QueryEscape(cursor), nil)
		r.Header.Set("Authorization", "Bearer "+w.tokens[backoffice.Admin])
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		want := http.StatusBadRequest
		if cursor == genuine {
			want = http.StatusOK
		}
		require.Equal(t, want, rec.Code, "%q: %s", cursor, rec.Body)
		require.NotContains(t, rec.Body.String(), w.tokens[backoffice.Admin])
	})
}
