package schema

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression that samples can be drawn from.
type pattern struct {
	tree *syntax.Regexp
}

var errPattern = errors.New("schema: pattern cannot be sampled")

// mostRepeats is how often a starred part is repeated at most, beyond its minimum.
const mostRepeats = 3

// parsePattern refuses what a sample cannot be drawn from for certain: word boundaries, anchors in the
// middle, empty classes.
func parsePattern(text string) (*pattern, error) {
	matcher, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	p := &pattern{tree: tree}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		if !matcher.MatchString(p.sample(rng)) {
			return nil, errPattern
		}
	}
	return p, nil
}

func (p *pattern) sample(rng *rand.Rand) string {
	var b strings.Builder
	sampleNode(&b, p.tree, rng)
	return b.String()
}

func sampleNode(b *strings.Builder, re *syntax.Regexp, rng *rand.Rand) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(sampleClass(re.Rune, rng))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte('a' + rng.IntN(26)))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			sampleNode(b, sub, rng)
		}
	case syntax.OpAlternate:
		sampleNode(b, re.Sub[rng.IntN(len(re.Sub))], rng)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		for range repeats(re, rng) {
			sampleNode(b, re.Sub[0], rng)
		}
	}
}

func repeats(re *syntax.Regexp, rng *rand.Rand) int {
	least, most := re.Min, re.Max
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		least, most = 1, -1
	case syntax.OpQuest:
		least, most = 0, 1
	}
	if most < 0 || most > least+mostRepeats {
		most = least + mostRepeats
	}
	return least + rng.IntN(most-least+1)
}

// sampleClass prefers printable ASCII, which is what a reader expects of a class such as [^,].
func sampleClass(ranges []rune, rng *rand.Rand) rune {
	var plain []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := max(ranges[i], '!'); r <= min(ranges[i+1], '~'); r++ {
			plain = append(plain, r)
		}
	}
	switch {
	case len(plain) > 0:
		return plain[rng.IntN(len(plain))]
	case len(ranges) > 0:
		return ranges[0]
	}
	return 'a'
}
