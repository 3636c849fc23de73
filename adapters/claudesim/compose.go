package claudesim

import (
	"encoding/base64"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/prose"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/schema"
)

const (
	// tokensPerWord turns lengths in tokens into lengths in words.
	tokensPerWord = 2.4
	plainTokens   = 300
	lengthSpread  = 0.35
	// shortestWords and wordRange are the lengths of strings that nobody asked to be long.
	shortestWords, wordRange = 6, 12
)

// write produces the text that the request asks for.
func (s *Sim) write(q *request, f fate) string {
	facts, factor := prose.ReadFacts(q.texts...), s.lengthFactor(q)
	if factor != 1 {
		facts.Scale(factor)
	}
	length := s.length(f) * factor
	switch {
	case q.form == nil && length == 0:
		length = plainTokens * factor * logNormal(f.stream(streamLength), lengthSpread)
		fallthrough
	case q.form == nil:
		return s.book.Text(facts, f.stream(streamText), words(length))
	case q.form.Asks("title", "meta_description", "h1", "body", "sections", "cta"):
		page := s.book.Page(facts, f.stream(streamText), words(length))
		return q.form.Write(schema.Document{Rand: f.stream(streamWords), Content: pageContent(page), Text: s.texter(facts, f, shortestWords), OtherCase: f.fault == FaultEnumCase})
	}
	shortest := int(factor * float64(shortestWords+f.stream(streamLength).IntN(wordRange)))
	return s.document(q.form, facts, f, shortest, length)
}

// length draws how many tokens the answer is to have; 0 when the options leave it to the request.
func (s *Sim) length(f fate) float64 {
	if s.options.OutputTokens == 0 {
		return 0
	}
	return float64(s.options.OutputTokens) * logNormal(f.stream(streamLength), lengthSpread)
}

func words(tokens float64) int { return int(math.Ceil(tokens / tokensPerWord)) }

func pageContent(p prose.Page) schema.Object {
	sections := make(schema.Array, len(p.Sections))
	for i, section := range p.Sections {
		sections[i] = schema.Object{"heading": section.Heading, "content": section.Content}
	}
	return schema.Object{
		"title": p.Title, "meta_description": p.MetaDescription, "h1": p.H1, "body": p.Body,
		"sections": sections, "cta": p.CTA,
	}
}

// document writes a document for any schema, with strings of so many words at least. When the length is
// given, the strings share what is missing; drawing twice from equal streams gives the same document with longer strings.
func (s *Sim) document(form *schema.Form, facts prose.Facts, f fate, shortest int, length float64) string {
	strings, other := 0, f.fault == FaultEnumCase
	text := s.texter(facts, f, shortest)
	document := form.Write(schema.Document{Rand: f.stream(streamText), Text: func() string { strings++; return text() }, OtherCase: other})
	missing := length - float64(textTokens(document))
	if missing <= 0 || strings == 0 {
		return document
	}
	each := wordsOf(document)/strings + words(missing)/strings
	return form.Write(schema.Document{Rand: f.stream(streamText), Text: s.texter(facts, f, each), OtherCase: other})
}

// texter writes one string of a document after another, each of about the given number of words.
func (s *Sim) texter(facts prose.Facts, f fate, words int) func() string {
	rng := f.stream(streamWords)
	return func() string { return s.book.Text(facts, rng, words) }
}

func wordsOf(s string) int { return len(strings.Fields(s)) }

// stopAt ends the text before the first stop sequence in it.
func (d *draft) stopAt(stops []string) {
	first := -1
	for i, stop := range stops {
		at := strings.Index(d.text, stop)
		if at >= 0 && (first < 0 || at < first) {
			first, d.sequence = at, &stops[i]
		}
	}
	if first >= 0 {
		d.text, d.stop = d.text[:first], stopSequence
	}
}

// firstRunes is at most the first n characters of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func (f fate) signature() string { return base64.StdEncoding.EncodeToString(f.hash[:]) }

// between draws a number from low up to high.
func between(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }
