package catalogfile

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// ends tells where the text of an object or a list ends: the offset of its closing bracket.
type ends map[*yaml.Node]int

// jsonNodes reads a JSON document as nodes that know their places, as far as it is valid. The decoder of core/catalog
// decides what is wrong; this only finds where.
func jsonNodes(data []byte) (*yaml.Node, ends) {
	r := jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1, column: 1, ends: ends{}}
	r.decoder.UseNumber()
	if first := r.value(0); first != nil {
		return first, r.ends
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Line: 1, Column: 1}, r.ends
}

// tooLong finds a list or an object with far too many entries, which would take the rules minutes to go through.
func tooLong(n *yaml.Node, path string) *Problem {
	entries := len(n.Content)
	if n.Kind == yaml.MappingNode {
		entries /= 2
	}
	if entries > maxList {
		return &Problem{Line: n.Line, Column: n.Column, Path: path, Message: tooManyEntries(entries)}
	}
	for i, child := range n.Content {
		here := path + "/" + strconv.Itoa(i)
		if n.Kind == yaml.MappingNode {
			here = path + "/" + escapePointer.Replace(n.Content[i&^1].Value)
		}
		if p := tooLong(child, here); p != nil {
			return p
		}
	}
	return nil
}

type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	// line and column are those of the byte at offset.
	offset, line, column int
	failed               bool
	ends                 ends
}

// value reads one value. It returns what there is of it, nil for nothing.
func (r *jsonReader) value(depth int) *yaml.Node {
	n, token := r.next()
	// What lies deeper than it may is reported as too deep; what follows it is of no interest.
	if r.failed = r.failed || depth > maxDepth; r.failed {
		return n
	}
	switch token {
	case json.Delim('{'):
		n.Kind = yaml.MappingNode
		for !r.failed && r.decoder.More() {
			key, _ := r.next()
			if key == nil {
				break
			}
			item := r.value(depth + 1)
			if item == nil {
				item = &yaml.Node{Kind: yaml.ScalarNode, Line: key.Line, Column: key.Column}
			}
			n.Content = append(n.Content, key, item)
		}
		r.close(n)
	case json.Delim('['):
		n.Kind = yaml.SequenceNode
		for !r.failed && r.decoder.More() {
			if item := r.value(depth + 1); item != nil {
				n.Content = append(n.Content, item)
			}
		}
		r.close(n)
	}
	return n
}

func (r *jsonReader) close(n *yaml.Node) {
	if bracket, _ := r.next(); bracket != nil {
		r.ends[n] = r.offset
	}
}

// next reads one token as a scalar with its place.
func (r *jsonReader) next() (*yaml.Node, json.Token) {
	if r.failed {
		return nil, nil
	}
	start := int(r.decoder.InputOffset())
	token, err := r.decoder.Token()
	if err != nil {
		r.failed = true
		return nil, nil
	}
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	r.advance(start)
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line, Column: r.column}
	switch v := token.(type) {
	case string:
		n.Value = v
	default:
		n.Value = string(r.data[start:r.decoder.InputOffset()])
	}
	return n, token
}

func (r *jsonReader) advance(to int) {
	for r.offset < to {
		c, size := utf8.DecodeRune(r.data[r.offset:])
		r.offset += size
		r.column++
		if c == '\n' {
			r.line, r.column = r.line+1, 1
		}
	}
}
