package prose_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/prose"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func english(extra ...string) string {
	return strings.Join(append([]string{
		"business_name: Harbor Plumbing", "city: Gloucester", "state: MA", "phone: (978) 555-0142",
		"primary_keyword: emergency plumber", "content_language: English",
	}, extra...), "\n")
}

func spanish(extra ...string) string {
	return strings.Join(append([]string{
		"business_name: Harbor Plumbing", "city: Gloucester", "state: MA", "phone: (978) 555-0142",
		"primary_keyword: plomero de emergencia", "content_language: Spanish",
	}, extra...), "\n")
}

func TestPageKeepsToTheRules(t *testing.T) {
	t.Parallel()
	book := prose.NewBook()
	prompts := map[string]func(...string) string{"English": english, "Spanish": spanish}
	for name, prompt := range prompts {
		for _, words := range []int{100, 250, 400, 700, 1500, 3000} {
			t.Run(fmt.Sprintf("%s/%d", name, words), func(t *testing.T) {
				t.Parallel()
				facts := prose.ReadFacts(prompt(fmt.Sprintf("word_count: %d", words), "county: Essex",
					"years_experience: 12", "business_hours: Mon 09:00-17:00", "owner_name: Ana Ruiz",
					"services_list: drain cleaning, water heaters", "forbidden_terms: team, cheap, equipo"))
				for seed := range uint64(12) {
					for _, want := range []int{0, 1, words, 100 * words} {
						requireRules(t, book.Page(facts, seeded(seed), want), facts, words)
					}
				}
			})
		}
	}
}

// requireRules is the quality rules that a page has to pass, written again from their description.
func requireRules(t *testing.T, p prose.Page, facts prose.Facts, words int) {
	t.Helper()
	require.LessOrEqual(t, utf8.RuneCountInString(p.Title), 70, p.Title)
	require.LessOrEqual(t, utf8.RuneCountInString(p.MetaDescription), 160)
	for _, text := range []string{p.Title, p.MetaDescription, p.H1, p.Body, p.CTA} {
		require.NotEmpty(t, text)
	}
	for word := range strings.FieldsSeq(facts["primary_keyword"]) {
		require.Contains(t, strings.ToLower(p.Title), word)
	}
	require.GreaterOrEqual(t, len(p.Sections), 2)
	require.LessOrEqual(t, len(p.Sections), 4)
	content, headings := p.Body, ""
	for _, s := range p.Sections {
		require.NotEmpty(t, s.Heading)
		require.NotEmpty(t, s.Content)
		content += "\n\n" + s.Content
		headings += " " + s.Heading
	}
	require.GreaterOrEqual(t, count(content), (words*7+7)/8)
	require.LessOrEqual(t, count(content+headings), words*5/4)
	require.GreaterOrEqual(t, strings.Count(content, facts["city"]), 2)
	require.Equal(t, 1, strings.Count(p.Body, facts["phone"]))
	all := strings.ToLower(strings.Join([]string{p.Title, p.MetaDescription, p.H1, content, headings, p.CTA}, "\n"))
	require.NotRegexp(t, `[{}<>\[\]$|]|not provided|  `, strings.ReplaceAll(all, " | ", " "))
	require.NotRegexp(t, `\b(team|cheap|equipo)\b`, all)
	own, other := functionWords(all, facts.Spanish())
	require.Greater(t, own, 3*other)
}

func count(s string) int {
	n := 0
	for field := range strings.FieldsSeq(s) {
		if strings.ContainsFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}

func functionWords(text string, spanish bool) (own, other int) {
	en := strings.Fields("the and of in your to for with is you that it from are")
	es := strings.Fields("de la el los las con para su que y en un una por se del")
	counts := map[string]int{}
	for word := range strings.FieldsSeq(text) {
		counts[strings.Trim(word, ".,:;?¿!")]++
	}
	sum := func(words []string) (n int) {
		for _, w := range words {
			n += counts[w]
		}
		return n
	}
	if spanish {
		return sum(es), sum(en)
	}
	return sum(en), sum(es)
}

func TestPage(t *testing.T) {
	t.Parallel()
	book := prose.NewBook()

	t.Run("SameSeedSamePage", func(t *testing.T) {
		t.Parallel()
		facts := prose.ReadFacts(english())
		require.Equal(t, book.Page(facts, seeded(7), 0), book.Page(facts, seeded(7), 0))
		require.NotEqual(t, book.Page(facts, seeded(7), 0), book.Page(facts, seeded(8), 0))
	})
	t.Run("PagesDiffer", func(t *testing.T) {
		t.Parallel()
		facts, bodies := prose.ReadFacts(english()), map[string]bool{}
		for seed := range uint64(200) {
			bodies[book.Page(facts, seeded(seed), 0).Body] = true
		}
		require.Len(t, bodies, 200)
	})
	t.Run("WantedLengthMovesInsideTheRange", func(t *testing.T) {
		t.Parallel()
		facts := prose.ReadFacts(english())
		short, long := 0, 0
		for seed := range uint64(20) {
			short += length(book.Page(facts, seeded(seed), 1))
			long += length(book.Page(facts, seeded(seed), 9000))
		}
		require.Less(t, short+20*50, long)
	})
	t.Run("SpanishHasAccents", func(t *testing.T) {
		t.Parallel()
		page := book.Page(prose.ReadFacts(spanish()), seeded(3), 0)
		require.Regexp(t, `[áéíóúñ]`, page.Body)
	})
	t.Run("ClientsCallToAction", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Book a visit today", book.Page(prose.ReadFacts(english("cta_text: Book a visit today")), seeded(1), 0).CTA)
		require.NotContains(t, book.Page(prose.ReadFacts(english("cta_text: The cheapest!", "forbidden_terms: cheapest")), seeded(1), 0).CTA, "cheapest")
	})
	t.Run("LongNamesAreLeftOutOrCut", func(t *testing.T) {
		t.Parallel()
		keyword := strings.TrimSpace(strings.Repeat("plumbing ", 12))
		page := book.Page(prose.ReadFacts("business_name: "+strings.Repeat("Harbor ", 15), "primary_keyword: "+keyword), seeded(1), 0)
		require.LessOrEqual(t, utf8.RuneCountInString(page.Title), 70)
		require.LessOrEqual(t, utf8.RuneCountInString(page.MetaDescription), 160)
		page = book.Page(prose.ReadFacts("primary_keyword: "+strings.Repeat("x", 90)), seeded(1), 0)
		require.Equal(t, 70, utf8.RuneCountInString(page.Title))
	})
	t.Run("NoFactsAtAll", func(t *testing.T) {
		t.Parallel()
		for _, prompt := range []string{"Write a page.", "content_language: es", "word_count: 20"} {
			page := book.Page(prose.ReadFacts(prompt), seeded(5), 0)
			require.NotEmpty(t, page.Body)
			require.NotContains(t, page.Body, "$")
		}
	})
}

func length(p prose.Page) int {
	n := count(p.Body)
	for _, s := range p.Sections {
		n += count(s.Content)
	}
	return n
}

func TestText(t *testing.T) {
	t.Parallel()
	book := prose.NewBook()
	for _, words := range []int{1, 10, 60, 500, 5000} {
		text := book.Text(prose.ReadFacts(english()), seeded(2), words)
		require.GreaterOrEqual(t, count(text), min(words, words-10))
		require.LessOrEqual(t, count(text), words+30)
		require.NotEmpty(t, text)
	}
	everything := "forbidden_terms: the, and, of, to, a, in, is, you, it, with"
	require.NotEmpty(t, book.Text(prose.ReadFacts(english(everything)), seeded(2), 50))
}

func TestReadFacts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		texts []string
		name  string
		want  string
	}{
		"Line":                   {[]string{"Some text\ncity: Austin\nmore"}, "city", "Austin"},
		"ListItem":               {[]string{"- city: Austin"}, "city", "Austin"},
		"LooseName":              {[]string{"Business name: Harbor"}, "business_name", "Harbor"},
		"ExactBeatsLoose":        {[]string{"City: name it twice\ncity: Austin"}, "city", "Austin"},
		"FactTag":                {[]string{`<fact name="city">Coeur d&#39;Alene</fact>`}, "city", "Coeur d'Alene"},
		"NamedTag":               {[]string{"<city> Austin </city>"}, "city", "Austin"},
		"JSONMember":             {[]string{"{\n  \"city\": \"Austin\",\n"}, "city", "Austin"},
		"FirstTextWins":          {[]string{"city: Austin", "city: Dallas"}, "city", "Austin"},
		"NotProvided":            {[]string{"county: (not provided)"}, "county", ""},
		"UnknownName":            {[]string{"note: hello"}, "note", ""},
		"Markup":                 {[]string{"business_name: <b>{Harbor}</b> [x]"}, "business_name", "bHarbor/b x"},
		"KeywordAlias":           {[]string{"keyword: drain cleaning"}, "primary_keyword", "drain cleaning"},
		"SpanishKeyword":         {[]string{"content_language: Español\nprimary_keyword: plumber\nprimary_keyword_es: plomero"}, "primary_keyword", "plomero"},
		"WordsFromProse":         {[]string{"Write about 650 words."}, "word_count", "650"},
		"WordCountBeatsProse":    {[]string{"Write about 650 words.\nword_count: 300"}, "word_count", "300"},
		"DefaultBusiness":        {[]string{""}, "business_name", "our team"},
		"DefaultSpanishBusiness": {[]string{"keyword_language: es"}, "business_name", "nuestro equipo"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, prose.ReadFacts(test.texts...)[test.name])
		})
	}
	require.Equal(t, 400, prose.ReadFacts("").Words())
	require.Equal(t, 20, prose.ReadFacts("word_count: 3").Words())
	require.Equal(t, 20_000, prose.ReadFacts("word_count: 99999999").Words())
	require.Equal(t, 400, prose.ReadFacts("word_count: many").Words())
}

func TestScaleAsksForMoreWords(t *testing.T) {
	t.Parallel()
	facts := prose.ReadFacts("word_count: 500")
	facts.Scale(1.5)
	require.Equal(t, 750, facts.Words())
	facts = prose.ReadFacts("nothing")
	facts.Scale(0.5)
	require.Equal(t, 200, facts.Words())
}
