package httpapi

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// tidier makes of a body what it means before any length or form is looked at: texts without the white space around them, and nothing
// where a member that need not be there is null or "". It goes by the schema alone.
type tidier struct {
	schemas huma.Registry
	// clears is for a PATCH, where null is a word of its own: it clears, and "" is another way to write it.
	clears bool
}

// tidied is the body as it is to be read. What is no JSON that the strict reader takes comes back as it is, for that one to refuse.
func (t tidier) tidied(body []byte, s *huma.Schema) (any, []byte) {
	if checkJSON(body) != nil {
		return nil, body
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // numbers stay as they were written
	var v any
	if d.Decode(&v) != nil {
		return nil, body
	}
	v = t.value(v, s, false)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // what was decoded always encodes
	return v, out.Bytes()
}

// value tidies one value and all inside of it. Lines says that it is a text of several lines.
func (t tidier) value(v any, s *huma.Schema, lines bool) any {
	s = t.resolve(s)
	switch v := v.(type) {
	case string:
		if s == nil || s.MaxLength == nil || lines {
			return catalog.Trim(v)
		}
		return catalog.Line(v)
	case []any:
		for i := range v {
			v[i] = t.value(v[i], items(s), false)
		}
	case map[string]any:
		t.members(v, s)
	}
	return v
}

func (t tidier) members(m map[string]any, s *huma.Schema) {
	for name, v := range m {
		property, optional := t.member(s, name)
		v = t.value(v, property, severalLines(name))
		m[name] = v
		if !optional || v != nil && (v != "" || property.Type != huma.TypeString) {
			continue
		}
		switch {
		case !t.clears:
			delete(m, name)
		case property.Nullable:
			m[name] = nil
		}
	}
}

// member is the schema of a member, and whether that is one of the schema's own that need not be there.
func (t tidier) member(s *huma.Schema, name string) (property *huma.Schema, optional bool) {
	if s == nil {
		return nil, false
	}
	if own := s.Properties[name]; own != nil {
		return t.resolve(own), !slices.Contains(s.Required, name)
	}
	others, _ := s.AdditionalProperties.(*huma.Schema)
	return others, false
}

// resolve follows references. Of several forms the first counts: the others are for what is refused by itself.
func (t tidier) resolve(s *huma.Schema) *huma.Schema {
	for s != nil && (s.Ref != "" || len(s.AnyOf) > 0) {
		if s.Ref != "" {
			s = t.schemas.SchemaFromRef(s.Ref)
			continue
		}
		s = s.AnyOf[0]
	}
	return s
}

func items(s *huma.Schema) *huma.Schema {
	if s == nil {
		return nil
	}
	return s.Items
}

// severalLines reports whether a member's white space inside is the caller's own. Everything else is a single line.
func severalLines(name string) bool { return name == "template" || name == "note" }
