package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:generate go run ../../apps/internal/slugtable -out slug_table.go

// ToSlug makes the part of a URL path that stands for a text: lower-case ASCII letters and digits in groups joined by
// one "-". Letters with accents lose them; what has no ASCII form is left out. The result is empty when nothing is
// left. ToSlug of a slug is the slug.
func ToSlug(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		c := slugByte(r)
		switch {
		case c == 0:
		case c == '-':
			gap = true
		default:
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteByte(c)
		}
	}
	return b.String()
}

// slugByte is what a character becomes in a slug: a letter, a digit, '-' for what separates, or 0 for nothing.
func slugByte(r rune) byte {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return byte(r)
	case r >= 'A' && r <= 'Z':
		return byte(r) - 'A' + 'a'
	case r == '-', r == '_', isSpace(r):
		return '-'
	}
	return slugLetters[r]
}

// ToCityStateSlug is the slug of a city in a state, for example san-jose-ca.
func ToCityStateSlug(city, state string) string {
	return ToSlug(city) + "-" + ToSlug(state)
}

// Fold returns the text as comparisons that ignore case and accents see it: lower case, without accents, typographic
// apostrophes as plain ones, each run of white space one blank.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		switch {
		case isSpace(r):
			blank = b.Len() > 0
			continue
		case r >= 0x300 && r <= 0x36f:
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(foldRune(r))
	}
	return b.String()
}

func foldRune(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r - 'A' + 'a'
	case r < utf8.RuneSelf:
		return r
	}
	if r == '’' || r == '‘' {
		return '\''
	}
	if letter := slugLetters[r]; letter != 0 {
		return rune(letter)
	}
	return unicode.ToLower(r)
}

// ReservedSlugs lists the path parts that no record may take.
func ReservedSlugs() []string { return []string{"es", "blog", "api", "admin"} }

const maxSlug = 200

// slug checks a record's slug; an empty one is made from source by the fallback.
func (k *checker) slug(path string, slug *string, fallback, source string) {
	*slug = trim(*slug)
	given := *slug != ""
	if !given {
		*slug = fallback
	}
	switch {
	case source == "" && !given:
		*slug = ""
	case *slug == "" || strings.HasPrefix(*slug, "-") && !given || strings.HasSuffix(*slug, "-") && !given:
		*slug = ""
		k.add(path, "%s has no letters or digits that a path can have; write a slug", shown(source))
	case ToSlug(*slug) != *slug:
		k.add(path, "%s is no slug; write %s", shown(*slug), shown(ToSlug(*slug))).
			plainly("this value is no slug; write lower-case letters and digits in groups joined by one -")
	case len(*slug) > maxSlug:
		k.add(path, "%d characters; write a slug of at most %d", len(*slug), maxSlug).as(CodeTooLong)
	case reserved(*slug):
		k.add(path, "%s is reserved; write another slug", shown(*slug)).as(CodeReserved)
	}
}

func reserved(slug string) bool {
	for _, word := range ReservedSlugs() {
		if slug == word {
			return true
		}
	}
	return false
}

// defaultID is the name as an id: cut and told apart by a hash where it is too long.
func defaultID(name string) string {
	if len(name) <= maxIDSize {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxIDSize-9] + "-" + hex.EncodeToString(sum[:4])
}
