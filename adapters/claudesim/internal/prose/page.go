package prose

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Page is a local landing page in plain text; paragraphs are split by a blank line.
type Page struct {
	Title, MetaDescription, H1, Body string
	Sections                         []Section
	CTA                              string
}

// Section is one headed part of a page.
type Section struct {
	Heading, Content string
}

const (
	longestTitle       = 70
	longestDescription = 160
	longestHeading     = 100
)

// Page writes a page about the facts. Its body and sections have 7/8 to 5/4 of the words that the facts ask
// for, whether or not headings are counted; want moves the length inside that range (0: drawn).
func (b *Book) Page(f Facts, rng *rand.Rand, want int) Page {
	w := newWriter(b.language(f), f, rng)
	page := Page{Title: w.title(), MetaDescription: w.pick(w.lang.descriptions, longestDescription), H1: w.pick(w.lang.headlines, longestHeading), CTA: w.call()}
	topics := w.topics(f.Words())
	headingWords := 0
	for _, t := range topics {
		heading := w.pick(t.headings, longestHeading)
		headingWords += countWords(heading)
		page.Sections = append(page.Sections, Section{Heading: heading})
	}
	plan := newPlan(f.Words(), headingWords, want, rng)
	page.Body = w.body(plan, len(topics))
	for i := range page.Sections {
		page.Sections[i].Content = w.section(topics[i], plan, i, len(topics))
	}
	return page
}

// title has all words of the keyword, and as much of place and name as fits.
func (w *writer) title() string {
	for _, i := range w.rng.Perm(len(w.lang.titles)) {
		s, ok := w.say(&w.lang.titles[i])
		if ok && utf8.RuneCountInString(s) <= longestTitle {
			return s
		}
	}
	return cut(w.lang.titleCase(w.facts[factKeyword]), longestTitle)
}

// call is the client's own call to action unless it breaks the client's own rules.
func (w *writer) call() string {
	if s := w.facts[factCall]; s != "" && !w.forbidden(s) {
		return s
	}
	return w.pick(w.lang.calls, longestDescription)
}

// topics draws what the sections are about: two to four, fewer on short pages.
func (w *writer) topics(words int) []topic {
	most := 4
	if words < 250 {
		most = 2
	}
	n := 2 + w.rng.IntN(most-1)
	topics := make([]topic, 0, n)
	for _, i := range w.rng.Perm(len(w.lang.topics))[:n] {
		topics = append(topics, w.lang.topics[i])
	}
	return topics
}

// plan is how many words a page has when all its parts are written.
type plan struct {
	goal, limit int
	body        float64
}

func newPlan(words, headings, want int, rng *rand.Rand) plan {
	least := (words*7 + 7) / 8
	limit := max(words*5/4-headings, least)
	room := limit - least
	goal := least + room/5 + rng.IntN(room*3/5+1)
	if want > 0 {
		goal = min(max(want, least+room/8), limit-room/5)
	}
	return plan{goal: goal, limit: limit, body: 0.3 + 0.15*rng.Float64()}
}

// body opens with the place and closes with the phone number.
func (w *writer) body(p plan, sections int) string {
	sentences := []string{w.must(w.lang.intros)}
	reserve := (sections + 1) * wordsPerSentence
	goal := min(int(p.body*float64(p.goal)), p.limit-reserve) - wordsPerSentence
	sentences = append(sentences, w.fill(newDeck(w.rng, w.lang.common, nil), goal, p.limit-reserve)...)
	text := paragraphs(sentences, w.rng)
	if w.facts[factPhone] != "" {
		text += "\n\n" + w.must(w.lang.phones)
	}
	return text
}

// section writes section i of n; the first one names the place again.
func (w *writer) section(t topic, p plan, i, n int) string {
	share := (1 - p.body) * float64(p.goal) / float64(n)
	goal := p.goal - int(share*float64(n-1-i))
	limit := p.limit - (n-1-i)*wordsPerSentence
	var sentences []string
	if i == 0 {
		sentences = append(sentences, w.must(local(t.sentences)))
	}
	sentences = append(sentences, w.fill(newDeck(w.rng, t.sentences, w.lang.common), max(goal, w.total+1), limit)...)
	if len(sentences) == 0 {
		sentences = append(sentences, w.must(t.sentences))
	}
	return strings.TrimSpace(paragraphs(sentences, w.rng))
}

// local is the sentences that name the place.
func local(sentences []phrase) []phrase {
	var named []phrase
	for _, p := range sentences {
		for _, part := range p.parts {
			if part.fact == "city" {
				named = append(named, p)
				break
			}
		}
	}
	return named
}
