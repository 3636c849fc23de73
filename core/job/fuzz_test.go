package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// fuzzRecord gives arbitrary bytes to a codec, as they are and under a right checksum. They are refused as Corrupt or
// Newer, or read as a record that is written and read again as the same.
// The samples are small, so that the fuzzer spends its time on their fields.
func fuzzRecord(f *testing.F, c codec, samples ...[]byte) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{2, 0, 0, 0, 0, 0})
	for _, sample := range samples {
		f.Add(sample)
		f.Add(content(sample))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, record := range [][]byte{body, sealed(body)} {
			once, err := c.again(record)
			if err != nil {
				require.Contains(t, []fault.Kind{fault.Corrupt, fault.Newer}, fault.KindOf(err))
				continue
			}
			twice, err := c.again(once)
			require.NoError(t, err)
			require.Equal(t, once, twice)
		}
	})
}

func FuzzUnpackParcel(f *testing.F) {
	full, plain := worstParcel(), job.NewParcel(7, 3, 24)
	full.Tasks, full.Open, full.Presumed = full.Tasks[:2], full.Open[:1], full.Open[1:2]
	full.Tasks[1].Code = "WRONG_TOWN"
	fuzzRecord(f, codecs()["parcel"], full.Pack(), plain.Pack())
}

func FuzzUnpackShard(f *testing.F) {
	full, fresh := largeShard(), job.NewShard(job.NewLayout(60, 25), 1, noon())
	fuzzRecord(f, codecs()["shard"], full.Pack(), fresh.Pack())
}

func FuzzUnpackStored(f *testing.F) {
	full, bare := ordinaryAnswer(), &job.Stored{Verdict: job.Verdict{Outcome: job.Failed, Code: job.CodeRefused}}
	full.Verdict.Output = []byte("page")
	fuzzRecord(f, codecs()["answer"], full.Pack(), bare.Pack())
}

// FuzzReadNote: a body is refused, or it names a job and one of parcel and shard, and is written as a message again.
func FuzzReadNote(f *testing.F) {
	f.Add(job.ParcelNote(fullJob(), 1700).Pack())
	f.Add(job.ShardNote(fullJob(), 3).Pack())
	f.Add([]byte(golden(f, "v0", "note.json")))
	f.Add([]byte(golden(f, "v0", "note_shard.json")))
	f.Add([]byte(`{"schema":2,"job":{}}`))
	f.Add([]byte(`{"schema":1,"job":"j","parcel":1,"shard":1}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		note, err := job.ReadNote(body)
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Invalid, fault.Newer}, fault.KindOf(err))
			require.Zero(t, note)
			return
		}
		require.Equal(t, job.Schema, note.Schema)
		require.NotEmpty(t, note.Job)
		require.NotEqual(t, note.Parcel == nil, note.Shard == nil)
		again, err := job.ReadNote(note.Pack())
		require.NoError(t, err)
		require.Equal(t, note, again)
	})
}

// FuzzUnpackJob: a header is refused, or it is written and read again as the same.
func FuzzUnpackJob(f *testing.F) {
	for _, j := range []*job.Job{freshJob(), fullJob()} {
		body, err := j.Pack()
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(golden(f, "v0", "job.json")))
	f.Add([]byte(`{"schema":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		j, err := job.UnpackJob(body)
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.Newer}, fault.KindOf(err))
			return
		}
		require.Equal(t, job.Schema, j.Schema)
		once, err := j.Pack()
		require.NoError(t, err)
		j, err = job.UnpackJob(once)
		require.NoError(t, err)
		twice, err := j.Pack()
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
