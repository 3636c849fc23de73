package prose

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Facts are what a prompt says about the page it asks for, by variable name (business_name, city, ...).
// Values are single lines of plain text: markup, braces and brackets are taken out.
type Facts map[string]string

// Names of the facts that the writer treats specially. All others are only inserted where a phrase names them.
const (
	factBusiness  = "business_name"
	factCity      = "city"
	factKeyword   = "primary_keyword"
	factPhone     = "phone"
	factCall      = "cta_text"
	factForbidden = "forbidden_terms"
	factWords     = "word_count"
	factLanguage  = "content_language"
)

const (
	defaultWords = 400
	leastWords   = 20
	mostWords    = 20_000
	// longestFact keeps an optional list (all services of a business, say) from filling a sentence of its own.
	longestFact = 120
)

// known is every variable a prompt may carry. Other "name: value" lines are prose, not facts.
var known = func() map[string]bool {
	names := strings.Fields(`business_name city state phone industry industry_type website email gbp_url tagline
		year_established years_experience owner_name target_audience languages voice_tone tone cta_text
		forbidden_terms service_type page_type word_count primary_keyword primary_keyword_es keyword_language
		content_language search_intent primary_service primary_service_es services_list county street_address
		postal_code keyword differentiators business_hours location_name location_status nearest_location_name
		location_address location_phone location_maps_url location_order_link`)
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}()

var (
	factTag  = regexp.MustCompile(`<(?:\w+\s+name="([A-Za-z0-9_.]+)"|([a-z][a-z0-9_]*))\s*>([^<]*)</`)
	wordsAsk = regexp.MustCompile(`(?i)\b(\d{2,5})[ -](?:words?|palabras)\b`)
)

// ReadFacts finds facts in the texts of a prompt: <fact name="name">value</fact> or <name>value</name>, then
// lines "name: value", then lines "Business name: value"; lines may be list items or members of a JSON object.
// The first mention of a name wins, so pass the most specific text first. "(not provided)" and empty values
// are left out.
func ReadFacts(texts ...string) Facts {
	f := make(Facts, 24)
	for _, text := range texts {
		for _, m := range factTag.FindAllStringSubmatch(text, -1) {
			f.add(m[1]+m[2], html.UnescapeString(m[3]))
		}
		f.addLines(text, isExactName)
		f.addLines(text, isLooseName)
	}
	f.addWords(texts)
	f.addDefaults()
	return f
}

// addLines reads the lines "name: value" whose name has the given form.
func (f Facts) addLines(text string, isName func(string) bool) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, bullet := range []string{"- ", "* "} {
			line = strings.TrimPrefix(line, bullet)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isName(name) {
			continue
		}
		if value = strings.TrimSpace(value); strings.HasPrefix(value, `"`) {
			value = strings.TrimSuffix(value, ",")
		}
		f.add(name, value)
	}
}

func isExactName(name string) bool { return known[name] }

// isLooseName is a name as people write it: Business name, CITY, "phone".
func isLooseName(name string) bool { return known[canonical(name)] }

func canonical(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Trim(name, ` "*`)), " ", "_")
}

func (f Facts) add(name, value string) {
	name = canonical(name)
	value = clean(value)
	if !known[name] || value == "" || strings.EqualFold(value, "(not provided)") || f[name] != "" {
		return
	}
	f[name] = value
}

// addWords reads "about 500 words" from prose when no word_count was given.
func (f Facts) addWords(texts []string) {
	if f[factWords] != "" {
		return
	}
	for _, text := range texts {
		if m := wordsAsk.FindStringSubmatch(text); m != nil {
			f.add(factWords, m[1])
		}
	}
}

// addDefaults names what every page needs, so that a prompt without facts still gets a readable page.
func (f Facts) addDefaults() {
	if f[factKeyword] == "" {
		f.add(factKeyword, f["keyword"])
	}
	if f.Spanish() {
		if es := f["primary_keyword_es"]; es != "" {
			f[factKeyword] = es
		}
		f.add(factBusiness, "nuestro equipo")
		f.add(factCity, "su zona")
		f.add(factKeyword, "ayuda local")
		return
	}
	f.add(factBusiness, "our team")
	f.add(factCity, "your area")
	f.add(factKeyword, "local help")
}

// Spanish tells whether the page is to be written in Spanish; every other language is written in English.
func (f Facts) Spanish() bool {
	language := f[factLanguage]
	if language == "" {
		language = f["keyword_language"]
	}
	switch fold(language) {
	case "spanish", "espanol", "es":
		return true
	}
	return false
}

// Words is the word count asked for, 20 to 20,000; 400 when the prompt says nothing.
func (f Facts) Words() int {
	n, err := strconv.Atoi(f[factWords])
	if err != nil {
		return defaultWords
	}
	return min(max(n, leastWords), mostWords)
}

// Scale asks for so many times the words that are asked for.
func (f Facts) Scale(factor float64) {
	f[factWords] = strconv.Itoa(int(math.Round(float64(f.Words()) * factor)))
}

// avoided lists the forbidden terms, folded.
func (f Facts) avoided() []string {
	var terms []string
	for term := range strings.SplitSeq(f[factForbidden], ",") {
		if term = strings.TrimSpace(fold(term)); term != "" {
			terms = append(terms, term)
		}
	}
	return terms
}

var unsafe = strings.NewReplacer("{", "", "}", "", "[", "", "]", "", "<", "", ">", "", "`", "", "\"", "")

func clean(value string) string {
	return strings.Join(strings.Fields(unsafe.Replace(value)), " ")
}
