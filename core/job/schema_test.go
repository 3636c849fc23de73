package job_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// golden is a record as a program of an earlier version wrote it. These files never change.
func golden(t testing.TB, version, name string) string {
	body, err := os.ReadFile(filepath.Join("testdata", version, name))
	require.NoError(t, err)
	return string(body)
}

// changed is a text with one part of it replaced, which must stand there.
func changed(t testing.TB, text, old, with string) string {
	require.Contains(t, text, old)
	return strings.Replace(text, old, with, 1)
}

// runningJob is what testdata has as job.json: one of its two shards has ended.
func runningJob() *job.Job {
	j := freshJob()
	j.Labels, j.State = map[string]string{"for": "spring", "lane": "fast"}, job.StateRunning
	j.Account = cost.Account{Granted: 12 * cost.Dollar, Drawn: 3 * cost.Dollar / 2, Settled: cost.Dollar / 4}
	j.Grants = []job.Grant{{Month: "2026-11", Drawn: 12 * cost.Dollar}}
	j.StartedAt = noon().Add(7 * time.Second)
	j.Wish, j.Carried, j.Events = 2, 2, 3
	j.Ends[1] = &job.End{
		Head: cost.Head{Seq: 50, Hash: cost.Hash{31: 1}}, Counts: job.Counts{0, 0, 0, 24, 1, 0},
		Account: cost.Account{Settled: cost.Dollar / 4, Granted: cost.Dollar / 4}, Round: 1,
	}
	j.RequestID, j.Key = "req-1", "5ad1"
	return j
}

// TestJobOfVersion0: a header of the first version is read as one of today, and written back as one.
func TestJobOfVersion0(t *testing.T) {
	t.Parallel()
	got, err := job.UnpackJob([]byte(golden(t, "v0", "job.json")))
	require.NoError(t, err)
	require.Equal(t, runningJob(), got)
	require.Equal(t, cost.Realtime, got.Lane, "every job of then was one")

	body, err := got.Pack()
	require.NoError(t, err)
	require.Contains(t, string(body), `{"schema":1,"id":"`+string(jobID)+`","tenant":"harbor-plumbing",`)
	require.NotContains(t, string(body), "business_id")
	again, err := job.UnpackJob(body)
	require.NoError(t, err)
	require.Equal(t, got, again)
}

// TestNoteOfVersion0: a message of the first version does what one of today does.
func TestNoteOfVersion0(t *testing.T) {
	t.Parallel()
	parcel, shard := 3, 1
	for name, test := range map[string]struct {
		want job.Note
		body string
	}{
		"note.json": {
			job.Note{Schema: 1, Job: jobID, Parcel: &parcel, RequestID: "req-1"},
			`{"schema":1,"job":"` + string(jobID) + `","parcel":3,"request_id":"req-1"}`,
		},
		"note_shard.json": {
			job.Note{Schema: 1, Job: jobID, Shard: &shard, RequestID: "req-1"},
			`{"schema":1,"job":"` + string(jobID) + `","shard":1,"request_id":"req-1"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.ReadNote([]byte(golden(t, "v0", name)))
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.body, string(got.Pack()))
			again, err := job.ReadNote(got.Pack())
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
}

// TestJobsOfNoVersion: a header that mixes versions, or lacks what its version had, is refused and not guessed at.
func TestJobsOfNoVersion(t *testing.T) {
	t.Parallel()
	old := golden(t, "v0", "job.json")
	today, err := runningJob().Pack()
	require.NoError(t, err)
	for name, test := range map[string]struct{ body, says string }{
		"0, with lane":            {changed(t, old, `"model"`, `"lane": "realtime", "model"`), `unknown field "lane"`},
		"0, with null for lane":   {changed(t, old, `"model"`, `"lane": null, "model"`), `unknown field "lane"`},
		"0, with LANE":            {changed(t, old, `"model"`, `"LANE": "batch", "model"`), `unknown field "LANE"`},
		"0, with tenant":          {changed(t, old, `"model"`, `"tenant": "harbor-plumbing", "model"`), `unknown field "tenant"`},
		"0, tenant alone":         {changed(t, old, `"business_id"`, `"tenant"`), `unknown field "tenant"`},
		"0, Tenant beside":        {changed(t, old, `"model"`, `"Tenant": "other", "model"`), `unknown field "Tenant"`},
		"0, no business_id":       {changed(t, old, `"business_id": "harbor-plumbing",`, ``), `has no field "business_id"`},
		"0, null for business_id": {changed(t, old, `"harbor-plumbing"`, `null`), `has no field "business_id"`},
		"0, Business_ID":          {changed(t, old, `"business_id"`, `"Business_ID"`), `unknown field "Business_ID"`},
		"0, business_id no text":  {changed(t, old, `"harbor-plumbing"`, `5`), "tenant"},
		"0, twice a schema":       {changed(t, old, `"schema": 0`, `"schema": 0, "Schema": 0`), `unknown field "Schema"`},
		"0, schema with a long s": {changed(t, old, `"schema": 0`, `"schema": 0, "ſchema": 0`), `unknown field "ſchema"`},
		"0, unknown field":        {changed(t, old, `"model"`, `"modell"`), `unknown field "modell"`},
		"0, unknown inner field":  {changed(t, old, `"parcel_size"`, `"parcel-size"`), `unknown field "parcel-size"`},
		"0, impossible":           {changed(t, old, `"shards": 2`, `"shards": 3`), "has 2 shard ends for 3 shards"},
		"0, schema missing":       {changed(t, old, `"schema": 0,`, ``), "has no schema"},
		"1, with business_id":     {changed(t, string(today), `"tenant":`, `"business_id":"x","tenant":`), `unknown field "business_id"`},
		"1, business_id alone":    {changed(t, string(today), `"tenant"`, `"business_id"`), `unknown field "business_id"`},
		"0 in 1's form":           {changed(t, string(today), `"schema":1`, `"schema":0`), `schema 0: unknown field`},
		"1 in 0's form":           {changed(t, old, `"schema": 0`, `"schema": 1`), `unknown field "business_id"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.UnpackJob([]byte(test.body))
			requireKind(t, fault.Corrupt, err)
			require.ErrorContains(t, err, test.says)
			require.Nil(t, got)
		})
	}
}

// TestNotesOfNoVersion: the same of messages, which are Invalid then and done with.
func TestNotesOfNoVersion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, says string }{
		"0, with job":         {`{"schema":0,"job_id":"j","job":"j","parcel":1}`, `unknown field "job"`},
		"0, JOB beside":       {`{"schema":0,"job_id":"j","JOB":"k","parcel":1}`, `unknown field "JOB"`},
		"0, with tenant":      {`{"schema":0,"job_id":"j","tenant":"t","parcel":1}`, `unknown field "tenant"`},
		"0, no job_id":        {`{"schema":0,"parcel":1}`, `has no field "job_id"`},
		"0, job_id is empty":  {`{"schema":0,"job_id":"","parcel":1}`, "names no job"},
		"0, job_id no text":   {`{"schema":0,"job_id":7,"parcel":1}`, "job"},
		"0, neither":          {`{"schema":0,"job_id":"j"}`, "not one of parcel and shard"},
		"0, both":             {`{"schema":0,"job_id":"j","parcel":1,"shard":1}`, "not one of parcel and shard"},
		"0, parcel below 0":   {`{"schema":0,"job_id":"j","parcel":-1}`, "negative"},
		"0, unknown field":    {`{"schema":0,"job_id":"j","parcel":1,"prompt":"x"}`, `unknown field "prompt"`},
		"0, more behind":      {`{"schema":0,"job_id":"j","parcel":1}{}`, "after top-level value"},
		"schema missing":      {`{"job_id":"j","parcel":1}`, "has no schema"},
		"schema null":         {`{"schema":null,"job_id":"j","parcel":1}`, "has no schema"},
		"1, with job_id":      {`{"schema":1,"job":"j","job_id":"j","parcel":1}`, `unknown field "job_id"`},
		"1, job_id alone":     {`{"schema":1,"job_id":"j","parcel":1}`, `unknown field "job_id"`},
		"schema is a text":    {`{"schema":"0","job_id":"j","parcel":1}`, "schema"},
		"0, then 1 as SCHEMA": {`{"schema":0,"SCHEMA":1,"job_id":"j","parcel":1}`, `unknown field "job_id"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.ReadNote([]byte(test.body))
			requireKind(t, fault.Invalid, err)
			require.ErrorContains(t, err, test.says)
			require.Zero(t, got)
		})
	}
}
