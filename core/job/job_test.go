package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// freshJob is a job as it is submitted, fullJob one with every field set.
func freshJob() *job.Job {
	l := job.NewLayout(60, 25)
	return &job.Job{
		Schema: job.Schema, ID: jobID, Tenant: "harbor-plumbing", Kind: "pages", KindVersion: 2, PlanHash: cost.Hash{0: 7},
		Layout: l, InputChunks: 1, Model: "claude-haiku-5-5", Lane: cost.Realtime,
		Limits: job.Limits{Judged: 3, Unknown: 5, GiveUpAfter: 24 * time.Hour}, State: job.StatePending, Round: 1,
		Cap: 12 * cost.Dollar, Ends: make([]*job.End, l.Shards), CreatedAt: noon(),
	}
}

func fullJob() *job.Job {
	j := freshJob()
	j.Labels, j.State, j.Round = map[string]string{"for": "spring"}, job.StatePaused, 2
	j.Account = cost.Account{Granted: 12 * cost.Dollar, Drawn: cost.Dollar, Settled: 2 * cost.Dollar}
	j.Grants = []job.Grant{{Month: "2026-10", Drawn: 10 * cost.Dollar, Returned: cost.Dollar}, {Month: "2026-11", Drawn: 3 * cost.Dollar}}
	j.Pauses, j.Detail = []job.PauseReason{job.PauseBudget, job.PauseOperator}, "no call fits"
	j.CancelledAt, j.StartedAt, j.CompletedAt = noon(), noon(), noon()
	j.Wish, j.Carried, j.Events = 7, 6, 14
	j.Walk = &job.Walk{Ordinals: []int{3, 40, 59}, Next: 1}
	j.Ends[1] = &job.End{
		Head: cost.Head{Seq: 90, Hash: cost.Hash{31: 1}}, Counts: job.Counts{0, 0, 0, 20, 4, 1},
		Account: cost.Account{Settled: cost.Dollar, Granted: cost.Dollar}, Round: 1,
	}
	j.RequestID, j.Key = "req-1", "5ad1"
	j.Since, j.PausedAt, j.Again = noon(), noon(), 3
	return j
}

func TestJobPack(t *testing.T) {
	t.Parallel()
	for name, j := range map[string]*job.Job{"fresh": freshJob(), "full": fullJob()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := j.Pack()
			require.NoError(t, err)
			got, err := job.UnpackJob(body)
			require.NoError(t, err)
			require.Equal(t, j, got)
		})
	}
	j := freshJob()
	j.CreatedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := j.Pack()
	requireKind(t, fault.Internal, err)
	require.ErrorContains(t, err, string(jobID))
}

// TestUnpackJobRefuses: a header that this program would misread, or lose something of, is not read at all.
func TestUnpackJobRefuses(t *testing.T) {
	t.Parallel()
	body, err := fullJob().Pack()
	require.NoError(t, err)
	whole := string(body)
	change := func(old, with string) string {
		require.Contains(t, whole, old)
		return strings.Replace(whole, old, with, 1)
	}
	for name, test := range map[string]struct {
		body string
		kind fault.Kind
		says string
	}{
		"nothing":             {"", fault.Corrupt, "unexpected end"},
		"no JSON":             {"\x01\x02", fault.Corrupt, "invalid character"},
		"null":                {"null", fault.Corrupt, "no schema"},
		"a list":              {"[]", fault.Corrupt, "array"},
		"cut":                 {whole[:len(whole)-1], fault.Corrupt, "unexpected end"},
		"more behind":         {whole + `{"schema":1}`, fault.Corrupt, "after top-level value"},
		"unknown field":       {change(`"tenant":`, `"tenent":`), fault.Corrupt, `unknown field "tenent"`},
		"unknown inner field": {change(`"parcel_size":`, `"parcel-size":`), fault.Corrupt, `unknown field "parcel-size"`},
		"wrong type":          {change(`"round":2`, `"round":"2"`), fault.Corrupt, "round"},
		"hash of no hash":     {change(`"plan_hash":"07`, `"plan_hash":"zz`), fault.Corrupt, "job: "},
		"no schema":           {change(`"schema":1,`, ``), fault.Corrupt, "no schema"},
		"schema below zero":   {change(`"schema":1`, `"schema":-1`), fault.Corrupt, "schema -1"},
		"newer":               {change(`"schema":1`, `"schema":2`), fault.Newer, "use a newer program"},
		"newer, another form": {`{"schema":2,"layout":"new","more":[]}`, fault.Newer, "use a newer program"},
		"no shards":           {change(`"shards":2`, `"shards":0`), fault.Corrupt, "impossible"},
		"more shards":         {change(`"shards":2`, `"shards":3`), fault.Corrupt, "has 2 shard ends for 3 shards"},
		"no ends":             {change(`"ends":[null,`, `"ends":[`), fault.Corrupt, "has 1 shard ends for 2 shards"},
		"no such state":       {change(`"state":"paused"`, `"state":"halted"`), fault.Corrupt, `"halted"`},
		"no round":            {change(`"round":2`, `"round":0`), fault.Corrupt, "round 0"},
		"walk before it":      {change(`"next":1`, `"next":-1`), fault.Corrupt, "parcel -1 of 3"},
		"walk beyond it":      {change(`"next":1`, `"next":4`), fault.Corrupt, "parcel 4 of 3"},
		"walk out of order":   {change(`[3,40,59]`, `[40,3,59]`), fault.Corrupt, "out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.UnpackJob([]byte(test.body))
			requireKind(t, test.kind, err)
			require.ErrorContains(t, err, test.says)
			require.Nil(t, got)
		})
	}
	for _, state := range jobStates {
		got, err := job.UnpackJob([]byte(change(`"state":"paused"`, `"state":"`+string(state)+`"`)))
		require.NoError(t, err, "%s", state)
		require.Equal(t, state, got.State)
	}
	got, err := job.UnpackJob([]byte(change(`"next":1`, `"next":3`)))
	require.NoError(t, err, "a walk that has done every parcel")
	require.Equal(t, 3, got.Walk.Next)
}

func TestGate(t *testing.T) {
	t.Parallel()
	pauses := []job.PauseReason{job.PauseProvider}
	for name, test := range map[string]struct {
		j      job.Job
		paused bool
		want   job.Gate
	}{
		"open":             {job.Job{}, false, job.GateOpen},
		"paused":           {job.Job{Pauses: pauses}, true, job.GatePaused},
		"cancelled":        {job.Job{CancelledAt: noon()}, false, job.GateCancelled},
		"cancelled paused": {job.Job{CancelledAt: noon(), Pauses: pauses}, true, job.GateCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.j.Gate())
			require.Equal(t, test.paused, test.j.Paused())
		})
	}
}

func TestAllEnded(t *testing.T) {
	t.Parallel()
	end := &job.End{}
	require.False(t, (&job.Job{Ends: []*job.End{nil}}).AllEnded())
	require.False(t, (&job.Job{Ends: []*job.End{end, nil, end}}).AllEnded())
	require.True(t, (&job.Job{Ends: []*job.End{end, end}}).AllEnded())
}

func TestWalkWants(t *testing.T) {
	t.Parallel()
	all, named := job.Walk{}, job.Walk{Ordinals: []int{2, 5, 90}}
	for _, state := range taskStates {
		for _, ordinal := range []int{0, 2, 3, 5, 90, 91} {
			require.Equal(t, state == job.TaskFailed, all.Wants(ordinal, &job.Task{State: state}), "all that failed: %d %s", ordinal, state)
			ended := state == job.TaskFailed || state == job.TaskCompleted
			require.Equal(t, ended && contains(named.Ordinals, ordinal), named.Wants(ordinal, &job.Task{State: state}), "named: %d %s", ordinal, state)
		}
	}
}

// TestWalkWantsCodes: codes leave only what failed with one of them.
func TestWalkWantsCodes(t *testing.T) {
	t.Parallel()
	all := job.Walk{Codes: []job.Code{job.CodeDeadLetter, job.CodeRefused}}
	named := job.Walk{Ordinals: []int{2}, Codes: all.Codes}
	for _, state := range taskStates {
		for _, code := range []job.Code{"", job.CodeRefused, job.CodeInternal} {
			is := state == job.TaskFailed && code == job.CodeRefused
			require.Equal(t, is, all.Wants(1, &job.Task{State: state, Code: code}), "%s %s", state, code)
			require.Equal(t, is, named.Wants(2, &job.Task{State: state, Code: code}), "%s %s", state, code)
			require.False(t, named.Wants(1, &job.Task{State: state, Code: code}), "%s %s", state, code)
		}
	}
}

// TestCodeRetryable: what its comment says of each code.
func TestCodeRetryable(t *testing.T) {
	t.Parallel()
	for code, worth := range map[job.Code]bool{
		job.CodeProviderUnavailable: true, job.CodeProviderRejected: false, job.CodeRefused: false, job.CodeOutputTruncated: true,
		job.CodeOutputInvalid: true, job.CodeAttemptsExhausted: true, job.CodeDeadLetter: true, job.CodeInternal: true,
	} {
		require.Equal(t, worth, code.Retryable(), code)
	}
}

// TestOptionalFields: a header without them reads as it always did, and they come back.
func TestOptionalFields(t *testing.T) {
	t.Parallel()
	j := runningJob()
	body, err := j.Pack()
	require.NoError(t, err)
	for _, field := range []string{"hidden", "retry_keys", "codes"} {
		require.NotContains(t, string(body), field)
	}
	j.Hidden, j.RetryKeys, j.Walk = true, []string{"ab12"}, &job.Walk{Codes: []job.Code{job.CodeRefused}}
	body, err = j.Pack()
	require.NoError(t, err)
	again, err := job.UnpackJob(body)
	require.NoError(t, err)
	require.Equal(t, j, again)
}

func TestKeysOfRetries(t *testing.T) {
	t.Parallel()
	var j job.Job
	j.KeepRetryKey("")
	require.Empty(t, j.RetryKeys)
	require.False(t, j.RetriedBy(""))
	for i := range job.KeptRetryKeys + 1 {
		j.KeepRetryKey(string(rune('a' + i)))
	}
	require.Len(t, j.RetryKeys, job.KeptRetryKeys)
	require.False(t, j.RetriedBy("a"), "the oldest is forgotten")
	require.True(t, j.RetriedBy("b"))
}

// TestAttempts: the most attempts of a round is one less than what would use up both limits.
func TestLimitsAttempts(t *testing.T) {
	t.Parallel()
	for _, l := range []job.Limits{{Judged: 1, Unknown: 1}, {Judged: 3, Unknown: 5}, {Judged: 1, Unknown: 9}, {Judged: 4, Unknown: 1}} {
		most := 0
		for judged, unknown := 0, 0; judged < l.Judged && unknown < l.Unknown; most++ {
			if judged < l.Judged-1 {
				judged++
				continue
			}
			unknown++
		}
		require.Equal(t, most, l.Attempts(), "%+v", l)
	}
}
