package claudesim

import "unicode/utf8"

// The estimate: 2.5 Unicode characters per token, which is what the tokenizer of the 5.x models gives for
// running text.
const (
	perRequest = 8
	perMessage = 4
	// formatPrompt is what the service adds to a request with structured output, besides the schema.
	formatPrompt = 180
	// mostOverhead keeps the estimate within half the bytes of the prompt plus 1,000, which clients reserve.
	mostOverhead = 1000
)

// textTokens estimates the tokens of a text, rounded up.
func textTokens(s string) int64 { return runeTokens(utf8.RuneCountInString(s)) }

func runeTokens(runes int) int64 { return (int64(runes)*2 + 4) / 5 }

// tokenRunes is how many characters a number of tokens holds at most.
func tokenRunes(tokens int64) int { return int(tokens * 5 / 2) }

// promptTokens estimates a whole prompt; it never exceeds half the bytes of its text, rounded up, plus 1,000.
func (q *request) promptTokens() int64 {
	bytes, tokens := 0, int64(perRequest)
	for _, text := range q.texts {
		bytes += len(text)
		tokens += textTokens(text)
	}
	tokens += perMessage*int64(q.messages) + q.formatTokens() + q.toolTokens()
	return min(tokens, int64(bytes+1)/2+mostOverhead)
}

// formatTokens is what structured output adds.
func (q *request) formatTokens() int64 {
	if q.schemaText == nil {
		return 0
	}
	return formatPrompt + runeTokens(utf8.RuneCount(q.schemaText))
}

func (q *request) toolTokens() int64 { return runeTokens(utf8.RuneCount(q.toolsText)) }
