package work_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func TestKind(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, work.Kind{}.Version())
	require.Equal(t, 2, work.Kind{Ahead: 1}.Version())
	_, err := work.Kind{}.Open([]byte("no JSON"))
	require.ErrorIs(t, err, fault.Invalid)
	plan, err := work.Kind{}.Open(work.Input{Name: "x", Tasks: 5}.Bytes())
	require.NoError(t, err)
	require.Equal(t, 5, plan.Size())
	other, err := work.Kind{}.Open(work.Input{Name: "y", Tasks: 5}.Bytes())
	require.NoError(t, err)
	require.NotEqual(t, plan.Hash(), other.Hash())
	first := plan.Request(4, job.Try{Attempt: 1})
	require.Equal(t, 4, work.Ordinal(first))
	again := plan.Request(4, job.Try{Attempt: 2, Last: job.Verdict{Code: job.CodeOutputTruncated}})
	require.Equal(t, 2*first.MaxTokens, again.MaxTokens)
	require.Panics(t, func() { work.Ordinal(job.Request{Prompt: "write a page"}) })
}

// TestAccept judges every stop reason, and an answer for each rule.
func TestAccept(t *testing.T) {
	t.Parallel()
	plan, err := work.Kind{}.Open(work.Input{Name: "x", Tasks: 1}.Bytes())
	require.NoError(t, err)
	for stop, want := range map[job.StopReason]job.Outcome{
		job.StopEndTurn: job.Accepted, job.StopSequence: job.Accepted, job.StopMaxTokens: job.Again, job.StopContextWindow: job.Again,
		job.StopRefusal: job.Failed, job.StopToolUse: job.Again, job.StopPauseTurn: job.Again, "daydream": job.Failed,
	} {
		v := plan.Accept(0, job.Try{}, job.Answer{Stop: stop, Model: work.Model, Text: "ok text"})
		require.Equal(t, want, v.Outcome, stop)
	}
	for _, answer := range []job.Answer{
		{Model: "another", Text: "ok"}, {Model: work.Model, Text: work.Malformed}, {Model: work.Model, Text: work.Schema}, {Model: work.Model},
	} {
		answer.Stop = job.StopEndTurn
		require.Equal(t, job.Again, plan.Accept(0, job.Try{}, answer).Outcome, "%+v", answer)
	}
}
