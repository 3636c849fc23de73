package catalogfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads one YAML document as nodes, which know their places. Nothing is expanded yet.
func parseYAML(s source) (root *yaml.Node, problems Problems) {
	fail := func(line, column int, format string, args ...any) (*yaml.Node, Problems) {
		return nil, Problems{{File: s.path, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}}
	}
	// A file that breaks the parser is a bad file, not a reason for a program to die.
	defer func() {
		if recover() != nil {
			root, problems = fail(0, 0, "not valid YAML; correct it or write the catalog as JSON")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(s.data))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return fail(0, 0, "the file is empty; begin with business:, see mb's sample catalogs")
	} else if err != nil {
		return nil, Problems{yamlProblem(s, err)}
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, Problems{yamlProblem(s, err)}
	default:
		return fail(second.Line, second.Column, "a second document begins here; a catalog file holds one")
	}
	root = document.Content[0]
	if root.ShortTag() == "!!null" {
		return fail(root.Line, root.Column, "the file is empty; begin with business:, see mb's sample catalogs")
	}
	return root, nil
}

var (
	yamlMessage = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)
	// lineBefore are the messages whose line the parser counts from 0.
	lineBefore    = regexp.MustCompile(`^(did not find expected (node content|'-' indicator|key|',' or '\]'|',' or '\}'|<document start>)|found undefined tag handle)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// yamlProblem takes the line out of the parser's message and says what is mostly meant by it.
func yamlProblem(s source, err error) Problem {
	parts := yamlMessage.FindStringSubmatch(err.Error())
	if parts == nil {
		parts = []string{"", "", err.Error()}
	}
	message := strings.Join(strings.Fields(parts[2]), " ")
	p := Problem{File: s.path, Line: 1, Column: 1, Message: "not valid YAML: " + message}
	if line, err := strconv.Atoi(parts[1]); err == nil {
		p.Line = line
	}
	if lineBefore.MatchString(message) && parts[1] != "" {
		p.Line++
	}
	if anchor := unknownAnchor.FindStringSubmatch(message); anchor != nil {
		p.Line, p.Column = position(s.data, max(bytes.Index(s.data, []byte("*"+anchor[1])), 0))
	}
	switch {
	case strings.Contains(p.Message, "cannot start any token"):
		p.Message += "; indent with blanks, not with tabs, and put a text in quotes that begins with @ or `"
	case strings.Contains(p.Message, "mapping values are not allowed"):
		p.Message += `; put a text with ": " in it in quotes, or correct the indentation`
	case strings.Contains(p.Message, "did not find expected"):
		p.Message += "; check the indentation and the quotes of the lines before"
	}
	return p
}

// converter writes YAML nodes as JSON. What JSON cannot say it reports and leaves null.
type converter struct {
	file     string
	out      bytes.Buffer
	problems Problems
	// open are the nodes that aliases are being replaced by, to find one within itself.
	open   map[*yaml.Node]bool
	values int
	// stopped is set when reading on would make no sense.
	stopped bool
}

const (
	// maxDepth is one more than core/catalog reads, so that it is the one to refuse what is too deep.
	maxDepth = 33
	// maxList is how many entries of one list or object are looked at; the rules allow 2,000.
	maxList = 4_000
	// maxExpanded and maxValues bound what aliases can blow a file up to, in bytes of JSON and in values. The largest
	// catalog that the rules allow has about 100,000 values.
	maxExpanded = 2 * maxSize
	maxValues   = 200_000
)

// toJSON returns the document as JSON and what could not be said in it.
func toJSON(file string, root *yaml.Node) ([]byte, Problems, bool) {
	c := converter{file: file, open: map[*yaml.Node]bool{}}
	c.value(root, root, "", 0)
	return c.out.Bytes(), c.problems, !c.stopped
}

func (c *converter) add(place *yaml.Node, path, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.file, Line: place.Line, Column: place.Column, Path: path, Message: fmt.Sprintf(format, args...)})
}

// stop is add for what makes the rest of the document meaningless.
func (c *converter) stop(place *yaml.Node, path, format string, args ...any) {
	c.add(place, path, format, args...)
	c.stopped = true
}

// reject is add for a value that JSON does not have.
func (c *converter) reject(place *yaml.Node, path, format string, args ...any) {
	c.add(place, path, format, args...)
	c.out.WriteString("null")
}

// value writes the node n. Problems are shown at place: the member's name, or the element itself.
func (c *converter) value(place, n *yaml.Node, path string, depth int) {
	c.values++
	switch {
	case c.stopped:
	case depth > maxDepth:
		c.stop(place, path, "nested more than %d deep; make it flatter", maxDepth-1)
	case c.out.Len() > maxExpanded || c.values > maxValues:
		c.stop(place, path, "more than %d values or %d MiB, aliases written out; a catalog has less", maxValues, maxExpanded>>20)
	case n.Kind == yaml.AliasNode:
		c.alias(place, n, path, depth)
	case n.Kind == yaml.MappingNode && n.ShortTag() == "!!map":
		c.mapping(place, n, path, depth)
	case n.Kind == yaml.SequenceNode && n.ShortTag() == "!!seq":
		c.sequence(place, n, path, depth)
	case n.Kind == yaml.ScalarNode:
		c.scalar(place, n, path)
	default:
		c.reject(place, path, "the tag %s is not supported; remove it", n.ShortTag())
	}
}

func (c *converter) alias(place, n *yaml.Node, path string, depth int) {
	if c.open[n.Alias] {
		c.stop(place, path, "the alias *%s stands inside of what it repeats; remove it", n.Value)
		return
	}
	c.open[n.Alias] = true
	c.value(place, n.Alias, path, depth)
	delete(c.open, n.Alias)
}

func (c *converter) mapping(place, n *yaml.Node, path string, depth int) {
	if c.tooMany(place, n, path, len(n.Content)/2) {
		return
	}
	c.out.WriteByte('{')
	first := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolved(n.Content[i])
		switch {
		case key.Kind != yaml.ScalarNode:
			c.add(n.Content[i], path, "a list or an object cannot be a name; write a plain name before the colon")
			continue
		case key.ShortTag() == "!!merge":
			c.add(key, path, "merge keys (<<) are not supported; write the members out")
			continue
		}
		if !first {
			c.out.WriteByte(',')
		}
		first = false
		c.text(key.Value)
		c.out.WriteByte(':')
		c.value(n.Content[i], n.Content[i+1], path+"/"+escapePointer.Replace(key.Value), depth+1)
	}
	c.out.WriteByte('}')
}

func (c *converter) sequence(place, n *yaml.Node, path string, depth int) {
	if c.tooMany(place, n, path, len(n.Content)) {
		return
	}
	c.out.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			c.out.WriteByte(',')
		}
		c.value(item, item, path+"/"+strconv.Itoa(i), depth+1)
	}
	c.out.WriteByte(']')
}

func (c *converter) tooMany(place, n *yaml.Node, path string, entries int) bool {
	if entries > maxList {
		c.stop(place, path, "%s", tooManyEntries(entries))
	}
	return c.stopped
}

func tooManyEntries(n int) string {
	return fmt.Sprintf("%d entries; no list of a catalog has more than 2000", n)
}

// resolved is the node that an alias stands for, or the node itself.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
