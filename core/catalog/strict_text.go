package catalog

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads a text in double quotes. A lone surrogate becomes U+FFFD, which no field accepts.
func (p *parser) quoted() (string, *Problem) {
	start := p.pos + 1
	for p.pos++; p.pos < len(p.data); p.pos++ {
		switch c := p.data[p.pos]; {
		case c == '"':
			raw := p.data[start:p.pos]
			p.pos++
			return p.unescape(raw)
		case c == '\\':
			p.pos++
		case c < ' ':
			return "", p.fail("a line break or control character inside quotes; write it as an escape such as \\n")
		}
	}
	p.pos = start - 1
	return "", p.fail("the text that begins here is never closed with a double quote")
}

func (p *parser) unescape(raw []byte) (string, *Problem) {
	text := string(raw)
	if strings.IndexByte(text, '\\') < 0 {
		return text, nil
	}
	var b strings.Builder
	for text != "" {
		plain, rest, escaped := strings.Cut(text, `\`)
		b.WriteString(plain)
		if !escaped {
			break
		}
		r, used := unescapeOne(rest)
		if used == 0 {
			return "", p.fail("an escape that JSON does not have before here")
		}
		b.WriteRune(r)
		text = rest[used:]
	}
	return b.String(), nil
}

// unescapeOne reads what follows a backslash and says how many bytes it took, 0 when it is no escape. Something does
// follow: the quote that ends a text has no backslash before it.
func unescapeOne(s string) (r rune, used int) {
	if i := strings.IndexByte(`"\/bfnrt`, s[0]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 1
	}
	high, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if high < 0xd800 || high > 0xdfff {
		return high, 5
	}
	if high < 0xdc00 && len(s) > 6 && s[5] == '\\' {
		if low, ok := hex4(s[6:]); ok && low >= 0xdc00 && low <= 0xdfff {
			return 0x10000 + (high-0xd800)<<10 + (low - 0xdc00), 11
		}
	}
	return utf8.RuneError, 5
}

// hex4 reads uXXXX.
func hex4(s string) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:5], 16, 32)
	return rune(n), err == nil
}
