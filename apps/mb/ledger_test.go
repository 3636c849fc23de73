package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

func TestLedgerVerify(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making()...).want(exitDone)
	id := s.job()
	require.Regexp(t, `^`+id+`: \d+ entries in 1 shard, \$0\.00\d+ settled, \$0\.0000 presumed: all in order\n$`,
		s.run(s.on("ledger", "verify", id)...).want(exitDone).stdout)
	var report engine.Report
	require.NoError(t, json.Unmarshal([]byte(s.run(s.on("ledger", "verify", id, "--json")...).want(exitDone).stdout), &report))
	require.Empty(t, report.Problems)
	require.Equal(t, s.sim.Bill().Total.String(), report.Settled.String())
	var all []engine.Report
	require.NoError(t, json.Unmarshal([]byte(s.run(s.on("ledger", "verify", "--all", "--json")...).want(exitDone).stdout), &all))
	require.Equal(t, []engine.Report{report}, all)
}

func TestLedgerVerifyFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(records *bolt.Bucket, id string) error
		want   string
	}{
		"ChangedBlock": {func(records *bolt.Bucket, id string) error {
			key, value := find(records, "job/"+id+"/l00\x00b/")
			value[len(value)-40] ^= 1
			return records.Put(key, value)
		}, `chain +shard 0 entry 1 `},
		"DroppedBlock": {func(records *bolt.Bucket, id string) error {
			key, _ := find(records, "job/"+id+"/l00\x00b/")
			return records.Delete(key)
		}, `chain +shard 0 entry 1 `},
		"SwappedBlocks": {func(records *bolt.Bucket, id string) error {
			cursor := records.Cursor()
			first, one := cursor.Seek([]byte("job/" + id + "/l00\x00b/"))
			second, two := cursor.Next()
			first, second, one, two = bytes.Clone(first), bytes.Clone(second), bytes.Clone(one), bytes.Clone(two)
			return errors.Join(records.Put(first, two), records.Put(second, one))
		}, `chain +shard 0 entry 1 `},
		"DroppedLast": {func(records *bolt.Bucket, id string) error {
			cursor := records.Cursor()
			cursor.Seek([]byte("job/" + id + "/l00\x00c"))
			last, _ := cursor.Prev()
			return records.Delete(last)
		}, `head +shard 0 entry \d+ `},
		"DroppedParcel": {func(records *bolt.Bucket, id string) error {
			key, _ := find(records, "job/"+id+"/s00\x00p/")
			return records.Delete(key)
		}, `counter +shard 0 `},
		"ChangedContent": {func(records *bolt.Bucket, id string) error {
			key, value := find(records, "job/"+id+"/s00\x00a/")
			return records.Put(key, []byte(strings.Replace(string(value), "Corner", "Korner", 1)))
		}, `content +shard 0 `},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.run(s.making("--key", "k")...).want(exitDone)
			id := s.job()
			s.damage(func(records, _ *bolt.Bucket) error { return test.change(records, id) })
			found := s.run(s.on("ledger", "verify", id)...).want(exitFailed)
			require.Regexp(t, test.want, found.stdout)
			require.Contains(t, found.stdout, " problem")
			var report engine.Report
			require.NoError(t, json.Unmarshal([]byte(s.run(s.on("ledger", "verify", id, "--json")...).want(exitFailed).stdout), &report))
			require.NotEmpty(t, report.Problems)
			s.run(s.on("ledger", "verify", "--all")...).want(exitFailed)

			calls := s.door.count()
			require.NoError(t, os.RemoveAll(s.path("out")))
			for _, args := range [][]string{s.calling("jobs", "resume", id), s.calling("jobs", "retry", id, "--pages", "1"), s.making("--key", "k")} {
				s.run(args...).want(exitUsage).complains("job "+id+" is damaged, and nothing was changed: ", "shard 0", "mb ledger verify "+id)
			}
			require.Equal(t, calls, s.door.count(), "nothing is called")
			require.NoDirExists(t, s.path("out"))
		})
	}
}

func TestLedgerExport(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making()...).want(exitDone)
	id := s.job()
	text := s.run(s.on("ledger", "export", id)...).want(exitDone).stdout
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+8, "a header, and a hold and a settle for each page")
	require.Equal(t, "job,shard,seq,at,round,kind,ordinal,attempt,amount_usd", strings.Join(rows[0][:9], ","))

	var settled cost.Pico
	for line := range strings.Lines(s.run(s.on("ledger", "export", id, "--format", "jsonl")...).want(exitDone).stdout) {
		var e entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, id, string(e.Job))
		if e.Kind == "settle" {
			settled += e.Amount
			require.Len(t, e.Content, 64)
			require.Len(t, e.Hash, 64)
			require.NotEqual(t, e.PrevHash, e.Hash)
			require.LessOrEqual(t, e.Block, e.Seq)
			require.Positive(t, e.Output)
		}
	}
	require.Equal(t, s.sim.Bill().Total.String(), settled.String())

	s.damage(func(records, _ *bolt.Bucket) error {
		key, value := find(records, "job/"+id+"/l00\x00b/")
		value[len(value)-40] ^= 1
		return records.Put(key, value)
	})
	require.Contains(t, s.run(s.on("ledger", "export", id)...).want(exitUsage).stderr, "shard 0 after entry 0")
}

// TestLedgerExportNamesTheRequest: an entry leads to the request that began its job, and to the provider's own.
func TestLedgerExportNamesTheRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, err := (&requestFlags{catalog: s.path("catalog.yaml"), pageType: "keyword-service-area", lang: "en", maxAttempts: 3}).
		read(newRoot(&app{}).Flags(), cost.Prices(), sysclock.Clock{}.Now())
	require.NoError(t, err)
	r.submission.RequestID = "req-of-the-caller"
	s.inside([]job.Kind{pages.Kind{}}, func(e *engine.Engine) error {
		_, err := e.Submit(t.Context(), r.submission)
		return err
	})
	s.run(s.calling("jobs", "resume", s.job(), "--out", s.path("out"))...).want(exitDone)
	rows, err := csv.NewReader(strings.NewReader(s.run(s.on("ledger", "export", s.job())...).want(exitDone).stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+8)
	of, by := slices.Index(rows[0], "request_id"), slices.Index(rows[0], "provider_request_id")
	for _, row := range rows[1:] {
		require.Equal(t, "req-of-the-caller", row[of])
		require.Equal(t, row[slices.Index(rows[0], "kind")] == "settle", row[by] != "", row)
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "msg_1": "msg_1", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "a=b": "a=b",
	} {
		require.Equal(t, want, cell(text), text)
	}
}
