package catalog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxURL    = 2048
	maxEmail  = 254
	maxIDSize = 64
)

func (k *checker) phone(path string, s *string) {
	if !k.line(path, s, optional, 7, 50) {
		return
	}
	digits := 0
	for _, r := range *s {
		if r >= '0' && r <= '9' {
			digits++
		} else if !strings.ContainsRune("+-() .", r) {
			k.add(path, "%s has characters that a phone number has not; use digits, + - ( ) . and blanks", shown(*s))
			return
		}
	}
	if digits < 7 {
		k.add(path, "%s has %d digits; a phone number has at least 7", shown(*s), digits).as(CodeTooShort)
	}
}

func (k *checker) email(path string, s *string) {
	if k.line(path, s, optional, 1, maxEmail) && !validEmail(*s) {
		k.add(path, "%s is no e-mail address; write it as name@example.com", shown(*s))
	}
}

// validEmail accepts what mail programs accept in practice: one "@", no blanks, a domain with a dot.
func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || strings.ContainsAny(s, " \"(),:;<>[]\\") || strings.Contains(domain, "@") {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return len(labels) > 1 && !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".")
}

func (k *checker) url(path string, s *string) {
	if !k.line(path, s, optional, 1, maxURL) {
		return
	}
	if len(*s) > maxURL {
		k.add(path, "%d bytes; shorten the address to at most %d", len(*s), maxURL).as(CodeTooLong)
		return
	}
	u, err := url.Parse(*s)
	switch {
	case err != nil || !validHost(u) || strings.Contains(*s, " "):
		k.add(path, "%s is no web address; write it in full, as https://example.com/page", shown(*s))
	case u.Scheme != "http" && u.Scheme != "https":
		k.add(path, "%s has the scheme %s; only http and https addresses are allowed", shown(*s), u.Scheme).plainly("only http and https addresses are allowed")
	case u.User != nil:
		k.add(path, "the address has a user name or password in it; remove it")
	}
}

// validHost reports whether the host of an address can be one: no label of its name is empty, and its port, if it has one, is 1 to 65535.
func validHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return !slices.Contains(strings.Split(u.Hostname(), "."), "")
}

// place checks city, state and country of an area or a location.
func (k *checker) place(path string, city, state, country *string, fallback string) {
	k.country(path+"/country", country, fallback)
	k.city(path+"/city", city, required)
	k.state(path+"/state", state, required, *country)
}

func (k *checker) city(path string, s *string, n need) {
	if !k.line(path, s, n, 1, 100) {
		return
	}
	for _, r := range *s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" '-.", r) {
			k.add(path, "%s has the character %s; a city has letters, blanks, ' - and . only", shown(*s), shown(string(r))).
				plainly("a city has letters, blanks, ' - and . only")
			return
		}
	}
}

// requiredID checks an id that has no default.
func (k *checker) requiredID(path, id string) {
	if id == "" {
		k.add(path, "missing; choose a short name of letters, digits, - and _, and never change it").as(CodeRequired)
		return
	}
	k.id(path, &id, "")
}

// id checks a record's id; an empty one becomes the default.
func (k *checker) id(path string, id *string, fallback string) {
	if *id == "" {
		*id = defaultID(fallback)
		return
	}
	if !ValidID(*id) {
		k.add(path, "%s is no valid id; begin with a letter or digit, then use letters, digits, - and _, at most %d", shown(*id), maxIDSize)
	}
}

// ValidID reports whether s can be the id of a business or a record: ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$.
func ValidID(s string) bool {
	if s == "" || len(s) > maxIDSize || s[0] == '-' || s[0] == '_' {
		return false
	}
	for _, r := range s {
		if r >= utf8.RuneSelf || r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
