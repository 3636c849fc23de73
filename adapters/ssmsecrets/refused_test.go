package ssmsecrets_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestAReadingBegunBeforeTheRefusal brings what it will to somebody who was refused the old secret while it was under way.
func TestAReadingBegunBeforeTheRefusal(t *testing.T) {
	t.Parallel()
	says := func(value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			_ = json.NewEncoder(w).Encode(map[string]any{"Parameters": []map[string]any{{"Name": nameKey, "Value": value, "Version": 1}}})
		}
	}
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		want     string
		requests int
	}{
		"the refused one": {says(canary), "brand-new", 3},
		"another one":     {says("newer"), "newer", 2},
		"none":            {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }, "brand-new", 3},
		"a failure":       {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, "ThrottlingException", "no") }, "brand-new", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			s := f.secrets(t, nil, nameKey)
			old := get(t, s, nameKey)
			f.clock.Advance(ssmsecrets.DefaultLife + time.Second)
			held, release := make(chan struct{}), make(chan struct{})
			f.answers(func(n int, w http.ResponseWriter, r *http.Request) bool {
				if n != 2 {
					return false
				}
				close(held)
				<-release
				c.answer(w, r)
				return true
			})
			s.Prefetch(t.Context())
			<-held
			f.put(nameKey, "brand-new")
			waiting, got := counting{Context: t.Context(), asked: make(chan struct{}, 10)}, make(chan string, 1)
			go func() {
				secret, err := s.Renewed(waiting, nameKey, ports.Secret(old))
				if err != nil {
					got <- err.Error()
					return
				}
				got <- reveal(secret)
			}()
			<-waiting.asked // it waits for the reading that is under way
			close(release)
			require.Equal(t, c.want, <-got)
			require.Equal(t, c.requests, f.requests())
			require.Equal(t, c.want, get(t, s, nameKey))
			require.Equal(t, c.requests, f.requests())
		})
	}
}

// TestARefusalOutlivesAnOldReading that failed: the next one decides, with its own failure.
func TestARefusalOutlivesAnOldReading(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, &ssmsecrets.Options{Retries: -1}, nameKey)
	old := get(t, s, nameKey)
	f.clock.Advance(ssmsecrets.DefaultLife + time.Second)
	held, release := make(chan struct{}), make(chan struct{})
	f.answers(func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			close(held)
			<-release
		}
		refuse(w, 400, "ThrottlingException", "no")
		return true
	})
	s.Prefetch(t.Context())
	<-held
	waiting, got := counting{Context: t.Context(), asked: make(chan struct{}, 10)}, make(chan error, 1)
	go func() {
		_, err := s.Renewed(waiting, nameKey, ports.Secret(old))
		got <- err
	}()
	<-waiting.asked
	close(release)
	require.ErrorIs(t, <-got, fault.Throttled)
	require.Equal(t, 3, f.requests())
}
