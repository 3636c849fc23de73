package canary

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The canaries. None of their parts stands in any text of the program.
const (
	key      = "sk-ant-api03-C4n4ryK3yZq8w7x6v5u4"
	oldKey   = "sk-ant-api03-Pl0verK3yJm2n3b4v5c6"
	phone    = "(401) 555-0177"
	email    = "wombat.owner@hidden-burrow.example"
	tagline  = "Quokka lanterns simmer behind velvet thresholds"
	audience = "Numbat gardeners who whistle beneath copper umbrellas"
	answer   = "Bandicoot verses gallop across marmalade balconies"
)

// pieces are what of each canary must not be seen: any so many bytes in a row of it.
func pieces() map[string][]string {
	return map[string][]string{
		"key": windows(key[len("sk-ant-api03-"):], 8), "old key": windows(oldKey[len("sk-ant-api03-"):], 8),
		"phone":   {phone, "4015550177", "401-555-0177", "555-0177"},
		"email":   {email, "wombat.owner", "hidden-burrow"},
		"tagline": windows(tagline, 14), "audience": windows(audience, 14), "answer": windows(answer, 14),
	}
}

func windows(text string, n int) (list []string) {
	for i := range len(text) - n + 1 {
		list = append(list, text[i:i+n])
	}
	return list
}

// whole are the canaries as they were put in, to look for in the forms that change all of their letters.
var whole = []string{key, oldKey, phone, email, tagline, audience, answer}

// forms are all texts to look for, in lower case, by what each would give away.
var forms = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for name, list := range pieces() {
		for _, piece := range list {
			all[name] = append(all[name], strings.ToLower(piece))
		}
	}
	for _, w := range whole {
		for _, encoded := range []string{inner(base64.StdEncoding.EncodeToString([]byte(w))), hex.EncodeToString([]byte(w)), url.QueryEscape(w)} {
			all["encoded "+w] = append(all["encoded "+w], strings.ToLower(encoded))
		}
	}
	return all
})

// leaks names what a text gives away.
func leaks(text string) (found []string) {
	text = strings.ToLower(text)
	for name, list := range forms() {
		if slices.ContainsFunc(list, func(form string) bool { return strings.Contains(text, form) }) {
			found = append(found, name)
		}
	}
	return found
}

// inner is the part of an encoded text that does not depend on what follows it.
func inner(encoded string) string { return encoded[:len(encoded)/4*4-4] }

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	for _, w := range whole {
		for _, text := range []string{
			w, "before " + w + " after", strings.ToUpper(w), `{"detail":"` + w[4:] + `"}`, hex.EncodeToString([]byte(w)), url.QueryEscape(w),
			base64.StdEncoding.EncodeToString([]byte(w + "more")),
		} {
			require.NotEmpty(t, leaks(text), text)
		}
	}
	require.Empty(t, leaks(`{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"job.paused","tenant":"corner-bakery","detail":"key [redacted]"}`))
}
