package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// mostItems is the largest array that is written without content from the caller.
const mostItems = 3

// Object is content for an object by property name: a string, an Object or an Array each.
type Object map[string]any

// Array is content for an array.
type Array []any

// Document is how one document is written.
type Document struct {
	// Rand draws what the schema leaves open: enum values, numbers, optional properties, array lengths.
	Rand *rand.Rand
	// Content is used where the schema has a property of that name and kind; nil for none.
	Content Object
	// Text writes a string value for which there is no content.
	Text func() string
	// OtherCase writes texts of enums in another case than the schema, where they have two.
	OtherCase bool
}

// Write returns a JSON document that satisfies the schema.
func (f *Form) Write(d Document) string {
	w := &documentWriter{Document: d, form: f}
	w.value(f.root, d.Content)
	return w.b.String()
}

type documentWriter struct {
	Document
	form *Form
	b    strings.Builder
}

func (w *documentWriter) value(n *node, content any) {
	switch target := w.form.target(n); {
	case target != nil:
		w.value(target[0], content)
	case len(n.enum) > 0:
		w.enum(n.enum[w.Rand.IntN(len(n.enum))])
	case len(n.anyOf) > 0:
		w.value(n.anyOf[w.Rand.IntN(len(n.anyOf))], content)
	default:
		w.typed(n, w.kind(n, content), content)
	}
}

func (w *documentWriter) enum(value json.RawMessage) {
	var text string
	if !w.OtherCase || json.Unmarshal(value, &text) != nil {
		w.b.Write(value)
		return
	}
	other := strings.ToUpper(text)
	if other == text {
		other = strings.ToLower(text)
	}
	w.quote(other)
}

// kind chooses the type of the value: that of the content, else one of those that the schema names.
func (w *documentWriter) kind(n *node, content any) string {
	kind := ""
	switch content.(type) {
	case Object:
		kind = "object"
	case Array:
		kind = "array"
	case string:
		kind = "string"
	}
	switch {
	case kind != "" && n.is(kind) && (len(n.types) > 0 || kind != "object" || n.isObject()):
		return kind
	case len(n.types) > 0:
		return n.types[w.Rand.IntN(len(n.types))]
	case n.isObject():
		return "object"
	case n.items != nil:
		return "array"
	}
	return "string"
}

func (w *documentWriter) typed(n *node, kind string, content any) {
	switch kind {
	case "object":
		object, _ := content.(Object)
		w.object(n, object)
	case "array":
		array, _ := content.(Array)
		w.array(n, array)
	case "integer":
		w.b.WriteString(strconv.Itoa(1 + w.Rand.IntN(100)))
	case "number":
		w.b.WriteString(strconv.Itoa(1+w.Rand.IntN(100)) + ".5")
	case "boolean":
		w.b.WriteString(strconv.FormatBool(w.Rand.IntN(2) == 0))
	case "null":
		w.b.WriteString("null")
	default:
		text, _ := content.(string)
		w.text(n, text)
	}
}

// object writes the required properties in the order of the schema, then some of the optional ones. Optional
// properties that the caller has content for are always written.
func (w *documentWriter) object(n *node, content Object) {
	w.b.WriteByte('{')
	first := true
	for _, required := range []bool{true, false} {
		for _, p := range n.properties {
			value := content[p.name]
			if p.required != required || (!required && value == nil && w.Rand.IntN(2) == 0) {
				continue
			}
			if !first {
				w.b.WriteByte(',')
			}
			first = false
			w.quote(p.name)
			w.b.WriteByte(':')
			w.value(p.schema, value)
		}
	}
	w.b.WriteByte('}')
}

func (w *documentWriter) array(n *node, content Array) {
	if content == nil {
		content = make(Array, 1+w.Rand.IntN(mostItems))
	}
	items := n.items
	if items == nil {
		items = &node{types: []string{"string"}}
	}
	w.b.WriteByte('[')
	for i, value := range content {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.value(items, value)
	}
	w.b.WriteByte(']')
}

func (w *documentWriter) text(n *node, content string) {
	switch {
	case n.pattern != nil:
		content = n.pattern.sample(w.Rand)
	case n.format != "":
		content = w.formatted(n.format)
	case content == "":
		content = w.Text()
	}
	w.quote(content)
}

func (w *documentWriter) formatted(format string) string {
	n := w.Rand.IntN(28)
	switch format {
	case "date-time":
		return fmt.Sprintf("2026-03-%02dT09:30:00Z", n+1)
	case "date":
		return fmt.Sprintf("2026-03-%02d", n+1)
	case "time":
		return fmt.Sprintf("%02d:30:00Z", n%24)
	case "duration":
		return fmt.Sprintf("P%dD", n+1)
	case "email":
		return fmt.Sprintf("reader%d@example.com", n)
	case "hostname":
		return fmt.Sprintf("host%d.example.com", n)
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", n+1)
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", n+1)
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", w.Rand.Uint32(), w.Rand.IntN(1<<16), n, n, w.Rand.Int64N(1<<48))
	}
	return fmt.Sprintf("https://example.com/%d", n)
}

func (w *documentWriter) quote(s string) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	w.b.WriteString(strings.TrimSuffix(b.String(), "\n"))
}
