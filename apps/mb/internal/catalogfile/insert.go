package catalogfile

import (
	"bytes"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// addition is what goes into one list of the document.
type addition struct {
	list    string
	entries []entry
}

func (im *importer) additions() []addition {
	var list []addition
	for _, a := range []addition{{"keywords", im.newKeywords}, {"service_areas", im.newAreas}} {
		if len(a.entries) > 0 {
			list = append(list, a)
		}
	}
	return list
}

// insert puts the new entries into the text and leaves every other byte as it is. Whether it understood the text right is
// checked by reading the outcome.
func (im *importer) insert(s source) (source, error) {
	for _, a := range im.additions() {
		if s.yaml {
			s.data = insertYAML(s, a)
		} else {
			s.data = insertJSON(s.data, a)
		}
	}
	return s, nil
}

// rewrite writes a YAML document anew: comments stay, blank lines and the width of indents do not. JSON has nothing that
// insert could not do.
func (im *importer) rewrite(s source) (source, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(s.data, &document); err != nil || !s.yaml {
		return s, nil
	}
	root := document.Content[0]
	for _, a := range im.additions() {
		_, list := member(root, a.list)
		switch {
		case list == nil:
			list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: a.list}, list)
		case list.Kind == yaml.AliasNode:
			return s, fault.New(fault.Invalid, "%s: %s is an alias of another list; write it out first", s.path, a.list)
		case list.Kind == yaml.ScalarNode:
			*list = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		}
		for _, e := range a.entries {
			list.Content = append(list.Content, e.node(0))
		}
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return s, nil
	}
	s.data = b.Bytes()
	return s, nil
}

// insertYAML adds entries after the last element of a list with one element per line, in place of an empty list, or as a
// new list at the end.
func insertYAML(s source, a addition) []byte {
	root, problems := parseYAML(s)
	if len(problems) > 0 {
		return s.data
	}
	newline := "\n"
	if bytes.Contains(s.data, []byte("\r\n")) {
		newline = "\r\n"
	}
	lines := bytes.SplitAfter(s.data, []byte("\n"))
	key, list := member(root, a.list)
	switch {
	case list == nil:
		indent := strings.Repeat(" ", root.Column-1)
		text := append([]byte(indent+a.list+":"+newline), yamlLines(a.entries, 0, indent+"  ", newline)...)
		return join(lines, len(lines), newline, text)
	case len(list.Content) == 0:
		return fillEmpty(lines, key, a, newline)
	}
	last := list.Content[len(list.Content)-1]
	style := last.Style & yaml.FlowStyle
	return join(lines, endOfItem(lines, last.Line-1, list.Column), newline,
		yamlLines(a.entries, style, strings.Repeat(" ", list.Column-1), newline))
}

var emptyValue = regexp.MustCompile(`^:\s*(\[\s*\]|null|~)?(\s*(#.*)?)$`)

// fillEmpty turns "keywords: []" and "keywords:" into a list.
func fillEmpty(lines [][]byte, key *yaml.Node, a addition, newline string) []byte {
	line := lines[key.Line-1]
	text := strings.TrimRight(string(line), "\r\n")
	start := key.Column - 1 + len(a.list)
	if start > len(text) {
		return bytes.Join(lines, nil)
	}
	parts := emptyValue.FindStringSubmatch(text[start:])
	if parts == nil {
		return bytes.Join(lines, nil)
	}
	lines[key.Line-1] = []byte(strings.TrimRight(text[:start]+":"+parts[2], " ") + newline)
	return join(lines, key.Line, newline, yamlLines(a.entries, 0, strings.Repeat(" ", key.Column+1), newline))
}

// endOfItem is the number of lines up to the end of the element that begins at the line: all that follow and are indented
// deeper than its dash.
func endOfItem(lines [][]byte, start, dash int) int {
	end := start + 1
	for i := end; i < len(lines); i++ {
		text := bytes.TrimLeft(lines[i], " ")
		if blank := len(bytes.TrimSpace(text)) == 0; blank {
			continue
		}
		if len(lines[i])-len(text) < dash {
			break
		}
		end = i + 1
	}
	return end
}

// join puts text after the first n lines.
func join(lines [][]byte, n int, newline string, text []byte) []byte {
	var b bytes.Buffer
	b.Write(bytes.Join(lines[:n], nil))
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		b.WriteString(newline)
	}
	b.Write(text)
	b.Write(bytes.Join(lines[n:], nil))
	return b.Bytes()
}
