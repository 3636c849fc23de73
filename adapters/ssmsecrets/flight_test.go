package ssmsecrets_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// TestRetriesEndWithTheDeadline: the error is the refusal, and comes before the deadline.
func TestRetriesEndWithTheDeadline(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	s, f := hurry(t, &ssmsecrets.Options{Retries: 100, Observer: recorder}, nameKey)
	f.answers(fails(400, "ThrottlingException"))
	deadline := f.clock.Now().Add(3 * time.Second)
	ctx, cancel := f.clock.WithDeadline(t.Context(), deadline)
	defer cancel()
	_, err := s.Get(ctx, nameKey)
	require.ErrorIs(t, err, fault.Throttled)
	require.NoError(t, ctx.Err())
	require.Greater(t, f.requests(), 4)
	for i, event := range recorder.Events() {
		longest := 200 * time.Millisecond << i
		require.Equal(t, "throttled", event.Fault)
		require.True(t, event.Duration >= longest/4 && event.Duration < longest, "%d: %s", i, event.Duration)
	}
}

// TestALeaverDoesNotEndTheReading of those who stay.
func TestALeaverDoesNotEndTheReading(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey)
	held, go1 := make(chan struct{}), make(chan struct{})
	f.answers(func(int, http.ResponseWriter, *http.Request) bool {
		close(held)
		<-go1
		return false
	})
	ctx, leave := context.WithCancel(t.Context())
	left, stays := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := s.Get(ctx, nameKey)
		left <- err
	}()
	<-held
	waiting := counting{Context: t.Context(), asked: make(chan struct{}, 10)}
	go func() {
		_, err := s.Get(waiting, nameKey)
		stays <- err
	}()
	<-waiting.asked // it waits
	leave()
	require.Equal(t, context.Canceled, <-left)
	close(go1)
	require.NoError(t, <-stays)
	require.Equal(t, 1, f.requests())
}

// counting is a context that tells when it is waited for.
type counting struct {
	context.Context
	asked chan struct{}
}

func (c counting) Done() <-chan struct{} {
	c.asked <- struct{}{}
	return c.Context.Done()
}

// TestNobodyWaits: the request ends with the last who waited for it, and the next one begins another.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey)
	held, ended := make(chan struct{}), make(chan struct{})
	f.answers(func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			close(held)
			<-r.Context().Done()
			close(ended)
		}
		return n == 1
	})
	ctx, cancel := context.WithCancel(t.Context())
	s.Prefetch(ctx)
	<-held
	cancel()
	<-ended
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 2, f.requests())
	_, err := s.Get(ctx, nameKey)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, context.Canceled, s.Load(ctx))
}

// TestPrefetch begins a reading that the first Get joins.
func TestPrefetch(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.secrets(t, nil, nameKey)
	held, release := make(chan struct{}), make(chan struct{})
	f.answers(func(int, http.ResponseWriter, *http.Request) bool {
		close(held)
		<-release
		return false
	})
	s.Prefetch(t.Context())
	<-held
	close(release)
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 1, f.requests())
	s.Prefetch(t.Context())
	f.secrets(t, nil).Prefetch(t.Context())
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 1, f.requests(), "nothing is due")
}

// TestAReadingThatHangs is given up after its time, and made again.
func TestAReadingThatHangs(t *testing.T) {
	t.Parallel()
	s, f := hurry(t, nil, nameKey)
	f.answers(func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			f.clock.Advance(ssmsecrets.DefaultTimeout)
			<-r.Context().Done()
		}
		return n == 1
	})
	require.Equal(t, canary, get(t, s, nameKey))
	require.Equal(t, 2, f.requests())
}

// TestNoTextShowsASecret prints everything that there is.
func TestNoTextShowsASecret(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	s, f := hurry(t, &ssmsecrets.Options{Observer: recorder}, nameKey, "/missing")
	loaded := s.Load(t.Context())
	secret, err := s.Get(t.Context(), nameKey)
	require.NoError(t, err)
	f.answers(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, 400, "ThrottlingException", "the value is "+canary)
		return true
	})
	f.clock.Advance(time.Hour)
	_, failed := s.Renewed(t.Context(), nameKey, secret)
	require.Error(t, failed)
	for _, value := range []any{s, loaded, failed, secret, recorder.Events()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			require.NotContains(t, fmt.Sprintf(verb, value), canary)
		}
	}
}

// TestNamesWithMore are ARNs, and names with a version: they come back without.
func TestNamesWithMore(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:ssm:us-east-1:000000000000:parameter" + nameKey
	s, f := hurry(t, nil, arn, nameHook+":3", nameKey+":live")
	f.answers(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = fmt.Fprintf(w, `{"Parameters":[{"Name":%q,"ARN":%q,"Value":"by ARN"},{"Name":%q,"Selector":":3","Value":"third"},`+
			`{"Name":%q,"Selector":"live","Value":"live one"}]}`, nameKey, arn, nameHook, nameKey)
		return true
	})
	require.Equal(t, "by ARN", get(t, s, arn))
	require.Equal(t, "third", get(t, s, nameHook+":3"))
	require.Equal(t, "live one", get(t, s, nameKey+":live"))
}
