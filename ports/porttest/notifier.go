package porttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// NotifierUnderTest is a Notifier and its receiving end.
type NotifierUnderTest struct {
	Notifier ports.Notifier
	// Received is what has arrived so far, in any order, repeats included.
	Received func() []ports.Notice
	// Refuse makes the receiving end refuse all that comes from now on, or take it again. Nil if that cannot be set up.
	Refuse func(refuse bool)
}

// Notifier proves a ports.Notifier. The factory is called once in each subtest.
func Notifier(t *testing.T, factory func(t *testing.T) NotifierUnderTest) {
	for name, test := range map[string]func(t *testing.T, n NotifierUnderTest){
		"Notify/ArrivesAsGiven":        noticeArrives,
		"Notify/ARepeatKeepsItsID":     noticeRepeats,
		"Notify/EndedContextIsAnError": noticeEnded,
		"Notify/SideBySide":            noticeTogether,
		"Notify/ARefusalIsAnError":     noticeRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, factory(t))
		})
	}
}

func notice(id string) ports.Notice {
	return ports.Notice{
		ID: id, Type: "job.completed", Tenant: "harbor-plumbing", Job: "job-1",
		At:   time.Date(2026, time.March, 1, 12, 30, 0, 0, time.UTC),
		Body: []byte(`{"total":1300,"name":"Gr` + "\u00fc" + `n \"& <Co>"}`),
	}
}

func noticeArrives(t *testing.T, n NotifierUnderTest) {
	require.NoError(t, n.Notifier.Notify(t.Context(), notice("notice-1")))
	received := n.Received()
	require.Len(t, received, 1)
	want := notice("notice-1")
	require.JSONEq(t, string(want.Body), string(received[0].Body))
	require.True(t, received[0].At.Equal(want.At))
	received[0].Body, received[0].At = want.Body, want.At
	require.Equal(t, want, received[0])
}

func noticeRepeats(t *testing.T, n NotifierUnderTest) {
	for range 3 {
		require.NoError(t, n.Notifier.Notify(t.Context(), notice("notice-1")))
	}
	require.NotEmpty(t, n.Received())
	for _, received := range n.Received() {
		require.Equal(t, "notice-1", received.ID)
	}
}

func noticeEnded(t *testing.T, n NotifierUnderTest) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, n.Notifier.Notify(ctx, notice("notice-1")), context.Canceled)
}

func noticeTogether(t *testing.T, n NotifierUnderTest) {
	const workers, each = 4, 10
	var running sync.WaitGroup
	failures := make([]error, workers)
	for w := range workers {
		running.Go(func() {
			for i := range each {
				failures[w] = errors.Join(failures[w], n.Notifier.Notify(t.Context(), notice(fmt.Sprintf("%d/%d", w, i))))
			}
		})
	}
	running.Wait()
	require.NoError(t, errors.Join(failures...))
	ids := map[string]bool{}
	for _, received := range n.Received() {
		ids[received.ID] = true
	}
	require.Len(t, ids, workers*each)
}

func noticeRefused(t *testing.T, n NotifierUnderTest) {
	if n.Refuse == nil {
		return
	}
	n.Refuse(true)
	require.Error(t, n.Notifier.Notify(t.Context(), notice("notice-1")))
	n.Refuse(false)
	require.NoError(t, n.Notifier.Notify(t.Context(), notice("notice-1")))
	require.NotEmpty(t, n.Received())
}
