package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checker applies rules to values in place and collects what is wrong.
type checker struct{ problems Problems }

// need says whether a value must be there.
type need bool

const (
	required need = true
	optional need = false
)

// add notes a problem. What it returns is good until the next one.
func (k *checker) add(path, format string, args ...any) *Problem {
	k.problems = append(k.problems, problem(path, format, args...))
	return &k.problems[len(k.problems)-1]
}

func (k *checker) missing(path string) { k.add(path, "missing; fill it in").as(CodeRequired) }

// limit refuses a list that is too long.
func (k *checker) limit(path string, n, most int) {
	if n > most {
		k.add(path, "%d entries; keep at most %d", n, most).as(CodeTooMany)
	}
}

// line cleans a single-line text and checks its length in characters. It reports whether there is a good value.
func (k *checker) line(path string, s *string, n need, least, most int) bool {
	if !k.characters(path, *s) {
		return false
	}
	*s = collapse(*s)
	return k.length(path, *s, n, least, most)
}

// text cleans a text that may have several lines.
func (k *checker) text(path string, s *string, n need, most int) bool {
	if !k.characters(path, *s) {
		return false
	}
	*s = trim(*s)
	return k.length(path, *s, n, 1, most)
}

func (k *checker) length(path, s string, n need, least, most int) bool {
	switch count := utf8.RuneCountInString(s); {
	case count == 0 && n == optional:
		return false
	case count == 0:
		k.missing(path)
	case count < least:
		k.add(path, "%s is too short; write at least %d characters", shown(s), least).as(CodeTooShort)
	case count > most:
		k.add(path, "%d characters; shorten it to at most %d", count, most).as(CodeTooLong)
	default:
		return true
	}
	return false
}

// characters refuses text that no store and no page should hold.
func (k *checker) characters(path, s string) bool {
	if fault := BadText(s); fault != "" {
		k.add(path, "%s", fault)
		return false
	}
	return true
}

// choice checks a value of a closed list; an empty one becomes the fallback.
func (k *checker) choice(path string, s *string, fallback string, allowed ...string) {
	*s = trim(*s)
	if *s == "" {
		*s = fallback
		return
	}
	if !slices.Contains(allowed, *s) {
		k.add(path, "%s is not allowed here; use one of %s", shown(*s), strings.Join(allowed, ", ")).as(CodeNotAllowed)
	}
}

// number checks an integer that may be absent.
func (k *checker) number(path string, n *int, least, most int) {
	if n != nil && (*n < least || *n > most) {
		k.add(path, "%v is out of range; use a whole number from %d to %d", written(strconv.Itoa(*n)), least, most).as(CodeOutOfRange)
	}
}

// degrees checks a coordinate that may be absent. The comparison is written so that NaN fails.
func (k *checker) degrees(path string, d *float64, most float64) {
	if d != nil && !(*d >= -most && *d <= most) {
		k.add(path, "%v is out of range; use degrees from %v to %v", written(fmt.Sprint(*d)), -most, most).as(CodeOutOfRange)
	}
}

// list checks single-line items that must differ when case is ignored.
func (k *checker) list(path string, items *[]string, mostItems, mostLength int) {
	k.limit(path, len(*items), mostItems)
	seen := k.unique("entry")
	for i := range *items {
		here := at(path, i)
		if k.line(here, &(*items)[i], required, 1, mostLength) {
			seen.claim(here, FoldCase((*items)[i]))
		}
	}
	*items = orNil(*items)
}

// claims finds values that are there twice.
type claims struct {
	k     *checker
	what  string
	paths map[string]string
}

func (k *checker) unique(what string) *claims {
	return &claims{k: k, what: what, paths: map[string]string{}}
}

// claim takes a value for the path and reports whether it was free; an empty value is nobody's.
func (c *claims) claim(path, value string) bool {
	if value == "" {
		return true
	}
	if first, taken := c.paths[value]; taken {
		c.k.add(path, "%s %s is taken by %s; change or remove one of the two", c.what, shown(value), first).
			as(CodeDuplicate).against(first).plainly("another entry has this " + c.what + " already; choose another one or remove one of the two")
		return false
	}
	c.paths[value] = path
	return true
}

func (c *claims) taken(value string) bool { return c.paths[value] != "" }

// identify checks or makes a record's id. An id made from a slug that is taken is taken too, which needs no second problem.
func (c *claims) identify(path string, id *string, fallback string, free bool) {
	given := *id != ""
	c.k.id(path, id, fallback)
	if given || free {
		c.claim(path, *id)
	}
}

// orNil makes an empty list nil, so that equal catalogs are equal values.
func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
