package schema

import (
	"fmt"
	"slices"
	"strings"
)

// check applies the rules of structured output to the whole schema: closed objects, local references, no
// recursion, no constraints that are not supported, bounded numbers of optional and union parameters.
func (f *Form) check() error {
	c := &checker{form: f, sizes: map[*node]int{}}
	for _, path := range sortedPaths(f.defs) {
		if err := c.walk(f.defs[path]); err != nil {
			return err
		}
	}
	if err := c.walk(f.root); err != nil {
		return err
	}
	switch {
	case c.optional > mostOptional:
		return fmt.Errorf("schema has %d optional parameters, the limit is %d: make some required", c.optional, mostOptional)
	case c.unions > mostUnions:
		return fmt.Errorf("schema has %d parameters with union types, the limit is %d", c.unions, mostUnions)
	}
	return c.sizesFit()
}

// sizesFit refuses recursion and documents that would be too large, in unused definitions too.
func (c *checker) sizesFit() error {
	for _, path := range sortedPaths(c.form.defs) {
		if _, err := c.size(c.form.defs[path]); err != nil {
			return err
		}
	}
	size, err := c.size(c.form.root)
	if err == nil && size > mostValues {
		err = errTooComplex
	}
	return err
}

type checker struct {
	form             *Form
	optional, unions int
	// sizes is how many values a node expands to; inProgress while it is being counted.
	sizes map[*node]int
}

const inProgress = -1

// walk checks every schema as it is written, without following references.
func (c *checker) walk(n *node) error {
	if err := c.rules(n); err != nil {
		return err
	}
	for _, p := range n.properties {
		if !p.required {
			c.optional++
		}
		if len(p.schema.anyOf) > 0 || len(p.schema.types) > 1 {
			c.unions++
		}
	}
	for _, child := range n.children() {
		if err := c.walk(child); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) rules(n *node) error {
	switch {
	case n.ref != "" && !strings.HasPrefix(n.ref, "#"):
		return fail(n.path, fmt.Sprintf("external $ref '%s' is not supported", n.ref))
	case n.ref != "" && n.ref != "#" && c.form.defs[n.ref] == nil:
		return fail(n.path, fmt.Sprintf("$ref '%s' does not name a schema in $defs", n.ref))
	case n.isObject() && !n.closed:
		return fail(n.path, "For 'object' type, 'additionalProperties' must be explicitly set to false")
	case n.minItems < 0 || n.minItems > 1:
		return fail(n.path, fmt.Sprintf("For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: %d)", n.minItems))
	case n.format != "" && !slices.Contains(formats, n.format):
		return fail(n.path, fmt.Sprintf("string format '%s' is not supported", n.format))
	}
	return nil
}

// size counts values, following references; a reference back to a schema being counted is recursion.
func (c *checker) size(n *node) (int, error) {
	if size, seen := c.sizes[n]; seen {
		if size == inProgress {
			return 0, fail(n.path, "recursive schemas are not supported")
		}
		return size, nil
	}
	c.sizes[n] = inProgress
	total := 1
	for _, child := range append(n.children(), c.form.target(n)...) {
		size, err := c.size(child)
		if err != nil {
			return 0, err
		}
		if child == n.items {
			size *= mostItems
		}
		total = min(total+size, mostValues+1)
	}
	c.sizes[n] = total
	return total, nil
}

func (n *node) children() []*node {
	children := slices.Clone(n.anyOf)
	for _, p := range n.properties {
		children = append(children, p.schema)
	}
	if n.items != nil {
		children = append(children, n.items)
	}
	return children
}

// target is what the node's reference names, if it has one.
func (f *Form) target(n *node) []*node {
	switch n.ref {
	case "":
		return nil
	case "#":
		return []*node{f.root}
	}
	return []*node{f.defs[n.ref]}
}

func sortedPaths(defs map[string]*node) []string {
	paths := make([]string, 0, len(defs))
	for path := range defs {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
