package httpapi

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// mostErrors is how many things an answer says are wrong: no answer grows with what is wrong in a request.
const mostErrors = 50

// shape compares what was sent with a schema. The validator notes every error with a copy of the value that it is in, and writes all of them
// out, which grows with the square of a hostile body. So it is asked here, where nothing is written out, and not before the members are known
// and the lists short enough: it would look at each.
type shape struct{ schemas huma.Registry }

// errors are those of a value, no more than one beyond mostErrors.
func (k shape) errors(v any, s *huma.Schema) []FieldError {
	l := look{schemas: k.schemas}
	if l.value(v, s, ""); l.enough || l.full() {
		return l.errs
	}
	var res huma.ValidateResult
	path := huma.NewPathBuffer(nil, 0)
	path.Push("body")
	huma.Validate(k.schemas, s, path, huma.ModeWriteToServer, floats(v), &res)
	for _, err := range res.Errors {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			detail = &huma.ErrorDetail{Location: "body", Message: "this is not what the contract says"}
		}
		if l.errs = append(l.errs, wrong(detail.Location, detail.Message)); l.full() {
			break
		}
	}
	return l.errs
}

// floats is a value with its numbers as the validator knows them. One that no float can be stays as it is, and is none.
func floats(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return n
		}
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for name, member := range v {
			v[name] = floats(member)
		}
	}
	return v
}

// look is what the validator lets pass and the contract does not, and what it takes too long over: null where a schema has none, members
// that no schema has, which it takes away, and lists and objects of more than they may have. It stops when there is more than an answer tells of.
type look struct {
	schemas huma.Registry
	errs    []FieldError
	// enough is true when the validator is not to see the value: it would say the same again, or look at each item of too many.
	enough bool
}

func (l *look) add(at, code, message string) {
	l.errs = append(l.errs, FieldError{Pointer: at, Code: code, Message: message})
}

func (l *look) end(at, code, message string) {
	l.add(at, code, message)
	l.enough = true
}

func (l *look) full() bool { return len(l.errs) > mostErrors }

func (l *look) value(v any, s *huma.Schema, at string) {
	for s != nil && s.Ref != "" {
		s = l.schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || l.full() || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 {
		return
	}
	switch v := v.(type) {
	case nil:
		if !s.Nullable && s.Type != "" && at != "" { // no body at all is the validator's
			l.end(at, "not_null", "null is not allowed here")
		}
	case map[string]any:
		l.members(v, s, at)
	case []any:
		l.items(v, s, at)
	}
}

func (l *look) members(m map[string]any, s *huma.Schema, at string) {
	if s.Type != huma.TypeObject {
		return
	}
	if s.MaxProperties != nil && len(m) > *s.MaxProperties {
		l.end(at, catalog.CodeInvalid, "at most "+strconv.Itoa(*s.MaxProperties)+" members are allowed here")
		return
	}
	closed := s.AdditionalProperties == false
	for _, name := range slices.Sorted(maps.Keys(m)) {
		property, known := s.Properties[name]
		switch {
		case l.full():
			return
		case known:
			l.value(m[name], property, at+"/"+name)
		case closed:
			l.add(at+below(name), catalog.CodeInvalid, "unexpected property")
			delete(m, name)
		}
	}
}

func (l *look) items(list []any, s *huma.Schema, at string) {
	switch {
	case s.Type != huma.TypeArray:
	case s.MaxItems != nil && len(list) > *s.MaxItems:
		l.end(at, catalog.CodeInvalid, "at most "+strconv.Itoa(*s.MaxItems)+" items are allowed here")
	default:
		for i, item := range list {
			l.value(item, s.Items, at+"/"+strconv.Itoa(i))
		}
	}
}

// below is the pointer of a member beneath that of its object, if its name is like one of ours, which an unknown one need not be.
func below(name string) string {
	if name == "" || len(name) > 40 {
		return ""
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return ""
		}
	}
	return "/" + name
}
