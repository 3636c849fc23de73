package job_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// The generators make every value that a record can hold, likely or not. What they leave out is what records do not keep:
// times below the millisecond and the first one of 1970, and the difference between an empty list and none.

func instants() *rapid.Generator[time.Time] {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	return rapid.OneOf(
		rapid.Just(time.Time{}),
		rapid.SampledFrom([]time.Time{at(1), at(-1), noon()}),
		rapid.Map(rapid.Int64Range(1_600_000_000_000, 2_600_000_000_000), at),
		rapid.Map(rapid.Int64Range(-1<<60, -1), at),
	)
}

func counts() *rapid.Generator[int] {
	return rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 9), rapid.IntRange(0, 1_000_000))
}

func amounts() *rapid.Generator[cost.Pico] {
	return rapid.Map(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Min(0)), func(n int64) cost.Pico { return cost.Pico(n) })
}

func codes() *rapid.Generator[job.Code] {
	return rapid.OneOf(rapid.SampledFrom([]job.Code{
		"", job.CodeProviderUnavailable, job.CodeProviderRejected, job.CodeRefused, job.CodeOutputTruncated,
		job.CodeOutputInvalid, job.CodeAttemptsExhausted, job.CodeDeadLetter, job.CodeInternal, "WRONG_TOWN",
	}), rapid.Map(rapid.String(), func(s string) job.Code { return job.Code(s) }))
}

func tasks() *rapid.Generator[job.Task] {
	full := rapid.Custom(func(t *rapid.T) job.Task {
		return job.Task{
			State: rapid.SampledFrom(taskStates).Draw(t, "state"), Reason: job.Reason(rapid.IntRange(0, job.Reasons-1).Draw(t, "reason")),
			Until: instants().Draw(t, "until"), Last: counts().Draw(t, "last"),
			Judged: counts().Draw(t, "judged"), Unknown: counts().Draw(t, "unknown"), Refusals: counts().Draw(t, "refusals"),
			RefusedSince: instants().Draw(t, "since"), LastJudged: counts().Draw(t, "lastJudged"), Code: codes().Draw(t, "code"),
			Accepted: counts().Draw(t, "accepted"), Billed: counts().Draw(t, "billed"), Cost: amounts().Draw(t, "cost"),
		}
	})
	// Most tasks are in a plain state, which is written in another way.
	plain := rapid.Custom(func(t *rapid.T) job.Task {
		return job.Task{State: rapid.SampledFrom(taskStates).Draw(t, "state"), Last: counts().Draw(t, "last"), Cost: amounts().Draw(t, "cost")}
	})
	return rapid.OneOf(full, plain)
}

func termsList() *rapid.Generator[[]cost.Terms] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cost.Terms {
		return cost.Terms{
			Model:        rapid.SampledFrom([]string{"claude-haiku-5-5", "claude-opus-5-5", "é", ""}).Draw(t, "model"),
			Lane:         rapid.SampledFrom([]cost.Lane{cost.Realtime, cost.Batch, "", "auto"}).Draw(t, "lane"),
			PriceVersion: rapid.SampledFrom([]string{"2026-10-31", "", "v\x00"}).Draw(t, "price"),
		}
	}), 1, 8)
}

func attempts(tasks int, terms []cost.Terms) *rapid.Generator[[]job.Attempt] {
	return rapid.Map(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) job.Attempt {
		return job.Attempt{
			Task: rapid.IntRange(0, tasks-1).Draw(t, "task"), Number: counts().Draw(t, "number"),
			Hold: amounts().Draw(t, "hold"), Terms: rapid.SampledFrom(terms).Draw(t, "terms"),
		}
	}), 0, 40), orNil[job.Attempt])
}

func parcels() *rapid.Generator[job.Parcel] {
	return rapid.Custom(func(t *rapid.T) job.Parcel {
		p := job.Parcel{
			Number: counts().Draw(t, "number"), First: rapid.IntRange(0, 100_000_000).Draw(t, "first"),
			Fence: rapid.Int64Min(0).Draw(t, "fence"), LeaseEnd: instants().Draw(t, "leaseEnd"), Epoch: rapid.Int64().Draw(t, "epoch"),
			DeadLetters: counts().Draw(t, "dead"), Tasks: rapid.SliceOfN(tasks(), 1, job.ParcelSize).Draw(t, "tasks"),
		}
		copy(p.Owner[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "owner"))
		terms := termsList().Draw(t, "terms")
		p.Open = attempts(len(p.Tasks), terms).Draw(t, "open")
		p.Presumed = attempts(len(p.Tasks), terms).Draw(t, "presumed")
		return p
	})
}

func windows() *rapid.Generator[job.Window] {
	return rapid.Map(rapid.SliceOfN(rapid.Bool(), 0, 250), func(failed []bool) job.Window {
		var w job.Window
		for _, f := range failed {
			w.Add(f)
		}
		return w
	})
}

func shards() *rapid.Generator[job.Shard] {
	return rapid.Custom(func(t *rapid.T) job.Shard {
		s := job.Shard{
			Number: rapid.IntRange(0, job.MaxShards-1).Draw(t, "number"), Tasks: rapid.IntRange(0, 100_000_000).Draw(t, "tasks"),
			Round: counts().Draw(t, "round"), Wish: rapid.Int64Min(0).Draw(t, "wish"), Gate: job.Gate(rapid.IntRange(0, 2).Draw(t, "gate")),
			Untouched: counts().Draw(t, "untouched"), Dropped: rapid.Bool().Draw(t, "dropped"),
			Ended:   orNil(rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "ended")),
			Head:    cost.Head{Seq: rapid.Int64Min(0).Draw(t, "seq")},
			Changed: instants().Draw(t, "changed"), LeaseEnd: instants().Draw(t, "leaseEnd"), Due: instants().Draw(t, "due"),
			Nudges: counts().Draw(t, "nudges"), Short: amounts().Draw(t, "short"), Window: windows().Draw(t, "window"),
			Done: rapid.Bool().Draw(t, "done"),
		}
		for i := range s.Counts {
			s.Counts[i] = counts().Draw(t, "counts")
		}
		for i := range s.Waiting {
			s.Waiting[i] = counts().Draw(t, "waiting")
		}
		for _, v := range []*cost.Pico{&s.Account.Granted, &s.Account.Drawn, &s.Account.Held, &s.Account.Settled, &s.Account.Presumed, &s.Account.Overrun} {
			*v = amounts().Draw(t, "account")
		}
		copy(s.Head.Hash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
		return s
	})
}

func answers() *rapid.Generator[*job.Stored] {
	return rapid.Custom(func(t *rapid.T) *job.Stored {
		s := &job.Stored{
			Ordinal: rapid.IntRange(0, 100_000_000).Draw(t, "ordinal"), Attempt: counts().Draw(t, "attempt"),
			Verdict: job.Verdict{
				Outcome: rapid.SampledFrom([]job.Outcome{job.Accepted, job.Again, job.Failed}).Draw(t, "outcome"),
				Code:    codes().Draw(t, "code"), Detail: rapid.String().Draw(t, "detail"),
				Output: orNil(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "output")),
				Flags:  orNil(rapid.SliceOfN(rapid.String(), 0, 5).Draw(t, "flags")),
			},
			Stop: rapid.OneOf(rapid.SampledFrom([]job.StopReason{
				"", job.StopEndTurn, job.StopMaxTokens, job.StopSequence, job.StopToolUse, job.StopPauseTurn, job.StopRefusal, job.StopContextWindow,
			}), rapid.Map(rapid.String(), func(s string) job.StopReason { return job.StopReason(s) })).Draw(t, "stop"),
			UsageOK: rapid.Bool().Draw(t, "usageOK"), Unbilled: rapid.Bool().Draw(t, "unbilled"),
			Model: rapid.String().Draw(t, "model"), MessageID: rapid.String().Draw(t, "message"), RequestID: rapid.String().Draw(t, "request"),
			At: instants().Draw(t, "at"), Took: time.Duration(rapid.Int64().Draw(t, "took")),
		}
		// What the provider sent as usage is kept as it is, sense or nonsense.
		for _, n := range []*int64{&s.Usage.Input, &s.Usage.CacheWrite5m, &s.Usage.CacheWrite1h, &s.Usage.CacheRead, &s.Usage.Output} {
			*n = rapid.Int64().Draw(t, "usage")
		}
		return s
	})
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
