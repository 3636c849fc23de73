// Package work is the kind of job that the simulator runs: requests of several sizes, and answers that say by their text
// and stop reason how they want to be judged, as answers of a real kind do.
package work

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Name is the kind's name, Model the only model that it asks.
const (
	Name  = "sim"
	Model = "claude-haiku-5-5"
)

// The words that an answer begins with.
const (
	Good      = "ok"
	Malformed = "{\"title\": "
	Schema    = "{\"unknown\": 1}"
)

// InputTokens bounds the prompt of every request, PrefixTokens is what its stable part has where a provider can keep it.
const (
	InputTokens  = 1000
	PrefixTokens = 600
)

// profile is so long that the engine has the provider keep it.
var profile = strings.Repeat("Facts that all tasks of a job share. ", 40)

// Input is what a job is submitted with.
type Input struct {
	Name  string `json:"name"`
	Tasks int    `json:"tasks"`
	// Profile makes the stable part of the prompts long enough to be kept.
	Profile bool `json:"profile,omitempty"`
}

// Bytes is the stored form.
func (in Input) Bytes() []byte {
	body, err := json.Marshal(in)
	if err != nil {
		panic("work: a text and a number do not marshal: " + err.Error())
	}
	return body
}

// Kind implements job.Kind. Ahead makes it another version, which leaves the jobs of this one alone.
type Kind struct{ Ahead int }

// Name implements job.Kind.
func (Kind) Name() string { return Name }

// Version implements job.Kind.
func (k Kind) Version() int { return 1 + k.Ahead }

// Open implements job.Kind.
func (Kind) Open(body []byte) (job.Plan, error) {
	var in Input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fault.New(fault.Invalid, "work: %w", err)
	}
	return plan{in, sha256.Sum256(body)}, nil
}

type plan struct {
	Input
	hash [32]byte
}

// Size implements job.Plan.
func (p plan) Size() int { return p.Tasks }

// Hash implements job.Plan.
func (p plan) Hash() [32]byte { return p.hash }

// Request implements job.Plan: three sizes, and more room after a truncation.
func (p plan) Request(ordinal int, try job.Try) job.Request {
	tokens := 400 + 400*(ordinal%3)
	if try.Last.Code == job.CodeOutputTruncated {
		tokens *= 2
	}
	system := p.Name
	if p.Profile {
		system += ": " + profile
	}
	return job.Request{Model: Model, System: system, Prompt: strconv.Itoa(ordinal), MaxTokens: tokens, InputBound: InputTokens}
}

// Accept implements job.Plan.
func (p plan) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	switch a.Stop {
	case job.StopEndTurn, job.StopSequence:
	case job.StopMaxTokens, job.StopContextWindow:
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputTruncated}
	case job.StopRefusal:
		return job.Verdict{Outcome: job.Failed, Code: job.CodeRefused}
	case job.StopToolUse, job.StopPauseTurn:
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
	default:
		return job.Verdict{Outcome: job.Failed, Code: job.CodeOutputInvalid, Detail: "unknown stop reason"}
	}
	if a.Model != Model || !strings.HasPrefix(a.Text, Good) {
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
	}
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

// Ordinal reads back which task a request is for.
func Ordinal(r job.Request) int {
	n, err := strconv.Atoi(r.Prompt)
	if err != nil {
		panic("work: a request that this kind has not made")
	}
	return n
}
