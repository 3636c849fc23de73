package catalogfile

import (
	"bytes"
	"encoding/json"
)

//go:generate go run gen_schema.go ../../samples/catalog.schema.json

// Schema is the JSON Schema (2020-12) of a catalog file, for editors; it ends with a line break. It says what can be said
// of one value or one entry. What concerns several (slugs that must differ, a state that its country must have) only Load
// finds; nothing that Load accepts but white space around a value is refused by the schema.
func Schema() []byte {
	root := catalogSchema()
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Catalog of a business"
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	// A tree of texts and numbers always encodes.
	_ = encoder.Encode(root)
	return b.Bytes()
}

// schema is one JSON Schema, its keywords in the order in which they are written.
type schema struct {
	Dialect     string              `json:"$schema,omitempty"`
	Title       string              `json:"title,omitempty"`
	Description string              `json:"description,omitempty"`
	Type        any                 `json:"type,omitempty"`
	Const       any                 `json:"const,omitempty"`
	Enum        []any               `json:"enum,omitempty"`
	Default     any                 `json:"default,omitempty"`
	Examples    []any               `json:"examples,omitempty"`
	Pattern     string              `json:"pattern,omitempty"`
	MinLength   int                 `json:"minLength,omitempty"`
	MaxLength   int                 `json:"maxLength,omitempty"`
	Minimum     *float64            `json:"minimum,omitempty"`
	Maximum     *float64            `json:"maximum,omitempty"`
	MinItems    int                 `json:"minItems,omitempty"`
	MaxItems    *int                `json:"maxItems,omitempty"`
	Unique      bool                `json:"uniqueItems,omitempty"`
	Contains    *schema             `json:"contains,omitempty"`
	Items       *schema             `json:"items,omitempty"`
	Properties  properties          `json:"properties,omitempty"`
	Names       *schema             `json:"propertyNames,omitempty"`
	MaxMembers  int                 `json:"maxProperties,omitempty"`
	Additional  any                 `json:"additionalProperties,omitempty"`
	Required    []string            `json:"required,omitempty"`
	Dependent   map[string][]string `json:"dependentRequired,omitempty"`
	Not         *schema             `json:"not,omitempty"`
	AnyOf       []schema            `json:"anyOf,omitempty"`
	If          *schema             `json:"if,omitempty"`
	Then        *schema             `json:"then,omitempty"`
	Else        *schema             `json:"else,omitempty"`
}

// property is a member of an object.
type property struct {
	name     string
	required bool
	schema   schema
}

// must is a member that has to be there; a text in it is not empty.
func must(name string, s schema) property {
	if s.Type == "string" && s.Enum == nil {
		s.MinLength = max(s.MinLength, 1)
	}
	return property{name: name, required: true, schema: s}
}

// may is a member that can be left out; null and an empty text mean the same.
func may(name string, s schema) property {
	if s.Enum != nil {
		s.Enum = append(s.Enum[:len(s.Enum):len(s.Enum)], "", nil)
	}
	if s.Pattern != "" {
		s.Pattern = "^$|" + s.Pattern
	}
	s.MinLength = 0
	s.Type = []any{s.Type, "null"}
	return property{name: name, schema: s}
}

// properties keep the order of the documentation.
type properties []property

// MarshalJSON keeps the order, which a map would not.
func (list properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for i, p := range list {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + quoted(p.name) + ":")
		if err := encoder.Encode(p.schema); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// object is an object with these members and no others.
func object(description string, list ...property) schema {
	s := schema{Description: description, Type: "object", Properties: list, Additional: false}
	for _, p := range list {
		if p.required {
			s.Required = append(s.Required, p.name)
		}
	}
	return s
}

func text(most int, description string, examples ...any) schema {
	return schema{Description: description, Type: "string", MaxLength: most, Examples: examples}
}

func pattern(expression string, most int, description string, examples ...any) schema {
	s := text(most, description, examples...)
	s.Pattern = expression
	return s
}

// choice is one of some texts.
func choice(description string, values ...any) schema {
	return schema{Description: description, Type: "string", Enum: values}
}

func whole(least, most float64, description string, examples ...any) schema {
	return schema{Description: description, Type: "integer", Minimum: &least, Maximum: &most, Examples: examples}
}

func flag(description string) schema {
	return schema{Description: description, Type: "boolean", Default: false}
}

// list is a list of at most so many items; 0 means any number.
func list(most int, item schema, description string) schema {
	s := schema{Description: description, Type: "array", Items: &item}
	if most > 0 {
		s.MaxItems = &most
	}
	return s
}

// emptyList is met by a list without items, and by whatever is no list.
func emptyList() schema {
	none := 0
	return schema{MaxItems: &none}
}

// or gives a schema its default.
func (s schema) or(value any) schema {
	s.Default = value
	return s
}
