package job_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"hash/crc32"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobID is a job's name as it looks in earnest.
const jobID = job.ID("01936f2e-7c4a-7b1e-9f63-0c2d7a55e1b4")

// TestMain fixes the seed of the property tests, so that every run checks the same cases; -rapid.seed chooses others.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.seed", "20261122"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// noon is a time as records keep it: whole milliseconds, UTC.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 123_000_000, time.UTC) }

// terms are those of an ordinary attempt; the model's name has 24 characters.
func terms() cost.Terms {
	return cost.Terms{Model: "claude-haiku-5-5-2026101", Lane: cost.Realtime, PriceVersion: "2026-10-31"}
}

// worstParcel is the fullest parcel that ordinary work leads to: all tasks open after five unknown and judged attempts
// each, refused lately, and an attempt open at each.
func worstParcel() job.Parcel {
	p := job.NewParcel(3999, job.ParcelSize, 100_000)
	p.Lease(job.Owner{15: 1}, 12, noon())
	p.DeadLetters = 2
	for i := range p.Tasks {
		p.Tasks[i] = job.Task{
			State: job.TaskWaiting, Reason: job.ReasonQuota, Until: noon().Add(time.Duration(i) * time.Second),
			Last: 11, Judged: 5, Unknown: 5, Refusals: 9, RefusedSince: noon().Add(-time.Hour), LastJudged: 7,
			Code: job.CodeOutputTruncated, Accepted: 3, Billed: 10, Cost: 9 * cost.Dollar / 100,
		}
		p.Begin(job.Attempt{Task: i, Number: 11, Hold: 27_648_000_000, Terms: terms()})
	}
	return p
}

// largeShard is one of the shards of a job of 100,000 tasks in the midst of its work.
func largeShard() job.Shard {
	l := job.NewLayout(100_000, job.ParcelSize)
	s := job.NewShard(l, 31, noon())
	for slot := range l.ParcelsOf(31) {
		s.SetEnded(slot, slot%2 == 0)
	}
	s.Round, s.Wish, s.Gate, s.Untouched = 3, 12, job.GatePaused, 625
	s.Counts = job.Counts{1000, 500, 500, 1000, 100, 25}
	s.Waiting = [job.Reasons]int{0, 100, 100, 100, 100, 100, 0}
	s.Account = cost.Account{
		Granted: 99 * cost.Dollar, Drawn: cost.Dollar, Held: 20 * cost.Dollar, Settled: 50 * cost.Dollar,
		Presumed: 3 * cost.Dollar, Overrun: cost.Dollar / 7,
	}
	s.Head = cost.Head{Seq: 123_456, Hash: cost.Hash{0: 1, 31: 2}}
	s.LeaseEnd, s.Due, s.Nudges, s.Short = noon(), noon(), 100, 27_648_000_000
	for i := range 2 * job.WindowSize {
		s.Window.Add(i%3 == 0)
	}
	return s
}

// ordinaryAnswer is an accepted page.
func ordinaryAnswer() *job.Stored {
	return &job.Stored{
		Ordinal: 99_999, Attempt: 2,
		Verdict: job.Verdict{Outcome: job.Accepted, Output: []byte(strings.Repeat("page ", 1400)), Flags: []string{"short", "no-phone"}},
		Stop:    job.StopEndTurn, Usage: cost.Usage{Input: 900, CacheWrite5m: 80, CacheWrite1h: 3, CacheRead: 5000, Output: 1800}, UsageOK: true,
		Model: "claude-haiku-5-5-20261001", MessageID: "msg_01XFDUDYJgAACzvnptvVoYEL", RequestID: "req_011CSHoEeqs5C35K2UUqR7Fy",
		At: noon(), Took: 7 * time.Second,
	}
}

// sealed gives a content the checksum that every packed record ends with.
func sealed(content []byte) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(nil), content...), crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)))
}

// content is a packed record without its checksum.
func content(record []byte) []byte { return record[:len(record)-4] }

// requireKind demands an error of that kind and of no other.
func requireKind(t require.TestingT, kind fault.Kind, err error) {
	require.Error(t, err)
	for _, k := range fault.Kinds() {
		require.Equal(t, k == kind, errors.Is(err, k), "is it %s: %v", k, err)
	}
}
