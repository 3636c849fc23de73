package httpapi

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// form is what the validator lets pass and the contract does not: a parameter without a value or given twice, a boolean in other words,
// a body where there is none, and null where the schema has none. It returns the body as it is to be read, nil for a row that only reads.
func (a *API) form(req *http.Request, c *call, op *huma.Operation) ([]byte, *Problem) {
	if p := c.parameters(req, op); p != nil {
		return nil, p
	}
	if op.RequestBody == nil {
		return bodiless(req)
	}
	body, p := c.read(req)
	media := op.RequestBody.Content[jsonType]
	switch {
	case p != nil || media == nil:
		return body, p
	case !isJSON(req) && len(body) > 0 && len(op.RequestBody.Content) == 1:
		return body, problem(http.StatusUnsupportedMediaType, CodeMediaType, "send the body as application/json")
	case !isJSON(req):
		return body, nil
	}
	if len(body) == 0 { // where there has to be one, huma says so
		return body, nil
	}
	if err := checkJSON(body); err != nil {
		return body, invalid("", err.Error())
	}
	schemas := a.huma.OpenAPI().Components.Schemas
	v, body := tidier{schemas: schemas, clears: c.route.method == http.MethodPatch}.tidied(body, media.Schema)
	if errs := (shape{schemas}).errors(v, media.Schema); len(errs) > 0 {
		return body, broken(errs...)
	}
	return body, nil
}

// read reads the body. Where a file may be longer, JSON may not.
func (c *call) read(req *http.Request) ([]byte, *Problem) {
	if c.route.body <= mostBody || !isJSON(req) {
		return readAll(req, c.route.body)
	}
	body, p := readAll(req, mostBody)
	if p != nil && p.Status == http.StatusRequestEntityTooLarge {
		p.Detail = "a JSON body has at most 256 KiB: send fewer rows at once, or a file"
	}
	return body, p
}

// bodiless refuses a body where a row has none: who sends one takes it to mean something. {} says no more than nothing.
func bodiless(req *http.Request) ([]byte, *Problem) {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return nil, nil
	}
	body, p := readAll(req, mostBody)
	if text := string(bytes.TrimSpace(body)); p == nil && text != "" && text != "{}" {
		p = invalid("", "there is no body here: send none")
	}
	return []byte{}, p
}

// parameters looks at those of the query, and at numbers of the path.
func (c *call) parameters(req *http.Request, op *huma.Operation) *Problem {
	if c.unread {
		return problem(http.StatusBadRequest, CodeValidation, "the query cannot be read: write what is no letter or digit as %XX, and an ampersand between parameters")
	}
	if p := c.strangers(op); p != nil {
		return p
	}
	for _, p := range op.Parameters {
		values, given := c.query[p.Name]
		if p.In == "path" {
			values, given = []string{req.PathValue(p.Name)}, true
		}
		switch {
		case p.In != "query" && p.In != "path" || !given:
		case len(values) > 1:
			return invalid("query."+p.Name, "this is given twice")
		case values[0] == "":
			return invalid("query."+p.Name, "this has no value: leave it out")
		case p.Schema != nil && p.Schema.Type == huma.TypeBoolean && values[0] != "true" && values[0] != "false":
			return invalid("query."+p.Name, "write true or false")
		case p.Schema != nil && p.Schema.Type == huma.TypeInteger && !canonical(values[0]):
			return invalid(p.In+"."+p.Name, "write the number in digits alone, without zeros before it")
		}
	}
	return nil
}

// strangers refuses parameters that the row does not have.
func (c *call) strangers(op *huma.Operation) *Problem {
	var errs []FieldError
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			errs = append(errs, wrong("query."+name, "unknown query parameter"))
		}
	}
	if len(errs) > 0 {
		return broken(errs...)
	}
	return nil
}

// canonical reports whether a number is written as it is shown: what is named in two ways would be two things to an Idempotency-Key. What
// is no number the validator refuses.
func canonical(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err != nil || strconv.FormatInt(n, 10) == text
}

func isJSON(req *http.Request) bool {
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	return kind == "" || strings.EqualFold(strings.TrimSpace(kind), jsonType)
}

// lenient lets a request's schema say what is taken besides: every member that need not be there may be null or "", which mean the same
// as leaving it out. In that of a PATCH (clears) only those that null clears may be "".
func (a *API) lenient(s *huma.Schema, clears bool, done map[*huma.Schema]bool) {
	s = tidier{schemas: a.huma.OpenAPI().Components.Schemas}.resolve(s)
	if s == nil || done[s] {
		return
	}
	done[s] = true
	a.lenient(s.Items, clears, done)
	for name, property := range s.Properties {
		a.lenient(property, clears, done)
		if slices.Contains(s.Required, name) {
			continue
		}
		if !clears {
			s.Properties[name] = a.orNull(property)
		}
		s.Properties[name] = orEmpty(s.Properties[name])
	}
	s.PrecomputeMessages()
}

// orNull is a schema that has null too.
func (a *API) orNull(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		own := *a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
		own.Description = s.Description
		s = &own
	}
	if s.Nullable || s.Type == "" {
		return s
	}
	if s.Nullable = true; len(s.Enum) > 0 {
		s.Enum = append(slices.Clone(s.Enum), nil)
	}
	return s
}

// orEmpty lets a text that may be null be empty. A time is then one of two forms, because a format says nothing of "".
func orEmpty(s *huma.Schema) *huma.Schema {
	if !s.Nullable || s.Type != huma.TypeString {
		return s
	}
	if s.Format != "" {
		own, empty := *s, &huma.Schema{Type: huma.TypeString, Enum: []any{""}}
		own.Description = ""
		own.PrecomputeMessages()
		empty.PrecomputeMessages()
		return &huma.Schema{Description: s.Description, AnyOf: []*huma.Schema{&own, empty}}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, any("")) {
		s.Enum = append(slices.Clone(s.Enum), "")
	}
	if s.Pattern != "" && !strings.HasPrefix(s.Pattern, "^$|") {
		s.Pattern = "^$|" + s.Pattern
	}
	s.MinLength = nil
	return s
}
