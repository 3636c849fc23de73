package ssmsecrets_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// hasty is a clock that moves on instead of sleeping.
type hasty struct{ *porttest.ManualClock }

func (h hasty) Sleep(ctx context.Context, until time.Time) error {
	h.Set(until)
	return ctx.Err()
}

// hurry returns secrets that do not sleep between their tries.
func hurry(t *testing.T, options *ssmsecrets.Options, names ...string) (*ssmsecrets.Secrets, *fake) {
	t.Helper()
	f := newFake(t)
	return ssmsecrets.New(newClient(t, f.URL), names, hasty{f.clock}, porttest.NewIDs(1), options), f
}

// fails answers every request with an error.
func fails(status int, code string) func(int, http.ResponseWriter, *http.Request) bool {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, status, code, "the role may not")
		return true
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for code, test := range map[string]struct {
		status   int
		kind     fault.Kind
		requests int
	}{
		"ThrottlingException":         {400, fault.Throttled, 3},
		"Odd":                         {429, fault.Throttled, 3},
		"InternalServerError":         {500, fault.Unavailable, 3},
		"RequestExpired":              {400, fault.Unavailable, 3},
		"Timeout":                     {408, fault.Unavailable, 3},
		"com.amazonaws.ssm#Throttled": {429, fault.Throttled, 3},
		"AccessDeniedException":       {400, fault.Unauthorized, 1},
		"Other":                       {403, fault.Unauthorized, 1},
		"InvalidKeyId":                {400, fault.Unauthorized, 1},
		"ParameterVersionNotFound":    {400, fault.NotFound, 1},
		"ValidationException":         {400, fault.Invalid, 1},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s, f := hurry(t, &ssmsecrets.Options{Retries: 2}, nameKey, nameHook)
			f.answers(fails(test.status, code))
			_, err := s.Get(t.Context(), nameKey)
			require.Equal(t, test.kind, fault.KindOf(err))
			require.False(t, fault.Unknown(err))
			require.Equal(t, test.requests, f.requests())
			require.ErrorContains(t, err, nameKey+", "+nameHook+": "+code[strings.LastIndex(code, "#")+1:])
			require.Equal(t, test.kind == fault.Unauthorized, strings.Contains(err.Error(), "the role may not"))
			require.ErrorIs(t, s.Load(t.Context()), test.kind)
			f.answers(nil)
			require.Equal(t, canary, get(t, s, nameKey), "without a secret every call tries again")
		})
	}
}

func TestTransportFaults(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(n int, w http.ResponseWriter, r *http.Request) bool{
		"cut": func(n int, _ http.ResponseWriter, _ *http.Request) bool {
			if n < 3 {
				panic(http.ErrAbortHandler)
			}
			return false
		},
		"gateway": func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n < 3 {
				w.WriteHeader(502)
				_, _ = fmt.Fprint(w, "<html>")
			}
			return n < 3
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := hurry(t, nil, nameKey)
			f.answers(answer)
			require.Equal(t, canary, get(t, s, nameKey))
			require.Equal(t, 3, f.requests())
		})
	}
}

// TestTheOldSecretServes while the store cannot be reached: with one request in each pause, and not for ever.
func TestTheOldSecretServes(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	s, f := hurry(t, &ssmsecrets.Options{Stale: 20 * time.Minute, Observer: recorder}, nameKey)
	begin := f.clock.Now()
	require.NoError(t, s.Load(t.Context()))
	f.answers(fails(500, "InternalServerError"))
	f.clock.Advance(ssmsecrets.DefaultLife)
	for range 60 {
		require.Equal(t, canary, get(t, s, nameKey))
		f.clock.Advance(time.Second)
	}
	require.Equal(t, 1+6, f.requests(), "one in ten seconds, without repetitions")
	event := recorder.Events()[0]
	require.Equal(t, ports.EventFault, event.Name)
	require.Equal(t, "ssmsecrets: the old value of "+nameKey+" serves on", event.Detail)
	require.Equal(t, ssmsecrets.DefaultLife, event.Duration)
	f.clock.Set(begin.Add(20 * time.Minute))
	_, err := s.Get(t.Context(), nameKey)
	require.ErrorIs(t, err, fault.Unavailable)
	f.answers(nil)
	f.clock.Advance(ssmsecrets.DefaultPause)
	require.Equal(t, canary, get(t, s, nameKey))
}

// TestADeniedSecretDoesNotServe: the store was reached, and says no.
func TestADeniedSecretDoesNotServe(t *testing.T) {
	t.Parallel()
	s, f := hurry(t, nil, nameKey)
	require.NoError(t, s.Load(t.Context()))
	f.answers(fails(400, "AccessDeniedException"))
	f.clock.Advance(ssmsecrets.DefaultLife)
	_, err := s.Get(t.Context(), nameKey)
	require.ErrorIs(t, err, fault.Unauthorized)
}

// TestARefusedSecretDoesNotServe: whoever was refused it is told that no other could be read; other secrets serve on.
func TestARefusedSecretDoesNotServe(t *testing.T) {
	t.Parallel()
	s, f := hurry(t, &ssmsecrets.Options{Retries: -1}, nameKey, nameHook)
	require.NoError(t, s.Load(t.Context()))
	f.answers(fails(500, "InternalServerError"))
	for range 20 {
		_, err := s.Renewed(t.Context(), nameKey, canary)
		require.ErrorIs(t, err, fault.Unavailable)
		require.Equal(t, hook, get(t, s, nameHook))
		f.clock.Advance(time.Second)
	}
	require.Equal(t, 1+2, f.requests(), "no storm either")
	f.answers(nil)
	f.put(nameKey, "second")
	require.Equal(t, "second", renewed(t, s, canary))
}

func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	s, f := hurry(t, nil, nameKey)
	require.NoError(t, s.Load(t.Context()))
	f.clock.Advance(-time.Hour)
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 2, f.requests(), "what seems to be of the future is read again")
}
