// Package prose writes the text that the simulator answers with: landing pages built from the facts of
// a prompt, and plain paragraphs. It is a phrase book, not a model: every sentence comes from a fixed list
// with slots for facts and for interchangeable words, and a seeded generator chooses among them. It knows
// nothing of HTTP, tokens or money.
package prose

import (
	"math/rand/v2"
	"strings"
)

// Book is the parsed phrase book of all languages. It is immutable and safe for concurrent use; each call
// brings its own generator.
type Book struct {
	english, spanish *language
}

// language is the phrases of one language. A phrase is used only if every fact it names is known.
type language struct {
	titles, headlines, descriptions, calls, intros, phones []phrase
	topics                                                 []topic
	common                                                 []phrase
	titleCase                                              func(string) string
}

// topic is what one section of a page is about.
type topic struct {
	headings, sentences []phrase
}

// NewBook parses the phrase book. The parsing is the costly part; keep the Book.
func NewBook() *Book {
	return &Book{english: parseLanguage(&englishPhrases, titleCase), spanish: parseLanguage(&spanishPhrases, upperFirst)}
}

// Text writes plain paragraphs of about the given number of words (at least one sentence), in the language
// and with the facts of f.
func (b *Book) Text(f Facts, rng *rand.Rand, words int) string {
	w := newWriter(b.language(f), f, rng)
	sentences := w.fill(newDeck(rng, w.lang.common, w.lang.everySentence()), max(words-wordsPerSentence/2, 1), words+wordsPerSentence)
	if len(sentences) == 0 {
		sentences = []string{w.must(w.lang.common)}
	}
	return paragraphs(sentences, rng)
}

func (b *Book) language(f Facts) *language {
	if f.Spanish() {
		return b.spanish
	}
	return b.english
}

func (l *language) everySentence() []phrase {
	var all []phrase
	for _, t := range l.topics {
		all = append(all, t.sentences...)
	}
	return all
}

// phraseText is a language's phrases as they are written down.
type phraseText struct {
	titles, headlines, descriptions, calls, intros, phones, common []string
	topics                                                         []topicText
}

type topicText struct {
	headings, sentences []string
}

func parseLanguage(text *phraseText, titleCase func(string) string) *language {
	l := &language{
		titles: parsePhrases(text.titles), headlines: parsePhrases(text.headlines),
		descriptions: parsePhrases(text.descriptions), calls: parsePhrases(text.calls),
		intros: parsePhrases(text.intros), phones: parsePhrases(text.phones),
		common: parsePhrases(text.common), titleCase: titleCase,
	}
	for _, t := range text.topics {
		l.topics = append(l.topics, topic{headings: parsePhrases(t.headings), sentences: parsePhrases(t.sentences)})
	}
	return l
}

// paragraphs joins sentences, with a blank line after every three or four.
func paragraphs(sentences []string, rng *rand.Rand) string {
	var b strings.Builder
	left := 3 + rng.IntN(2)
	for i, s := range sentences {
		switch {
		case i == 0:
		case left == 0:
			b.WriteString("\n\n")
			left = 3 + rng.IntN(2)
		default:
			b.WriteByte(' ')
		}
		b.WriteString(s)
		left--
	}
	return b.String()
}
