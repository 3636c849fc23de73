package engine

import (
	"bytes"
	"context"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// estimate asks the plan, or makes each of its requests once as the first attempt and once as the dearest.
func estimate(plan job.Plan) job.Estimate {
	if estimator, can := plan.(job.Estimator); can {
		return estimator.Estimate()
	}
	est, part, prefix := job.Estimate{}, job.Part{}, plan.Request(0, job.Try{Attempt: 1})
	part.Tasks, part.Prefix = int64(plan.Size()), prefixBytes(prefix)
	longer := job.Try{Attempt: 2, Last: job.Verdict{Outcome: job.Again, Code: job.CodeOutputTruncated}}
	for ordinal := range plan.Size() {
		first, later := plan.Request(ordinal, job.Try{Attempt: 1}), plan.Request(ordinal, longer)
		bound, most := inputBound(first), inputBound(later)
		est.Model = first.Model
		est.InputBound += bound
		est.InputBoundMost += max(bound, most)
		est.InputExpected += min(bound, int64(promptBytes(first))*2/5)
		est.InputMax = max(est.InputMax, bound, most)
		est.OutputBound += int64(first.MaxTokens)
		est.OutputBoundMost += int64(max(first.MaxTokens, later.MaxTokens))
		est.OutputExpected += int64(first.MaxTokens) / 2
		est.OutputP95 += int64(first.MaxTokens) * 3 / 4
		part.Bytes += int64(promptBytes(first))
		if first.System != prefix.System || !bytes.Equal(first.Schema, prefix.Schema) {
			part.Prefix = 0
		}
	}
	part.OutputExpected, part.OutputP95 = est.OutputExpected, est.OutputP95
	est.Parts = []job.Part{part}
	return est
}

// samples is how many requests are made to see whether the plan knows their sizes.
const samples = 200

// measured is the plan's estimate, after a look whether it is true of its requests: all of up to 200, or as many out of
// more. It costs some milliseconds, and a plan that is wrong about its sizes would be wrong about its money.
func measured(plan job.Plan) (est job.Estimate, err error) {
	defer recovered(&err)
	est = estimate(plan)
	m, can := plan.(job.Measurer)
	if !can {
		return est, nil
	}
	var sum int64
	for _, ordinal := range spread(plan.Size(), samples) {
		_, says := m.Measure(ordinal)
		if is := int64(promptBytes(plan.Request(ordinal, job.Try{Attempt: 1}))); says != is {
			return est, fault.New(fault.Internal, "forecast: the plan says that request %d has %d bytes, and it has %d", ordinal, says, is)
		}
		sum += says
	}
	var parts int64
	for _, part := range est.Parts {
		parts += part.Bytes
	}
	if plan.Size() <= samples && len(est.Parts) > 0 && parts != sum {
		return est, fault.New(fault.Internal, "forecast: the plan says that its requests have %d bytes, and they have %d", parts, sum)
	}
	return est, nil
}

// spread picks up to most of the numbers below n, evenly.
func spread(n, most int) []int {
	k := min(n, most)
	list := make([]int, k)
	for i := range list {
		list[i] = i * (n - 1) / max(k-1, 1)
	}
	return list
}

func prefixBytes(r job.Request) int64 { return int64(len(r.System) + len(r.Schema)) }

func promptBytes(r job.Request) int { return len(r.System) + len(r.Prompt) + len(r.Schema) }

// inputBound is the plan's own bound, or half of the bytes rounded up and 1,000 for what the provider adds.
func inputBound(r job.Request) int64 {
	if r.InputBound > 0 {
		return r.InputBound
	}
	return int64(promptBytes(r)+1)/2 + 1000
}

// TokenCounter asks the provider how many input tokens it would count for a request, without making the call. Anthropic's
// answers are free and off by a little (documentation of August 2026).
type TokenCounter func(ctx context.Context, request job.Request) (tokens int64, err error)

// asked is how many requests a TokenCounter is asked about at most.
const asked = 8

// count asks the counter about a few requests, for templates that too little is known of. What it says counts as so
// many answers as it takes to be believed.
func count(ctx context.Context, plan job.Plan, known map[string]*Calibration, counter TokenCounter) (counted int, err error) {
	if counter == nil {
		return 0, nil
	}
	defer recovered(&err)
	measure, said := measureOf(plan), map[string]*Calibration{}
	for _, ordinal := range spread(plan.Size(), asked) {
		template, size := measure(ordinal)
		if c := known[template]; c != nil && c.Pairs >= enough {
			continue
		}
		tokens, err := counter(ctx, plan.Request(ordinal, job.Try{Attempt: 1}))
		if err != nil {
			return 0, err
		}
		if said[template] == nil {
			said[template] = &Calibration{}
		}
		for range enough {
			said[template].Pair(size, tokens)
		}
		counted++
	}
	for template, c := range said {
		if before := known[template]; before != nil {
			c.Plus(*before)
		}
		known[template] = c
	}
	return counted, nil
}
