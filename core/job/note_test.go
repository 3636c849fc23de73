package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func TestNote(t *testing.T) {
	t.Parallel()
	number := 17
	j := &job.Job{ID: jobID, Tenant: "harbor-plumbing", RequestID: "req-1"}
	parcel, shard := job.ParcelNote(j, number), job.ShardNote(j, 0)
	require.Equal(t, job.Note{Schema: 1, Job: jobID, Tenant: "harbor-plumbing", Parcel: &number, RequestID: "req-1"}, parcel)
	require.Equal(t, `{"schema":1,"job":"`+string(jobID)+`","tenant":"harbor-plumbing","parcel":17,"request_id":"req-1"}`, string(parcel.Pack()))
	require.Equal(t, `{"schema":1,"job":"`+string(jobID)+`","tenant":"harbor-plumbing","shard":0,"request_id":"req-1"}`, string(shard.Pack()))
	for _, want := range []job.Note{parcel, shard, job.ParcelNote(&job.Job{ID: "x"}, 0)} {
		got, err := job.ReadNote(want.Pack())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// TestReadNoteRefuses: what is no message of this program is Invalid, and done with; what a newer one has sent is Newer, and
// left to it, however much has changed.
func TestReadNoteRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		kind fault.Kind
		says string
	}{
		"nothing":               {``, fault.Invalid, "unexpected end"},
		"garbage":               {"\xff\x00garbage", fault.Invalid, "invalid character"},
		"a text":                {`"hello"`, fault.Invalid, "string"},
		"null":                  {`null`, fault.Invalid, "no schema"},
		"cut":                   {`{"schema":1,"job":"j","parcel":1`, fault.Invalid, "unexpected end"},
		"two":                   {`{"schema":1,"job":"j","parcel":1}{}`, fault.Invalid, "after top-level value"},
		"no schema":             {`{"job":"j","parcel":1}`, fault.Invalid, "no schema"},
		"schema is null":        {`{"schema":null,"job":"j","parcel":1}`, fault.Invalid, "no schema"},
		"schema below zero":     {`{"schema":-1,"job":"j","parcel":1}`, fault.Invalid, "schema -1"},
		"no job":                {`{"schema":1,"parcel":1}`, fault.Invalid, "names no job"},
		"neither":               {`{"schema":1,"job":"j"}`, fault.Invalid, "not one of parcel and shard"},
		"null for a number":     {`{"schema":1,"job":"j","parcel":null}`, fault.Invalid, "not one of parcel and shard"},
		"both":                  {`{"schema":1,"job":"j","parcel":1,"shard":1}`, fault.Invalid, "not one of parcel and shard"},
		"unknown field":         {`{"schema":1,"job":"j","parcel":1,"prompt":"x"}`, fault.Invalid, `unknown field "prompt"`},
		"parcel is a text":      {`{"schema":1,"job":"j","parcel":"1"}`, fault.Invalid, "parcel"},
		"parcel is a fraction":  {`{"schema":1,"job":"j","parcel":1.5}`, fault.Invalid, "parcel"},
		"parcel is too large":   {`{"schema":1,"job":"j","parcel":1e30}`, fault.Invalid, "parcel"},
		"parcel below zero":     {`{"schema":1,"job":"j","parcel":-1}`, fault.Invalid, "negative"},
		"shard below zero":      {`{"schema":1,"job":"j","shard":-1}`, fault.Invalid, "negative"},
		"newer":                 {`{"schema":2,"job":"j","parcel":1}`, fault.Newer, "newer program"},
		"newer, unknown field":  {`{"schema":2,"job":"j","parcels":[1,2]}`, fault.Newer, "newer program"},
		"newer, another type":   {`{"schema":2,"job":{"id":"j"},"parcel":"1"}`, fault.Newer, "newer program"},
		"newer, names no thing": {`{"schema":3}`, fault.Newer, "newer program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := job.ReadNote([]byte(test.body))
			requireKind(t, test.kind, err)
			require.ErrorContains(t, err, test.says)
			require.Zero(t, n)
		})
	}
}
