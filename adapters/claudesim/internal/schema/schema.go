// Package schema is the simulator's side of structured output: it refuses the JSON Schemas that the API
// refuses, and writes documents that satisfy the others, required properties first and in the order of the
// schema. What the strings say is up to the caller. It knows nothing of HTTP, tokens or money.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Form is a checked schema that documents can be written for. It is immutable and safe for concurrent use.
type Form struct {
	root     *node
	defs     map[string]*node
	compiled *jsonschema.Schema
}

const (
	mostOptional = 24
	mostUnions   = 16
	deepest      = 32
	// mostValues bounds how many values one document can have, so that definitions that use each other
	// twice over do not grow without end.
	mostValues = 5000
)

var errTooComplex = errors.New("Schema is too complex for compilation") //nolint:staticcheck // ST1005: the API's own words

// Parse reads and checks a schema. The error's text is what the API would say about it.
func Parse(raw []byte) (*Form, error) {
	f := &Form{defs: map[string]*node{}}
	root, err := f.parse(raw, "", 0)
	if err != nil {
		return nil, err
	}
	f.root = root
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.compiled, err = compile(raw); err != nil {
		return nil, err
	}
	return f, nil
}

func compile(raw []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema is not JSON: %w", err)
	}
	const name = "mem:///schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource(name, document); err != nil {
		return nil, fmt.Errorf("schema is not valid: %w", err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		return nil, errors.New("schema is not valid JSON Schema draft 2020-12")
	}
	return compiled, nil
}

// Valid tells whether the document is JSON that satisfies the schema.
func (f *Form) Valid(document []byte) bool {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	return err == nil && f.compiled.Validate(value) == nil
}

// Asks tells whether the root is an object that has all of the named properties.
func (f *Form) Asks(names ...string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(f.root.properties, func(p property) bool { return p.name == name }) {
			return false
		}
	}
	return true
}

// property is one member of an object schema.
type property struct {
	name     string
	schema   *node
	required bool
}

// node is one schema. References are resolved by name in Form.defs when they are followed.
type node struct {
	path       string
	ref        string
	types      []string
	enum       []json.RawMessage
	properties []property
	items      *node
	anyOf      []*node
	minItems   int
	format     string
	pattern    *pattern
	// closed is additionalProperties: false.
	closed bool
}

// is tells whether the schema allows the type; a schema without type allows all.
func (n *node) is(name string) bool { return len(n.types) == 0 || slices.Contains(n.types, name) }

func (n *node) isObject() bool {
	return n.properties != nil || slices.Contains(n.types, "object")
}
