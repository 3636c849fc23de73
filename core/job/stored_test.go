package job_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestContent: the ledger names the content that was paid for, so only an accepted answer has one.
func TestContent(t *testing.T) {
	t.Parallel()
	for _, outcome := range []job.Outcome{job.Accepted, job.Again, job.Failed} {
		stored := ordinaryAnswer()
		stored.Verdict.Outcome = outcome
		want := [32]byte{}
		if outcome == job.Accepted {
			want = sha256.Sum256(stored.Verdict.Output)
		}
		require.Equal(t, want, stored.Content(), "%s", outcome)
		require.Equal(t, want, stored.Content(), "%s again", outcome)
		read, err := job.UnpackStored(stored.Pack())
		require.NoError(t, err)
		require.Equal(t, want, read.Content(), "%s, read back", outcome)
	}
	empty := &job.Stored{Verdict: job.Verdict{Outcome: job.Accepted}}
	require.Equal(t, sha256.Sum256(nil), empty.Content())
}

// TestStoredOutcomes: what an answer came to decides money and state, so one that does not exist is not guessed at.
func TestStoredOutcomes(t *testing.T) {
	t.Parallel()
	for _, outcome := range []job.Outcome{"", "accept", "accepted ", "FAILED", "a text longer than any that is meant here"} {
		stored := ordinaryAnswer()
		stored.Verdict.Outcome = outcome
		got, err := job.UnpackStored(stored.Pack())
		requireKind(t, fault.Corrupt, err)
		require.Nil(t, got)
	}
}

// TestStoredOutputIsItsOwn: appending to the output of a record that was read does not reach what lies behind it.
func TestStoredOutputIsItsOwn(t *testing.T) {
	t.Parallel()
	body := ordinaryAnswer().Pack()
	was := append([]byte(nil), body...)
	read, err := job.UnpackStored(body)
	require.NoError(t, err)
	read.Verdict.Output = append(read.Verdict.Output, "more"...)
	require.Equal(t, was, body)
}
