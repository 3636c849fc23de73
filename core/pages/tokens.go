package pages

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
)

const (
	// overheadTokens is what the JSON around a page's texts takes.
	overheadTokens = 80
	// spareTokens is the fixed part of max_tokens.
	spareTokens = 400
	// extraWords is what title, description, heading and call to action have besides the counted words.
	extraWords = 60
	// tokenLimit bounds how far max_tokens grows after an answer that was cut.
	tokenLimit = 32_000
	// maxCorrection is no less than the most bytes that a correction has. It is even, so that half of it is whole.
	maxCorrection = 1_024
	// boundTokens is what a prompt may have beyond its bytes: the provider's own wrapping.
	boundTokens = 1_000
)

// pageTokens is how many tokens a text of so many words has: 1.8 per word of English with the tokenizer of the 5.x
// models (Anthropic's documentation of October 2026), a quarter more for Spanish.
func pageTokens(words int, language catalog.Language) int {
	if language == catalog.Spanish {
		return words * 9 / 4
	}
	return words * 9 / 5
}

// likelyTokens is what a forecast expects of a text of so many words: 2.5 characters per token (the same documentation,
// which gives both figures) and 5.9 characters per word with its blank, 6.2 in Spanish. It is the larger of the two, so
// that a forecast errs on the dear side.
func likelyTokens(words int, language catalog.Language) int {
	if language == catalog.Spanish {
		return words * 62 / 25
	}
	return words * 59 / 25
}

// maxTokens leaves an honest page room: a quarter more words than asked for is within the rules, and 60 % on top of
// that is for tokens that are shorter than expected.
func maxTokens(words int, language catalog.Language) int {
	return pageTokens(words*2, language) + spareTokens
}

// allowed is max_tokens of a try: more after an answer that was cut.
func (s *sheet) allowed(try job.Try) int {
	if try.Attempt < 2 || try.Last.Code != job.CodeOutputTruncated {
		return s.tokens
	}
	return s.mostTokens()
}

// mostTokens is max_tokens of the dearest attempt: twice the first.
func (s *sheet) mostTokens() int { return max(s.tokens, min(2*s.tokens, tokenLimit)) }

// inputBound is an upper bound of the tokens of a prompt of so many bytes.
func inputBound(bytes int) int64 { return int64(bytes+1)/2 + boundTokens }

// correction is what ends the prompt after an answer that was not accepted.
func (s *sheet) correction(try job.Try) string {
	if try.Attempt < 2 || try.Last.Code == "" {
		return ""
	}
	reason := short(clean(try.Last.Detail), maxDetail)
	if reason == "" {
		reason = string(try.Last.Code)
	}
	var b strings.Builder
	b.WriteString("\nYour previous answer to this task was not accepted, because of this: ")
	b.WriteString(reason)
	b.WriteString("\nWrite the whole page again from the beginning and keep every rule.")
	if try.Last.Code == job.CodeOutputTruncated {
		b.WriteString(" Keep to about " + s.values["word_count"] + " words, so that the page is complete.")
	}
	b.WriteString("\n")
	return b.String()
}
