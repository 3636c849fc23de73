package prose

import (
	"math/rand/v2"
	"strings"
)

// wordsPerSentence is the usual length of a sentence in the book, for planning.
const wordsPerSentence = 20

// sameAgain is how many draws the writer makes before it repeats a sentence: a text far longer than the book
// must repeat, and should not take long to find that out.
const sameAgain = 12

// writer writes one text. It never says the same sentence twice while it has others, and none with a term
// that the facts forbid.
type writer struct {
	lang  *language
	facts Facts
	rng   *rand.Rand
	avoid []string
	used  map[string]bool
	// total is the number of words written so far by fill and must.
	total int
}

func newWriter(lang *language, f Facts, rng *rand.Rand) *writer {
	return &writer{lang: lang, facts: f, rng: rng, avoid: f.avoided(), used: make(map[string]bool, 64)}
}

// say renders a phrase; ok is false if a fact is missing or a forbidden term would appear.
func (w *writer) say(p *phrase) (string, bool) {
	if !p.usable(w.facts) {
		return "", false
	}
	var b strings.Builder
	p.render(&b, w.facts, w.rng, w.lang.titleCase)
	s := upperFirst(b.String())
	return s, !w.forbidden(s)
}

func (w *writer) forbidden(s string) bool {
	if len(w.avoid) == 0 {
		return false
	}
	folded := fold(s)
	for _, term := range w.avoid {
		if containsTerm(folded, term) {
			return true
		}
	}
	return false
}

// pick says one of the phrases that fits into limit code points, trying them in random order. Where none
// fits, the last that could be said is cut at a word end.
func (w *writer) pick(phrases []phrase, limit int) string {
	last := ""
	for _, i := range w.rng.Perm(len(phrases)) {
		s, ok := w.say(&phrases[i])
		if ok && len([]rune(s)) <= limit {
			return s
		}
		if s != "" && (ok || last == "") {
			last = s
		}
	}
	return cut(last, limit)
}

// must says one of the phrases and counts its words.
func (w *writer) must(phrases []phrase) string {
	s := w.pick(phrases, 1000)
	w.used[s] = true
	w.total += countWords(s)
	return s
}

// fill says sentences until the total reaches goal words, none of which takes it above limit.
func (w *writer) fill(d *deck, goal, limit int) []string {
	var sentences []string
	for w.total < goal {
		s := w.next(d, limit-w.total)
		if s == "" {
			break
		}
		sentences = append(sentences, s)
	}
	return sentences
}

// next says a sentence of at most room words, or nothing when the deck has none that short.
func (w *writer) next(d *deck, room int) string {
	for tries := 0; tries < 3*len(d.phrases); tries++ {
		s, ok := w.say(d.draw())
		n := countWords(s)
		if !ok || n == 0 || n > room || (w.used[s] && tries < sameAgain) {
			continue
		}
		w.used[s] = true
		w.total += n
		return s
	}
	return ""
}

// deck deals phrases in random order: first its own, then those it shares, then all of them again and again.
type deck struct {
	rng     *rand.Rand
	phrases []phrase
	order   []int
	at      int
}

func newDeck(rng *rand.Rand, own, shared []phrase) *deck {
	d := &deck{rng: rng, phrases: append(append(make([]phrase, 0, len(own)+len(shared)), own...), shared...)}
	d.order = rng.Perm(len(own))
	for _, i := range rng.Perm(len(shared)) {
		d.order = append(d.order, len(own)+i)
	}
	return d
}

func (d *deck) draw() *phrase {
	if d.at == len(d.order) {
		d.order, d.at = d.rng.Perm(len(d.phrases)), 0
	}
	d.at++
	return &d.phrases[d.order[d.at-1]]
}
