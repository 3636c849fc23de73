package catalog

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may lie in each other.
const maxDepth = 32

// kind is the JSON type of a node.
type kind string

const (
	isNull   kind = "null"
	isBool   kind = "true or false"
	isNumber kind = "a number"
	isString kind = "a text"
	isArray  kind = "a list"
	isObject kind = "an object"
)

// node is a parsed JSON value. Members keep their order and their duplicates.
type node struct {
	kind kind
	// text is a string's value or a number's or literal's own characters.
	text string
	// items are the elements of an array or the members of an object; names are the members' names.
	items []node
	names []string
}

// parser reads one JSON document by RFC 8259 and nothing more lenient.
type parser struct {
	data  []byte
	pos   int
	trail trail
}

// parseJSON reads the whole of data as one value.
func parseJSON(data []byte) (root node, problem *Problem) {
	if !utf8.Valid(data) {
		return node{}, &Problem{Message: "not valid UTF-8; save the document as UTF-8"}
	}
	p := &parser{data: data}
	root, problem = p.value()
	if problem == nil {
		if p.space(); p.pos < len(p.data) {
			problem = p.fail("there is more after the end of the document; remove it")
		}
	}
	return root, problem
}

// fail says what is wrong at the current position.
func (p *parser) fail(format string, args ...any) *Problem {
	before := string(p.data[:min(p.pos, len(p.data))])
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	told := problem(p.trail.path(), "not valid JSON at line %d, column %d: "+format, append([]any{line, column}, args...)...)
	return &told
}

func (p *parser) space() {
	for p.pos < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.pos]) >= 0 {
		p.pos++
	}
}

// next is the next byte that is no white space, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.pos == len(p.data) {
		return 0
	}
	return p.data[p.pos]
}

func (p *parser) value() (node, *Problem) {
	switch c := p.next(); {
	case (c == '{' || c == '[') && len(p.trail) >= maxDepth:
		return node{}, &Problem{Path: p.trail.path(), Message: fmt.Sprintf("nested more than %d deep; make it flatter", maxDepth)}
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"':
		text, bad := p.quoted()
		return node{kind: isString, text: text}, bad
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 0 && p.pos == len(p.data):
		return node{}, p.fail("the document ends where a value should be")
	}
	return p.literal()
}

func (p *parser) object() (node, *Problem) {
	n := node{kind: isObject}
	p.pos++
	if p.next() == '}' {
		p.pos++
		return n, nil
	}
	for {
		if p.next() != '"' {
			return n, p.fail("expected a member's name in double quotes")
		}
		name, bad := p.quoted()
		if bad != nil {
			return n, bad
		}
		if p.next() != ':' {
			return n, p.fail("expected a colon after the name %s", shown(name))
		}
		p.pos++
		item, bad := p.inside(step{name: name})
		if bad != nil {
			return n, bad
		}
		n.names, n.items = append(n.names, name), append(n.items, item)
		if done, bad := p.separator('}'); done || bad != nil {
			return n, bad
		}
	}
}

func (p *parser) array() (node, *Problem) {
	n := node{kind: isArray}
	p.pos++
	if p.next() == ']' {
		p.pos++
		return n, nil
	}
	for {
		item, bad := p.inside(step{index: len(n.items), element: true})
		if bad != nil {
			return n, bad
		}
		n.items = append(n.items, item)
		if done, bad := p.separator(']'); done || bad != nil {
			return n, bad
		}
	}
}

// inside reads a value that lies one step deeper. The trail stays where a failure was.
func (p *parser) inside(s step) (node, *Problem) {
	p.trail = append(p.trail, s)
	n, bad := p.value()
	if bad == nil {
		p.trail = p.trail[:len(p.trail)-1]
	}
	return n, bad
}

// separator reads a comma or the end of the list.
func (p *parser) separator(end byte) (done bool, bad *Problem) {
	switch p.next() {
	case ',':
		p.pos++
		return false, nil
	case end:
		p.pos++
		return true, nil
	}
	return false, p.fail("expected a comma or %q", string(end))
}

func (p *parser) literal() (node, *Problem) {
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(string(p.data[p.pos:min(p.pos+5, len(p.data))]), word) {
			p.pos += len(word)
			if word == "null" {
				return node{kind: isNull}, nil
			}
			return node{kind: isBool, text: word}, nil
		}
	}
	return node{}, p.fail("expected a value")
}

// number reads the grammar -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?.
func (p *parser) number() (node, *Problem) {
	start := p.pos
	p.accept("-")
	whole := p.digits()
	ok := whole > 0 && (whole == 1 || p.data[p.pos-whole] != '0')
	if p.accept(".") {
		ok = p.digits() > 0 && ok
	}
	if p.accept("eE") {
		p.accept("+-")
		ok = p.digits() > 0 && ok
	}
	if !ok {
		return node{}, p.fail("this is no number")
	}
	return node{kind: isNumber, text: string(p.data[start:p.pos])}, nil
}

func (p *parser) accept(any string) bool {
	if p.pos < len(p.data) && strings.IndexByte(any, p.data[p.pos]) >= 0 {
		p.pos++
		return true
	}
	return false
}

func (p *parser) digits() (n int) {
	for p.pos < len(p.data) && p.data[p.pos] >= '0' && p.data[p.pos] <= '9' {
		p.pos++
		n++
	}
	return n
}
