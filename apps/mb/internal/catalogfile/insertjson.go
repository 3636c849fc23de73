package catalogfile

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// insertJSON adds entries after the last element of a list, or a new list after the last member.
func insertJSON(data []byte, a addition) []byte {
	root, ends := jsonNodes(data)
	outer := leadOf(data, root)
	_, list := member(root, a.list)
	switch {
	case list == nil:
		return splice(data, ends[root], outer, quoted(a.list)+": "+jsonList(a.entries, outer))
	case list.Kind == yaml.ScalarNode:
		at := offset(data, list)
		return bytes.Join([][]byte{data[:at], []byte(jsonList(a.entries, outer)), data[at+len(list.Value):]}, nil)
	case len(list.Content) == 0:
		at := offset(data, list)
		return bytes.Join([][]byte{data[:at], []byte(jsonList(a.entries, outer)), data[ends[list]+1:]}, nil)
	}
	inner := leadOf(data, list)
	return splice(data, ends[list], inner, jsonElements(a.entries, inner))
}

// jsonList is the entries as a list: each in a line of its own when its holder's members are.
func jsonList(entries []entry, outer string) string {
	if outer == " " {
		return "[" + jsonElements(entries, outer) + "]"
	}
	inner := outer + "  "
	return "[" + inner + jsonElements(entries, inner) + outer + "]"
}

func jsonElements(entries []entry, lead string) string {
	elements := make([]string, len(entries))
	for i, e := range entries {
		elements[i] = e.json()
	}
	return strings.Join(elements, ","+lead)
}

// leadOf is the white space that leads the members of an object or the elements of a list: a line break with the indent,
// or a blank when they stand in the line of the opening bracket.
func leadOf(data []byte, n *yaml.Node) string {
	if len(n.Content) == 0 || n.Content[0].Line == n.Line {
		return " "
	}
	line := bytes.Split(data, []byte("\n"))[n.Content[0].Line-1]
	return "\n" + string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// splice puts a comma and text after what stands before the closing bracket at end, and keeps the white space before the bracket.
func splice(data []byte, end int, lead, text string) []byte {
	before := bytes.TrimRight(data[:end], " \t\r\n")
	return bytes.Join([][]byte{before, []byte("," + lead + text), data[len(before):]}, nil)
}

// offset is the byte at which a node begins.
func offset(data []byte, n *yaml.Node) int {
	at := 0
	for range n.Line - 1 {
		at += bytes.IndexByte(data[at:], '\n') + 1
	}
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(data[at:])
		at += size
	}
	return at
}
