package job_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// codec is one packed record: how it is read and written back, and a full one as an example.
type codec struct {
	again  func(body []byte) ([]byte, error)
	sample []byte
}

func codecs() map[string]codec {
	parcel, shard := worstParcel(), largeShard()
	parcel.Presumed = []job.Attempt{{Task: 24, Number: 300, Hold: 5, Terms: cost.Terms{Model: "m", Lane: cost.Batch, PriceVersion: "p"}}}
	parcel.Tasks[3].Code = "WRONG_TOWN"
	return map[string]codec{
		"parcel": {func(body []byte) ([]byte, error) {
			p, err := job.UnpackParcel(body)
			return p.Pack(), err
		}, parcel.Pack()},
		"shard": {func(body []byte) ([]byte, error) {
			s, err := job.UnpackShard(body)
			return s.Pack(), err
		}, shard.Pack()},
		"answer": {func(body []byte) ([]byte, error) {
			s, err := job.UnpackStored(body)
			if err != nil {
				return nil, err
			}
			return s.Pack(), nil
		}, ordinaryAnswer().Pack()},
	}
}

func eachCodec(t *testing.T, test func(t *testing.T, c codec)) {
	for name, c := range codecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

func TestParcelRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := parcels().Draw(t, "parcel")
		got, err := job.UnpackParcel(want.Pack())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestShardRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := shards().Draw(t, "shard")
		got, err := job.UnpackShard(want.Pack())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestStoredRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := answers().Draw(t, "answer")
		got, err := job.UnpackStored(want.Pack())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// TestTimesLoseTheirFraction: records keep whole milliseconds, never a later one, and no time becomes none; the first
// millisecond of 1970 is kept as the second for that.
func TestTimesLoseTheirFraction(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]time.Time{
		noon():                noon(),
		noon().Add(999_999):   noon(),
		time.UnixMilli(2):     time.UnixMilli(2),
		time.UnixMilli(1):     time.UnixMilli(1),
		time.Unix(0, 999_999): time.UnixMilli(1),
		time.Unix(0, 0):       time.UnixMilli(1),
		time.Unix(0, -1):      time.UnixMilli(-1),
		{}:                    {},
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC): time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		s := largeShard()
		s.Due = at
		got, err := job.UnpackShard(s.Pack())
		require.NoError(t, err)
		require.Equal(t, want.UTC(), got.Due)
	}
}

// TestEveryFlippedByteIsFound: a record that was damaged in one byte, wherever and however, is refused.
func TestEveryFlippedByteIsFound(t *testing.T) {
	t.Parallel()
	eachCodec(t, func(t *testing.T, c codec) {
		step := 1
		if len(c.sample) > 2000 {
			step = 17 // a prime, so that every bit pattern comes by in the long text of an answer
		}
		body := bytes.Clone(c.sample)
		for at := range body {
			for flip := 1; flip < 256; flip += step {
				body[at] ^= byte(flip)
				if _, err := c.again(body); fault.KindOf(err) != fault.Corrupt {
					t.Fatalf("byte %d flipped by %02x: %v", at, flip, err)
				}
				body[at] ^= byte(flip)
			}
		}
		_, err := c.again(body)
		require.NoError(t, err)
	})
}

// TestForgedBytes: under a right checksum a changed byte is refused, or it is a record like any other. The first byte is the
// layout's number: higher ones are a newer program's.
func TestForgedBytes(t *testing.T) {
	t.Parallel()
	eachCodec(t, func(t *testing.T, c codec) {
		whole := content(c.sample)
		for at := range whole {
			for _, flip := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255, 0x7f, 0x55} {
				forged := bytes.Clone(whole)
				forged[at] ^= flip
				again, err := c.again(sealed(forged))
				if at == 0 {
					want := fault.Newer
					if forged[0] == 0 {
						want = fault.Corrupt
					}
					requireKind(t, want, err)
					continue
				}
				if err != nil {
					requireKind(t, fault.Corrupt, err)
					continue
				}
				twice, err := c.again(again)
				require.NoError(t, err)
				require.Equal(t, again, twice, "byte %d flipped by %02x", at, flip)
			}
		}
	})
}

// TestOtherLengths: a record that was cut or has grown is refused, with the checksum that it had and with a right one.
func TestOtherLengths(t *testing.T) {
	t.Parallel()
	eachCodec(t, func(t *testing.T, c codec) {
		whole := content(c.sample)
		for n := range c.sample {
			_, err := c.again(c.sample[:n])
			requireKind(t, fault.Corrupt, err)
		}
		for n := range whole {
			_, err := c.again(sealed(whole[:n]))
			requireKind(t, fault.Corrupt, err)
		}
		for _, more := range []string{"\x00", "\x01", "\xff", "\x00\x00\x00\x00", string(c.sample)} {
			_, err := c.again(append(bytes.Clone(c.sample), more...))
			requireKind(t, fault.Corrupt, err)
			_, err = c.again(sealed(append(bytes.Clone(whole), more...)))
			requireKind(t, fault.Corrupt, err)
		}
	})
}

// TestImpossibleParcels: values that no work leads to are refused, although their checksum is right.
func TestImpossibleParcels(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*job.Parcel){
		"number below zero":       func(p *job.Parcel) { p.Number = -1 },
		"first below zero":        func(p *job.Parcel) { p.First = -1 },
		"fence below zero":        func(p *job.Parcel) { p.Fence = -1 },
		"dead letters below zero": func(p *job.Parcel) { p.DeadLetters = -1 },
		"no task":                 func(p *job.Parcel) { p.Tasks, p.Open = nil, nil },
		"no task, attempts":       func(p *job.Parcel) { p.Tasks = nil },
		"more tasks than fit":     func(p *job.Parcel) { p.Tasks = append(p.Tasks, job.Task{}) },
		"state unknown":           func(p *job.Parcel) { p.Tasks[1].State = job.TaskStates },
		"reason unknown":          func(p *job.Parcel) { p.Tasks[1].Reason = job.Reasons },
		"last below zero":         func(p *job.Parcel) { p.Tasks[1].Last = -1 },
		"accepted below zero":     func(p *job.Parcel) { p.Tasks[1].Accepted = -1 },
		"billed below zero":       func(p *job.Parcel) { p.Tasks[1].Billed = -1 },
		"cost below zero":         func(p *job.Parcel) { p.Tasks[1].Cost = -1 },
		"judged below zero":       func(p *job.Parcel) { p.Tasks[1].Judged = -1 },
		"judged beyond counting":  func(p *job.Parcel) { p.Tasks[1].Judged = 1_000_001 },
		"unknown below zero":      func(p *job.Parcel) { p.Tasks[1].Unknown = -1 },
		"refusals below zero":     func(p *job.Parcel) { p.Tasks[1].Refusals = -1 },
		"last judged below zero":  func(p *job.Parcel) { p.Tasks[1].LastJudged = -1 },
		"hold below zero":         func(p *job.Parcel) { p.Open[2].Hold = -1 },
		"presumed below zero":     func(p *job.Parcel) { p.Presumed = []job.Attempt{{Hold: -1, Terms: terms()}} },
		"attempt number":          func(p *job.Parcel) { p.Open[2].Number = -1 },
		"attempt at no task":      func(p *job.Parcel) { p.Open[2].Task = 25 },
		"attempt before the task": func(p *job.Parcel) { p.Open[2].Task = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := worstParcel()
			change(&p)
			got, err := job.UnpackParcel(p.Pack())
			requireKind(t, fault.Corrupt, err)
			require.Zero(t, got)
		})
	}
}

func TestImpossibleShards(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*job.Shard){
		"number below zero":  func(s *job.Shard) { s.Number = -1 },
		"number beyond most": func(s *job.Shard) { s.Number = job.MaxShards },
		"tasks below zero":   func(s *job.Shard) { s.Tasks = -1 },
		"round below zero":   func(s *job.Shard) { s.Round = -1 },
		"wish below zero":    func(s *job.Shard) { s.Wish = -1 },
		"gate unknown":       func(s *job.Shard) { s.Gate = job.GateCancelled + 1 },
		"untouched":          func(s *job.Shard) { s.Untouched = -1 },
		"granted":            func(s *job.Shard) { s.Account.Granted = -1 },
		"drawn":              func(s *job.Shard) { s.Account.Drawn = -1 },
		"held":               func(s *job.Shard) { s.Account.Held = -1 },
		"settled":            func(s *job.Shard) { s.Account.Settled = -1 },
		"presumed":           func(s *job.Shard) { s.Account.Presumed = -1 },
		"overrun":            func(s *job.Shard) { s.Account.Overrun = -1 },
		"sequence":           func(s *job.Shard) { s.Head.Seq = -1 },
		"nudges":             func(s *job.Shard) { s.Nudges = -1 },
		"short":              func(s *job.Shard) { s.Short = -1 },
		"window too full":    func(s *job.Shard) { s.Window.Seen = job.WindowSize + 1 },
		"window below zero":  func(s *job.Shard) { s.Window = job.Window{Seen: -1} },
		"window's next":      func(s *job.Shard) { s.Window.Next = job.WindowSize },
		"window skips":       func(s *job.Shard) { s.Window = job.Window{Seen: 5, Next: 4} },
		"window foresees":    func(s *job.Shard) { s.Window = job.Window{Seen: 5, Next: 5, Bits: [2]uint64{1 << 5, 0}} },
		"window foresees on": func(s *job.Shard) { s.Window = job.Window{Seen: 64, Next: 64, Bits: [2]uint64{0, 1}} },
		"window's last bits": func(s *job.Shard) { s.Window.Bits[1] = 1 << 36 },
	}
	for _, state := range taskStates {
		changes["counts "+state.String()] = func(s *job.Shard) { s.Counts[state] = -1 }
	}
	for reason := range job.Reason(job.Reasons) {
		changes["waits for "+reason.String()] = func(s *job.Shard) { s.Waiting[reason] = -1 }
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := largeShard()
			change(&s)
			got, err := job.UnpackShard(s.Pack())
			requireKind(t, fault.Corrupt, err)
			require.Zero(t, got)
		})
	}
}

// TestFlagsAreOneOrZero: a flag is the last byte of a shard's content, and no third value is taken for either.
func TestFlagsAreOneOrZero(t *testing.T) {
	t.Parallel()
	s := largeShard()
	whole := content(s.Pack())
	for flag := range 256 {
		whole[len(whole)-1] = byte(flag)
		got, err := job.UnpackShard(sealed(whole))
		if flag > 1 {
			requireKind(t, fault.Corrupt, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, flag == 1, got.Done)
	}
}

// TestNoRecordIsReadIntoMuchMore: whatever lengths a record claims, what is allocated for it is bounded by its own size.
// It does not run beside other tests, whose allocations it would count.
func TestNoRecordIsReadIntoMuchMore(t *testing.T) {
	const size = 100 << 10
	for name, c := range codecs() {
		whole := content(c.sample)
		for at := 1; at < len(whole) && at < 1000; at += 1 + at/40 {
			for _, fill := range []string{"\xff\xff\x05\x00", "\xff\xff\x05\x01", "\xff\xff\x3f\x00"} {
				// A large length in the midst of an honest beginning, and so many bytes behind it that it may be believed.
				forged := append(append(bytes.Clone(whole[:at]), fill...), bytes.Repeat([]byte(fill[len(fill)-1:]), size)...)
				body := sealed(forged)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := c.again(body)
				runtime.ReadMemStats(&after)
				requireKind(t, fault.Corrupt, err)
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(48*size), "%s at %d, %x", name, at, fill)
			}
		}
	}
}
