package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Shown is a value as problems show it, in quotes. Keys end up in the wrong variable now and then: what looks like one, and an
// address with a name or a password in it, is told by its length alone.
func Shown(value string) string {
	if secret(value) {
		return hidden(value)
	}
	return strconv.Quote(value)
}

func hidden(value string) string {
	return fmt.Sprintf("(%d bytes, not shown: they may be a secret)", len(value))
}

// claudeKey is in every key for Claude.
const claudeKey = "sk-ant-"

// marks are how other keys and tokens begin: ours, and well-known ones.
func marks() []string {
	return []string{"sk-", "mbt_", "mbs_", "whsec_", "AKIA", "ASIA", "AIza", "ya29", "ghp_", "github_pat_", "xoxb-", "xoxp-", "eyJ"}
}

// secret reports whether a text may be a key, or has one in it.
func secret(value string) bool {
	signedIn := strings.Contains(value, "@") && strings.ContainsAny(value, ":/") // an e-mail address has neither
	asked := strings.Contains(value, "://") && strings.ContainsAny(value, "?#")
	if signedIn || asked || strings.Contains(value, claudeKey) || strings.Contains(value, "-----BEGIN") {
		return true
	}
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return !ofKey(r) }) {
		for _, mark := range marks() {
			if strings.HasPrefix(word, mark) {
				return true
			}
		}
		if slices.ContainsFunc(strings.Split(word, "-"), random) { // names that AWS makes up have dashes
			return true
		}
	}
	return false
}

func ofKey(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-+=", r)
}

// leastRandom is how long a word is, in bytes, that is taken for a key when it has letters of both cases and digits.
const leastRandom = 32

func random(word string) bool {
	return len(word) >= leastRandom && strings.ContainsAny(word, "0123456789") && strings.ToUpper(word) != word && strings.ToLower(word) != word
}

// shownAddress is Shown for what should be an address: what could be more than scheme, host and path is not shown.
func shownAddress(value string) string {
	if strings.ContainsAny(value, "@?#") {
		return hidden(value)
	}
	return Shown(value)
}

// place is an address without what may be secret in it.
func place(u *url.URL) string { return strconv.Quote(u.Scheme + "://" + u.Host) }

// maxParameterName is the longest name of an SSM parameter.
const maxParameterName = 1011

// IsParameterName reports whether a text is the full name of an SSM parameter: words of letters, digits, dots, dashes and
// underscores, each after a slash. No other is shown, or sent: it may be the key itself.
func IsParameterName(text string) bool {
	words := strings.Split(text, "/")
	if len(text) > maxParameterName || len(words) < 2 || words[0] != "" || strings.Contains(text, claudeKey) {
		return false
	}
	for _, word := range words[1:] {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r != '.' && (!ofKey(r) || r == '+' || r == '=') }) {
			return false
		}
	}
	return true
}
