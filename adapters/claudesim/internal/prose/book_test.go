package prose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The phrase book is data that only this package can see; these tests hold it to its own rules.

func TestBookIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]*phraseText{"english": &englishPhrases, "spanish": &spanishPhrases} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			sentences := append(append([]string{}, text.common...), text.intros...)
			for _, topic := range text.topics {
				require.GreaterOrEqual(t, len(topic.headings), 3)
				require.True(t, hasCity(topic.sentences), topic.headings[0])
				sentences = append(sentences, topic.sentences...)
			}
			for _, s := range sentences {
				require.False(t, seen[s], s)
				seen[s] = true
				require.True(t, strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?"), s)
				require.Equal(t, strings.Count(s, "["), strings.Count(s, "]"), s)
			}
			for _, s := range append(append([]string{}, text.intros...), text.phones...) {
				require.Regexp(t, `\$(city|phone)`, s)
			}
		})
	}
}

// hasCity asks for a sentence that needs nothing but the city, which every page has.
func hasCity(sentences []string) bool {
	for _, p := range local(parsePhrases(sentences)) {
		if len(p.needs) == 1 {
			return true
		}
	}
	return false
}

func TestParsePhraseRefusesUnknownFacts(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, "prose: phrase names an unknown fact $planet", func() { parsePhrase("Hello $planet.") })
}

func TestContainsTerm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, term string
		want       bool
	}{
		{"the cheap one", "cheap", true},
		{"the cheapest one", "cheap", false},
		{"cheap", "cheap", true},
		{"uncheap cheap", "cheap", true},
		{"no 1 in town", "no 1", true},
		{"", "cheap", false},
		{fold("El más BARATO"), fold("mas barato"), true},
	}
	for _, test := range tests {
		require.Equal(t, test.want, containsTerm(test.text, test.term), "%q in %q", test.term, test.text)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	require.Equal(t, "one two", cut("one two", 7))
	require.Equal(t, "one two", cut("one two three", 9))
	require.Equal(t, "one two", cut("one two, three", 8))
	require.Equal(t, "añe", cut("añejado", 3))
	require.Equal(t, "", upperFirst(""))
}
