package catalogfile

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// entry is a new element of a list, as members in the order in which they are written.
type entry []field

type field struct {
	name, value string
	number      bool
}

func (e *entry) add(name, value string) {
	if value != "" {
		*e = append(*e, field{name: name, value: value})
	}
}

func keywordEntry(k catalog.Keyword, spanish string) entry {
	var e entry
	e.add("keyword", k.Keyword)
	if k.Language == catalog.Spanish {
		e.add("language", string(k.Language))
	}
	e.add("translation_of", k.TranslationOf)
	e.add("keyword_es", spanish)
	e.add("search_intent", k.SearchIntent)
	return e
}

// areaEntry leaves out what is the default.
func areaEntry(a, row catalog.ServiceArea, country string) entry {
	var e entry
	e.add("city", a.City)
	e.add("state", a.State)
	e.add("county", a.County)
	if a.Country != country {
		e.add("country", a.Country)
	}
	if row.Priority != nil {
		e = append(e, field{name: "priority", value: strconv.Itoa(*row.Priority), number: true})
	}
	return e
}

// node is the entry for a YAML document.
func (e entry) node(style yaml.Style) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: style}
	for _, f := range e {
		tag := "!!str"
		if f.number {
			tag = "!!int"
		}
		n.Content = append(n.Content,
			&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f.name},
			&yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: f.value, Style: quotesFor(f.value)})
	}
	return n
}

// quotesFor puts words in quotes that older YAML programs take for true or false; Ontario is one.
func quotesFor(value string) yaml.Style {
	switch strings.ToLower(value) {
	case "y", "n", "yes", "no", "on", "off":
		return yaml.DoubleQuotedStyle
	}
	return 0
}

// yamlLines is the entries as a list, each line led by indent and ended by newline.
func yamlLines(entries []entry, style yaml.Style, indent, newline string) []byte {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, e := range entries {
		list.Content = append(list.Content, e.node(style))
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	// Nodes of texts and numbers always encode.
	_ = encoder.Encode(list)
	var out bytes.Buffer
	for line := range strings.Lines(b.String()) {
		out.WriteString(indent + strings.TrimSuffix(line, "\n") + newline)
	}
	return out.Bytes()
}

// json is the entry as one line of JSON.
func (e entry) json() string {
	var members []string
	for _, f := range e {
		value := f.value
		if !f.number {
			value = quoted(value)
		}
		members = append(members, quoted(f.name)+": "+value)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func quoted(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// A text always encodes.
	_ = encoder.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}
