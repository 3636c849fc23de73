package claudemodel

import "strings"

// How many bytes in a row a text may have in common with a secret. Error messages of the provider can quote the
// request, though they rarely do.
const (
	sharedPrompt = 12
	sharedKey    = 6
)

// hidden stands for what was taken out of a text.
const hidden = "[...]"

// maxScreened bounds the text that is looked at in bytes: the rest would be cut from the message anyway.
const maxScreened = 400

// withhold replaces every run of at least n bytes that text shares with the secret. A secret that is shorter is a run as
// a whole, unless it is so short that any text has it.
func withhold(text, secret string, n int) string {
	const telling = 4
	n = min(n, len(secret))
	if n < telling {
		return text
	}
	var kept strings.Builder
	for start := 0; start < len(text); {
		end := start + n
		if end > len(text) || !strings.Contains(secret, text[start:end]) {
			kept.WriteByte(text[start])
			start++
			continue
		}
		for end < len(text) && strings.Contains(secret, text[start:end+1]) {
			end++
		}
		kept.WriteString(hidden)
		start = end
	}
	return kept.String()
}
