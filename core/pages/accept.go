package pages

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// maxDetail is the most bytes of a verdict's detail.
const maxDetail = 500

// Accept judges an answer: first how it ended, then whether it is a page, then whether it is a good one. A page with
// small faults is accepted with flags; on a corrective attempt texts that are still too long are cut.
func (p *Plan) Accept(ordinal int, try job.Try, answer job.Answer) job.Verdict {
	if v, ended := judgeStop(answer); ended {
		return v
	}
	if strings.TrimSpace(answer.Text) == "" {
		return again(job.CodeOutputInvalid, "the answer was empty; answer with the JSON object of the page")
	}
	content, err := DecodeContent([]byte(answer.Text))
	if err != nil {
		return again(job.CodeOutputInvalid, "schema: "+schemaDetail(err))
	}
	r, c := p.at(ordinal)
	j := judge{content: content.tidy(), row: r, column: c, sheet: p.sheets[r.language], forbidden: p.forbidden}
	j.corrective = try.Attempt > 1
	j.look()
	if len(j.broken) > 0 {
		return again(job.CodeOutputInvalid, strings.Join(j.broken, "; "))
	}
	return job.Verdict{Outcome: job.Accepted, Output: j.content.encode(), Flags: j.flags}
}

// judgeStop judges by the stop reason; only a normal end leaves anything to look at.
func judgeStop(answer job.Answer) (job.Verdict, bool) {
	switch answer.Stop {
	case job.StopEndTurn:
		return job.Verdict{}, false
	case job.StopMaxTokens:
		return again(job.CodeOutputTruncated, "the answer was cut off at the token limit"), true
	case job.StopRefusal:
		return failed(job.CodeRefused, "the model declined: "+orUnnamed(answer.Detail)), true
	case job.StopContextWindow:
		return failed(job.CodeOutputTruncated, "the prompt and the answer do not fit the model's context window; shorten the template"), true
	case job.StopSequence, job.StopToolUse, job.StopPauseTurn:
		return failed(job.CodeOutputInvalid, "the model stopped for "+string(answer.Stop)+", which was not asked for"), true
	}
	return failed(job.CodeOutputInvalid, "the model stopped for an unknown reason: "+orUnnamed(string(answer.Stop))), true
}

// orUnnamed shortens a word of the provider's.
func orUnnamed(s string) string {
	if s = short(clean(s), 100); s == "" {
		return "no reason given"
	}
	return s
}

func again(code job.Code, detail string) job.Verdict {
	return job.Verdict{Outcome: job.Again, Code: code, Detail: short(detail, maxDetail)}
}

func failed(code job.Code, detail string) job.Verdict {
	return job.Verdict{Outcome: job.Failed, Code: code, Detail: short(detail, maxDetail)}
}

// schemaDetail names the first few places where an answer is no page. Names that the model made up are cut.
func schemaDetail(err error) string {
	var problems catalog.Problems
	errors.As(err, &problems)
	const most = 3
	var lines []string
	for _, p := range problems[:min(most, len(problems))] {
		line := short(clean(p.Message), 150)
		if p.Path != "" {
			line = short(clean(p.Path), 40) + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// short cuts s at a character's edge to at most n bytes.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// judge looks at one page.
type judge struct {
	content    Content
	row        *row
	column     *column
	sheet      *sheet
	forbidden  []term
	corrective bool
	// folded is the page's texts for comparisons without case and accents.
	folded []string
	broken []string
	flags  []string
}

func (j *judge) breach(rule, what string) { j.broken = append(j.broken, rule+": "+what) }

func (j *judge) flag(name string) {
	if !slices.Contains(j.flags, name) {
		j.flags = append(j.flags, name)
	}
}

// look applies every rule.
func (j *judge) look() {
	j.checkShape()
	if len(j.broken) > 0 {
		// The other rules would only repeat that something is not there.
		return
	}
	j.checkLengths()
	for _, text := range j.content.texts() {
		j.folded = append(j.folded, catalog.Fold(text))
	}
	j.checkWords()
	j.checkKeyword()
	j.checkPhone()
	j.checkCity()
	j.checkPlaceholders()
	j.checkMarkup()
	j.checkForbidden()
	j.checkLanguage()
	j.checkLeak()
}
