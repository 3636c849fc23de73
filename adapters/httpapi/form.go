package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// form is what the validator lets pass and the contract does not: a parameter without a value or given twice, and null where the
// schema has none. It returns the body if it had to be read.
func (a *API) form(req *http.Request, c *call, op *huma.Operation) ([]byte, *Problem) {
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		switch values, given := c.query[p.Name]; {
		case given && len(values) > 1:
			return nil, invalid("query."+p.Name, "this parameter is given twice")
		case given && values[0] == "":
			return nil, invalid("query."+p.Name, "this parameter has no value: leave it out")
		}
	}
	if op.RequestBody == nil || op.RequestBody.Content[jsonType] == nil || !isJSON(req) {
		return nil, nil
	}
	body, p := readAll(req, c.route.body)
	if p != nil {
		return nil, p
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return body, nil // the validator says what is wrong
	}
	n := nulls{schemas: a.huma.OpenAPI().Components.Schemas}
	n.look(v, op.RequestBody.Content[jsonType].Schema, "")
	if len(n.errs) > 0 {
		return body, problem(http.StatusBadRequest, CodeValidation, "the request breaks a rule: see errors", n.errs...)
	}
	return body, nil
}

func isJSON(req *http.Request) bool {
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	return kind == "" || strings.EqualFold(strings.TrimSpace(kind), jsonType)
}

// nulls finds null where a schema does not have it.
type nulls struct {
	schemas huma.Registry
	errs    []FieldError
}

func (n *nulls) look(v any, s *huma.Schema, at string) {
	for s != nil && s.Ref != "" {
		s = n.schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 {
		return
	}
	switch v := v.(type) {
	case nil:
		if !s.Nullable && s.Type != "" {
			n.errs = append(n.errs, FieldError{Pointer: at, Code: "not_null", Message: "null is not allowed here: leave it out"})
		}
	case map[string]any:
		for name, member := range v {
			if property, known := s.Properties[name]; known {
				n.look(member, property, at+"/"+name)
			}
		}
	case []any:
		for _, item := range v {
			n.look(item, s.Items, at)
		}
	}
}

// lenient lets every member that need not be there be null as well, which means the same. It goes over a request's schema; that of a
// PATCH is left alone, where null clears.
func (a *API) lenient(s *huma.Schema, done map[*huma.Schema]bool) {
	for s != nil && s.Ref != "" {
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || done[s] {
		return
	}
	done[s] = true
	a.lenient(s.Items, done)
	for name, property := range s.Properties {
		a.lenient(property, done)
		if slices.Contains(s.Required, name) || property.Nullable || property.Type == "" {
			continue
		}
		property.Nullable = true
		if len(property.Enum) > 0 {
			property.Enum = append(slices.Clone(property.Enum), nil)
		}
		property.PrecomputeMessages()
	}
	s.PrecomputeMessages()
}
