// Package catalogfile reads and edits the catalog file of a business: YAML or JSON, strictly, with the place in the file
// of everything that is wrong.
//
// What a catalog may hold is core/catalog's to say; this package turns a file into what that reads, finds each problem's
// line and column again, adds the rows of CSV files to a catalog file, and describes the format to editors.
package catalogfile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Load reads a catalog file and applies every rule. It returns the normalised catalog and its canonical JSON, which is
// equal for files that differ only in form. The error is Problems, every one that can be found in one reading; it is
// fault.Invalid also for a file that cannot be read.
func Load(path string) (catalog.Catalog, []byte, error) {
	c, _, problems := load(path)
	if len(problems) > 0 {
		return catalog.Catalog{}, nil, problems
	}
	return c, canonical(c), nil
}

// Parse is Load for a text that is there already: name stands for its path.
func Parse(name string, data []byte) (catalog.Catalog, error) {
	s, problems := sourceOf(name, data)
	if len(problems) > 0 {
		return catalog.Catalog{}, problems
	}
	c, problems := s.catalog()
	if len(problems) > 0 {
		return catalog.Catalog{}, problems
	}
	return c, nil
}

// load is Load with the text that the catalog was read from.
func load(path string) (catalog.Catalog, source, Problems) {
	s, problems := readSource(path)
	if len(problems) > 0 {
		return catalog.Catalog{}, s, problems
	}
	c, problems := s.catalog()
	return c, s, problems
}

// canonical is the catalog as JSON with members in a fixed order.
func canonical(c catalog.Catalog) []byte {
	// Texts, lists and numbers that were read from a file always encode.
	data, _ := json.Marshal(c)
	return data
}

// catalog reads the text by every rule.
func (s source) catalog() (catalog.Catalog, Problems) {
	if !s.yaml {
		root, _ := jsonNodes(s.data)
		if p := tooLong(root, ""); p != nil {
			p.File = s.path
			return catalog.Catalog{}, Problems{*p}
		}
		return s.check(s.data, nil, root)
	}
	root, problems := parseYAML(s)
	if len(problems) > 0 {
		return catalog.Catalog{}, problems
	}
	data, problems, whole := toJSON(s.path, root)
	if !whole {
		return catalog.Catalog{}, problems
	}
	return s.check(data, problems, root)
}

// check applies the rules to the document as JSON, and gives each problem its place. Problems found before are added;
// what follows only from them is left out.
func (s source) check(data []byte, found Problems, root *yaml.Node) (catalog.Catalog, Problems) {
	c, broken := catalog.Check(data)
	before := newShadow(found)
	for _, p := range broken {
		if !before.covers(p.Path) {
			found = append(found, s.place(root, p))
		}
	}
	slices.SortStableFunc(found, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return c, found
}

var syntaxMessage = regexp.MustCompile(`^not valid JSON at line (\d+), column (\d+): `)

// place finds a problem's place in the file and says more where the file shows what was meant.
func (s source) place(root *yaml.Node, p catalog.Problem) Problem {
	out := Problem{File: s.path, Path: p.Path, Message: p.Message}
	if parts := syntaxMessage.FindStringSubmatch(p.Message); parts != nil {
		out.Line, _ = strconv.Atoi(parts[1])
		out.Column, _ = strconv.Atoi(parts[2])
		out.Message = "not valid JSON: " + p.Message[len(parts[0]):]
		return out
	}
	at, value := locate(root, p.Path)
	out.Line, out.Column = at.Line, at.Column
	if value != nil && value.Kind == yaml.ScalarNode {
		out.Message += hint(p.Message, value.Value)
	}
	return out
}

// hint shows how the value should be written.
func hint(message, literal string) string {
	switch {
	case strings.HasSuffix(message, "; put it in quotes"):
		return fmt.Sprintf(": %q", cut(literal))
	case strings.HasPrefix(message, "expected true or false"):
		return "; write true or false, without quotes"
	case strings.HasPrefix(message, "expected a number, found a text"):
		return "; write it without quotes"
	}
	return ""
}

// shadow is the paths that have a problem already, and those around them.
type shadow struct{ paths, around map[string]bool }

func newShadow(problems Problems) shadow {
	s := shadow{paths: map[string]bool{}, around: map[string]bool{}}
	for _, p := range problems {
		s.paths[p.Path] = true
		for path := p.Path; path != ""; {
			path = path[:strings.LastIndexByte(path, '/')]
			s.around[path] = true
		}
	}
	return s
}

// covers reports whether path is, is below or is around one of the paths.
func (s shadow) covers(path string) bool {
	if s.around[path] {
		return true
	}
	for {
		if s.paths[path] {
			return true
		}
		if path == "" {
			return false
		}
		path = path[:strings.LastIndexByte(path, '/')]
	}
}
