package pages

import "strings"

// leakLine is how much of a line of the rules, in bytes, an answer must repeat to be one that gives them away.
const leakLine = 48

// checkLeak flags an answer that has what no page has: a key or a token of some system, or the rules that it was written by.
// The page is kept, since a text may have what looks like one, and a person looks at it.
func (j *judge) checkLeak() {
	for _, text := range j.content.texts() {
		if hasKey(text) || repeatsRules(text) {
			j.flag(FlagLeak)
			return
		}
	}
}

// hasKey finds how well-known keys begin, ours among them, with enough after it to be one.
func hasKey(text string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/="
	for _, mark := range []string{"sk-ant-", "mbt_", "mbs_", "whsec_", "AKIA", "ASIA", "AIza", "ya29.", "ghp_", "xoxb-", "eyJhbGci"} {
		for rest := text; ; {
			_, after, found := strings.Cut(rest, mark)
			if !found {
				break
			}
			if len(after)-len(strings.TrimLeft(after, letters)) >= 12 {
				return true
			}
			rest = after
		}
	}
	return strings.Contains(text, "-----BEGIN ")
}

// repeatsRules reports whether the text has the beginning of a line of the rules in it.
func repeatsRules(text string) bool {
	for line := range strings.Lines(baseSystem) {
		line = strings.TrimSpace(strings.TrimLeft(line, "- "))
		if len(line) >= leakLine && strings.Contains(text, line[:leakLine]) {
			return true
		}
	}
	return false
}
