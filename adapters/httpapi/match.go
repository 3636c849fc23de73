package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// seen is the revision that an If-Match names: of several the first, and when the record has another of them, that one (again).
func (c *call) seen(header string) (int64, error) {
	if c.met > 0 {
		return c.met, nil
	}
	if header == "" {
		return 0, problem(http.StatusPreconditionRequired, CodePreconditionRequired, `say which revision you have seen: send If-Match with the ETag, such as "3"`)
	}
	if header == "*" {
		return backoffice.Any, nil
	}
	tags, ok := entityTags(header)
	if !ok {
		return 0, invalid("header.If-Match", `send the ETag as it was answered, such as "3" with its quotes, several with commas between them, or *`)
	}
	for _, tag := range tags {
		if n, is := revisionOf(tag); is {
			c.wanted = append(c.wanted, n)
		}
	}
	if len(c.wanted) == 0 {
		return 0, problem(http.StatusPreconditionFailed, CodePreconditionFailed, "no revision has this ETag: read the record again")
	}
	return c.wanted[0], nil
}

// again reports whether a change that was refused for its revision is to be tried with another one that the If-Match names.
func (c *call) again(err error) bool {
	var stale *backoffice.Stale
	if c.met > 0 || !errors.As(err, &stale) || !slices.Contains(c.wanted, stale.Revision) {
		return false
	}
	c.met = stale.Revision
	return true
}

// entityTags are those of a list as RFC 9110 has it (8.8.3, 5.6.1), with their quotes and what says that they are weak. False means that it
// is no list.
func entityTags(header string) (tags []string, ok bool) {
	for rest := header; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return tags, len(tags) > 0
		}
		opaque := strings.TrimPrefix(rest, "W/")
		end := strings.IndexByte(strings.TrimPrefix(opaque, `"`), '"')
		if opaque[:min(1, len(opaque))] != `"` || end < 0 {
			return nil, false
		}
		size := len(rest) - len(opaque) + end + 2
		if strings.ContainsAny(opaque[1:1+end], " \t\\") {
			return nil, false
		}
		tags = append(tags, rest[:size])
		if rest = strings.TrimLeft(rest[size:], " \t"); rest != "" && rest[0] != ',' {
			return nil, false
		}
	}
}

// revisionOf is the revision of an ETag as etag writes it. A weak one matches none (RFC 9110, 13.1.1).
func revisionOf(tag string) (int64, bool) {
	text := strings.Trim(tag, `"`)
	first, more, _ := strings.Cut(text, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil || n < 1 {
		return 0, false
	}
	var counts []int
	for part := range strings.SplitSeq(more, "-") {
		if count, err := strconv.Atoi(part); err == nil {
			counts = append(counts, count)
		}
	}
	return n, etag(n, counts...) == tag
}
