package prose

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// phrase is one sentence with slots. As text, $name is a fact and [one|two] a free choice.
type phrase struct {
	parts []part
	needs []string
}

// part is a literal, a fact, or a choice between phrases; exactly one is set.
type part struct {
	literal string
	fact    string
	choices []phrase
}

// shortNames are the names of facts in phrases.
var shortNames = map[string]string{
	"business": factBusiness, "city": factCity, "state": "state", "phone": factPhone, "keyword": factKeyword,
	"Keyword": factKeyword, "county": "county", "years": "years_experience", "since": "year_established",
	"service": "primary_service", "services": "services_list", "owner": "owner_name", "hours": "business_hours",
	"tagline": "tagline", "audience": "target_audience", "store": "nearest_location_name", "cta": factCall,
	"strength": "differentiators",
}

func parsePhrases(texts []string) []phrase {
	phrases := make([]phrase, len(texts))
	for i, text := range texts {
		phrases[i] = parsePhrase(text)
	}
	return phrases
}

// parsePhrase panics on a phrase that is not well formed: the phrase book is part of the program.
func parsePhrase(text string) phrase {
	var p phrase
	for text != "" {
		switch text[0] {
		case '[':
			end := strings.IndexByte(text, ']')
			p.addChoice(text[1:end])
			text = text[end+1:]
		case '$':
			end := 1
			for end < len(text) && (text[end]|0x20) >= 'a' && (text[end]|0x20) <= 'z' {
				end++
			}
			p.addFact(text[1:end])
			text = text[end:]
		default:
			end := strings.IndexAny(text, "[$")
			if end < 0 {
				end = len(text)
			}
			p.parts = append(p.parts, part{literal: text[:end]})
			text = text[end:]
		}
	}
	return p
}

func (p *phrase) addFact(name string) {
	if shortNames[name] == "" {
		panic("prose: phrase names an unknown fact $" + name)
	}
	p.parts = append(p.parts, part{fact: name})
	p.need(shortNames[name])
}

func (p *phrase) addChoice(options string) {
	choice := part{}
	for option := range strings.SplitSeq(options, "|") {
		o := parsePhrase(option)
		choice.choices = append(choice.choices, o)
		for _, name := range o.needs {
			p.need(name)
		}
	}
	p.parts = append(p.parts, choice)
}

func (p *phrase) need(fact string) {
	if !slices.Contains(p.needs, fact) {
		p.needs = append(p.needs, fact)
	}
}

// render writes the phrase; title is how a language writes $Keyword in titles.
func (p *phrase) render(b *strings.Builder, f Facts, rng *rand.Rand, title func(string) string) {
	for i := range p.parts {
		switch part := &p.parts[i]; {
		case part.fact == "Keyword":
			b.WriteString(title(f[factKeyword]))
		case part.fact != "":
			b.WriteString(f[shortNames[part.fact]])
		case part.choices != nil:
			part.choices[rng.IntN(len(part.choices))].render(b, f, rng, title)
		default:
			b.WriteString(part.literal)
		}
	}
}

// usable tells whether every fact of the phrase is known and short enough for a sentence.
func (p *phrase) usable(f Facts) bool {
	for _, name := range p.needs {
		if value := f[name]; value == "" || (len(value) > longestFact && name != factCall) {
			return false
		}
	}
	return true
}
