package claudebench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/job"
)

const model = "claude-haiku-5-5"

// articles is a kind of work whose prompts have about 1,500 tokens; its input is how many there are.
type articles int

func (articles) Name() string { return "articles" }
func (articles) Version() int { return 1 }

func (articles) Open(input []byte) (job.Plan, error) {
	n, err := strconv.Atoi(string(input))
	return articles(n), err
}

func (a articles) Size() int    { return int(a) }
func (articles) Hash() [32]byte { return [32]byte{1} }

func (articles) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: model, System: brief, Prompt: prompt(ordinal), MaxTokens: 16_000}
}

func (articles) Accept(_ int, _ job.Try, answer job.Answer) job.Verdict {
	if answer.Stop != job.StopEndTurn || answer.Text == "" {
		return job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
	}
	return job.Verdict{Outcome: job.Accepted, Output: []byte(answer.Text[:min(len(answer.Text), 100)])}
}

// A prompt has about 1,500 tokens, of 2.5 characters each: 1,000 that all share, and 500 of its own.
var (
	brief = strings.Repeat("Harbor Plumbing mends pipes in Portland, day and night. ", 44)
	facts = strings.Repeat("The shop stands at the old pier since 1931. ", 28)
)

func prompt(ordinal int) string { return fmt.Sprintf("Write article number %d.\n%s", ordinal, facts) }

func ordinalOf(prompt string) (n int) {
	_, _ = fmt.Sscanf(prompt, "Write article number %d.", &n)
	return n
}
