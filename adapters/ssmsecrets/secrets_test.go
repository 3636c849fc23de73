package ssmsecrets_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// get returns a secret that must be there.
func get(t *testing.T, s *ssmsecrets.Secrets, name string) string {
	t.Helper()
	secret, err := s.Get(t.Context(), name)
	require.NoError(t, err)
	return reveal(secret)
}

// renewed returns what comes after a refusal.
func renewed(t *testing.T, s *ssmsecrets.Secrets, refused string) string {
	t.Helper()
	secret, err := s.Renewed(t.Context(), nameKey, ports.Secret(refused))
	require.NoError(t, err)
	return reveal(secret)
}

func TestOneRequestForAll(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey, nameHook, nameKey)
	require.Zero(t, f.requests(), "nothing is sent before it is needed")
	require.NoError(t, s.Load(t.Context()))
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, hook, get(t, s, nameHook))
	require.Equal(t, [][]string{{nameKey, nameHook}}, f.asked)
	f.clock.Advance(ssmsecrets.DefaultLife - 1)
	f.put(nameKey, "second")
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 1, f.requests())
	f.clock.Advance(1)
	require.Equal(t, "second", get(t, s, nameKey))
	require.Equal(t, 2, f.requests())
}

func TestManyNamesAreReadTenByTen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var names []string
	for i := range 23 {
		names = append(names, fmt.Sprintf("/marketbrewer/test/%02d", i))
		f.put(names[i], fmt.Sprint("value ", i))
	}
	s := f.secrets(t, nil, names...)
	require.NoError(t, s.Load(t.Context()))
	for i, name := range names {
		require.Equal(t, fmt.Sprint("value ", i), get(t, s, name))
	}
	require.Equal(t, 3, f.requests())
	require.NoError(t, f.secrets(t, nil).Load(t.Context()), "nothing to load")
	require.Equal(t, 3, f.requests())
}

func TestCallersShareARequest(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey, nameHook)
	var running sync.WaitGroup
	for i := range 50 {
		running.Go(func() {
			secret, err := s.Get(t.Context(), []string{nameKey, nameHook}[i%2])
			if err != nil || reveal(secret) != []string{canary, hook}[i%2] {
				t.Errorf("caller %d got another secret, or an error: %v", i, err)
			}
		})
	}
	running.Wait()
	require.Equal(t, 1, f.requests())
}

func TestRenewed(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey)
	require.Equal(t, canary, renewed(t, s, ""), "nothing was refused")
	require.Equal(t, 1, f.requests())
	f.put(nameKey, "second")
	require.Equal(t, canary, renewed(t, s, "older"), "what is kept is another one already")
	require.Equal(t, 1, f.requests())
	require.Equal(t, "second", renewed(t, s, canary))
	require.Equal(t, "second", get(t, s, nameKey))
	require.Equal(t, 2, f.requests())
	require.Equal(t, "second", renewed(t, s, canary), "a late refusal of the old one")
	require.Equal(t, 2, f.requests())
}

// TestAWrongSecretMakesNoStorm: however often it is refused, it is read once in ten seconds.
func TestAWrongSecretMakesNoStorm(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey)
	require.NoError(t, s.Load(t.Context()))
	for range 100 {
		require.Equal(t, canary, renewed(t, s, canary))
		f.clock.Advance(time.Second)
	}
	require.Equal(t, 1+10, f.requests())
	f.put(nameKey, "right")
	require.Equal(t, "right", renewed(t, s, canary))
}

func TestMissingAndEmpty(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.put(nameKey, " \n")
	s := f.secrets(t, nil, nameKey, nameHook, "/other")
	err := s.Load(t.Context())
	require.ErrorIs(t, err, fault.NotFound)
	require.ErrorContains(t, err, "the parameter "+nameKey+" is empty: put")
	require.ErrorContains(t, err, "no parameter /other in this account and region: create it")
	require.NotContains(t, err.Error(), nameHook)
	require.Equal(t, hook, get(t, s, nameHook))
	_, err = s.Get(t.Context(), "/other")
	require.ErrorIs(t, err, fault.NotFound)
	require.Equal(t, 1, f.requests(), "what is not there is not asked for again at once")
	f.put("/other", "value\r\n")
	f.clock.Advance(ssmsecrets.DefaultPause)
	require.Equal(t, "value", get(t, s, "/other"), "a line break at the end is no part of it")
	_, err = s.Get(t.Context(), "/not/given")
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "/not/given")
	require.Equal(t, 2, f.requests())
}
