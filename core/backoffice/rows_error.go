package backoffice

import (
	"slices"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Duplicate is the error of an entry that another one stands in the way of. It is fault.Conflict.
type Duplicate struct {
	// Problems name the members that are taken.
	Problems catalog.Problems
	// ID is the entry that has them, where it is known.
	ID string
}

// Error is the first problem.
func (d *Duplicate) Error() string { return d.Problems.Error() }

// Unwrap makes errors.Is(err, fault.Conflict) true.
func (d *Duplicate) Unwrap() error { return fault.Conflict }

// plain is a problem as an answer may say it: at a path of the caller's own, without any of the values.
func plain(p catalog.Problem, path string) catalog.Problem {
	told := catalog.Problem{Path: path, Code: p.Code, Message: p.Message}
	if p.Plain != "" {
		told.Message = p.Plain
	}
	if told.Code == "" {
		told.Code = catalog.CodeInvalid
	}
	return told
}

// below is the rest of a path that begins with base.
func below(path, base string) (rest string, is bool) {
	rest, is = strings.CutPrefix(path, base)
	return rest, is && (rest == "" || rest[0] == '/')
}

// relative are the problems below base, with paths that begin there.
func relative(problems catalog.Problems, base string) (told catalog.Problems) {
	for _, p := range problems {
		if rest, is := below(p.Path, base); is {
			told = append(told, plain(p, rest))
		}
	}
	return told
}

// refusal is what is wrong with the touched entries, as the error of the change; nil when nothing is. What is wrong with
// others was so before.
func (d *desk[T]) refusal(problems catalog.Problems) error {
	var told catalog.Problems
	other := ""
	for _, p := range problems {
		said, against, ours := d.blame(p)
		if !ours || slices.Contains(told, said) {
			continue
		}
		if told = append(told, said); against != "" {
			other = against
		}
	}
	if len(told) == 0 {
		return nil
	}
	if slices.ContainsFunc(told, func(p catalog.Problem) bool { return p.Code != catalog.CodeDuplicate }) {
		return told
	}
	return &Duplicate{Problems: told, ID: other}
}

// blame tells a problem of a touched entry as its caller's, with the id of the entry that stands in the way. Of two entries that are
// in each other's way the rules name the later one, which may be the one that was there.
func (d *desk[T]) blame(p catalog.Problem) (said catalog.Problem, other string, ours bool) {
	if p.Path == d.path {
		return plain(p, ""), "", true
	}
	if rest, companion, is := d.member(p.Path); is {
		return plain(p, d.named(rest, companion)), d.owner(p.Other), true
	}
	if rest, companion, is := d.member(p.Other); is {
		return plain(p, d.named(rest, companion)), d.owner(p.Path), true
	}
	return p, "", false
}

// member is the part of a path below a touched entry, and whether that is a companion.
func (d *desk[T]) member(path string) (rest string, companion, is bool) {
	at, rest, ok := d.place(path)
	if !ok || at >= len(d.is) {
		return "", false, false
	}
	i := slices.Index(d.touched, *d.id(&d.is[at].Value))
	return rest, i > 0, i >= 0
}

// place takes a path apart: the number of the entry, and what follows it.
func (s shelf[T]) place(path string) (at int, rest string, is bool) {
	rest, is = below(path, s.path)
	if !is || rest == "" {
		return 0, "", false
	}
	number, member, more := strings.Cut(rest[1:], "/")
	if more {
		member = "/" + member
	}
	at, err := strconv.Atoi(number)
	return at, member, err == nil
}

func (d *desk[T]) named(path string, companion bool) string {
	if companion && d.companion != nil {
		return d.companion(path)
	}
	return path
}

// owner is the id of the entry that a path leads to, empty for none.
func (d *desk[T]) owner(path string) string {
	at, _, is := d.place(path)
	if !is || at >= len(d.is) {
		return ""
	}
	return *d.id(&d.is[at].Value)
}
