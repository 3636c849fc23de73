package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// refused are keywords that structured output does not support. Keywords that are neither here nor read by
// parse are refused too; the two lists differ only in what the message says.
var refused = map[string]string{
	"minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
	"multipleOf": "number", "minLength": "string", "maxLength": "string", "maxItems": "array",
	"uniqueItems": "array", "contains": "array", "prefixItems": "array", "minContains": "array",
	"maxContains": "array", "patternProperties": "object", "propertyNames": "object",
	"minProperties": "object", "maxProperties": "object",
}

var (
	types   = []string{"object", "array", "string", "integer", "number", "boolean", "null"}
	formats = []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)

// parse reads the schema at path (of the form properties.title, empty for the root).
func (f *Form) parse(raw json.RawMessage, path string, depth int) (*node, error) {
	if depth > deepest {
		return nil, errTooComplex
	}
	members, err := orderedMembers(raw)
	if err != nil {
		return nil, fail(path, "must be a JSON object without repeated names")
	}
	n := &node{path: path}
	var required []string
	for _, m := range members {
		if m.name == "required" {
			err = read(m.value, &required, path, "required", "a list of property names")
		} else {
			err = f.keyword(n, m, depth)
		}
		if err != nil {
			return nil, err
		}
	}
	return n, n.require(required)
}

// keyword reads one keyword into the node.
func (f *Form) keyword(n *node, m member, depth int) (err error) {
	switch m.name {
	case "$schema", "$comment", "title", "description", "default", "examples":
		return nil
	case "type":
		return n.readTypes(m.value)
	case "$ref":
		return read(m.value, &n.ref, n.path, "$ref", "a string")
	case "$defs", "definitions":
		return f.readDefinitions(m, depth)
	case "properties":
		return f.readProperties(n, m.value, depth)
	case "additionalProperties":
		n.closed = string(bytes.TrimSpace(m.value)) == "false"
		return nil
	case "items":
		n.items, err = f.parse(m.value, join(n.path, "items"), depth+1)
		return err
	case "anyOf":
		return f.readAnyOf(n, m.value, depth)
	case "enum":
		return n.readEnum(m.value)
	case "const":
		return n.addValues(m.value)
	case "minItems":
		return read(m.value, &n.minItems, n.path, "minItems", "a whole number")
	case "format":
		return read(m.value, &n.format, n.path, "format", "a string")
	case "pattern":
		return n.readPattern(m.value)
	}
	if kind := refused[m.name]; kind != "" {
		return fail(n.path, fmt.Sprintf("For '%s' type, property '%s' is not supported", kind, m.name))
	}
	return fail(n.path, fmt.Sprintf("keyword '%s' is not supported", m.name))
}

func (n *node) readTypes(raw json.RawMessage) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		n.types = []string{one}
	} else if err := read(raw, &n.types, n.path, "type", "a type name or a list of them"); err != nil {
		return err
	}
	for _, name := range n.types {
		if !slices.Contains(types, name) {
			return fail(n.path, fmt.Sprintf("type '%s' is not supported", name))
		}
	}
	if len(n.types) == 0 {
		return fail(n.path, "type must name at least one type")
	}
	return nil
}

func (f *Form) readDefinitions(m member, depth int) error {
	definitions, err := orderedMembers(m.value)
	if err != nil {
		return fail(m.name, "must be a JSON object")
	}
	for _, d := range definitions {
		path := "#/" + m.name + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(d.name)
		if f.defs[path], err = f.parse(d.value, path, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (f *Form) readProperties(n *node, raw json.RawMessage, depth int) error {
	members, err := orderedMembers(raw)
	if err != nil {
		return fail(n.path, "properties must be a JSON object")
	}
	n.properties = make([]property, 0, len(members))
	for _, m := range members {
		child, err := f.parse(m.value, join(n.path, "properties."+m.name), depth+1)
		if err != nil {
			return err
		}
		n.properties = append(n.properties, property{name: m.name, schema: child})
	}
	return nil
}

func (f *Form) readAnyOf(n *node, raw json.RawMessage, depth int) error {
	var options []json.RawMessage
	if err := read(raw, &options, n.path, "anyOf", "a list of schemas"); err != nil {
		return err
	}
	for i, option := range options {
		child, err := f.parse(option, join(n.path, fmt.Sprintf("anyOf.%d", i)), depth+1)
		if err != nil {
			return err
		}
		n.anyOf = append(n.anyOf, child)
	}
	return nil
}

func (n *node) readEnum(raw json.RawMessage) error {
	var values []json.RawMessage
	if err := read(raw, &values, n.path, "enum", "a list of values"); err != nil {
		return err
	}
	if len(values) == 0 {
		return fail(n.path, "enum must have at least one value")
	}
	return n.addValues(values...)
}

func (n *node) addValues(values ...json.RawMessage) error {
	for _, v := range values {
		if v[0] == '{' || v[0] == '[' {
			return fail(n.path, "enum and const values must be strings, numbers, booleans or null")
		}
	}
	n.enum = append(n.enum, values...)
	return nil
}

func (n *node) readPattern(raw json.RawMessage) (err error) {
	var text string
	if err := read(raw, &text, n.path, "pattern", "a string"); err != nil {
		return err
	}
	if n.pattern, err = parsePattern(text); err != nil {
		return fail(n.path, fmt.Sprintf("pattern '%s' is not supported", text))
	}
	return nil
}

// require marks the required properties; each must be a property.
func (n *node) require(names []string) error {
	for _, name := range names {
		i := slices.IndexFunc(n.properties, func(p property) bool { return p.name == name })
		if i < 0 {
			return fail(n.path, fmt.Sprintf("required property '%s' is not among the properties", name))
		}
		n.properties[i].required = true
	}
	return nil
}

func read(raw json.RawMessage, into any, path, name, want string) error {
	if err := json.Unmarshal(raw, into); err != nil || string(bytes.TrimSpace(raw)) == "null" {
		return fail(path, name+" must be "+want)
	}
	return nil
}

func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

func fail(path, problem string) error {
	if path == "" {
		return fmt.Errorf("%s", problem)
	}
	return fmt.Errorf("%s: %s", path, problem)
}

// member is one name and value of a JSON object, in the order of the text.
type member struct {
	name  string
	value json.RawMessage
}

// orderedMembers splits a JSON object without losing the order of its members.
func orderedMembers(raw json.RawMessage) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object")
	}
	var members []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: t.(string)} // the decoder gives object keys as strings
		if slices.ContainsFunc(members, func(other member) bool { return other.name == m.name }) {
			return nil, fmt.Errorf("repeated name %q", m.name)
		}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	return members, nil
}
