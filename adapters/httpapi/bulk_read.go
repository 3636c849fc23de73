package httpapi

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// bulkBody is the JSON body of a bulk row.
type bulkBody struct {
	Rows         []json.RawMessage `json:"rows"`
	DryRun       bool              `json:"dry_run"`
	AllOrNothing bool              `json:"all_or_nothing"`
	OnDuplicate  string            `json:"on_duplicate"`
	AutoAreas    bool              `json:"auto_create_service_areas"`
}

// bulkReader reads JSON bodies: the body as a whole must be right, and of its rows each is right or wrong by itself.
type bulkReader[N, V any] struct {
	schemas   huma.Registry
	body, row *huma.Schema
	value     func(N) V
}

func newBulkReader[N, V any](schemas huma.Registry, value func(N) V) bulkReader[N, V] {
	row := schemas.Schema(reflect.TypeFor[N](), true, "")
	body := bulkSchema(row)
	body.PrecomputeMessages()
	return bulkReader[N, V]{schemas: schemas, body: body, row: row, value: value}
}

// bulkSchema takes any object for a row: one that is no entry fails by itself and stops no other.
func bulkSchema(row *huma.Schema) *huma.Schema {
	most := backoffice.MaxBulkRows
	flag := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeBoolean, Default: false, Description: doc}
	}
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"rows"},
		Properties: map[string]*huma.Schema{
			"rows": {
				Type: huma.TypeArray, MaxItems: &most, Description: "entries as they are added one by one; one that is not is answered as failed",
				Items: &huma.Schema{AnyOf: []*huma.Schema{row, {Type: huma.TypeObject, AdditionalProperties: true}}},
			},
			"dry_run":                   flag("tells what would be done and does nothing"),
			"all_or_nothing":            flag("writes nothing when a row fails"),
			"on_duplicate":              {Type: huma.TypeString, Enum: []any{"skip", "fail"}, Default: "skip", Description: "what becomes of a row that is there already"},
			"auto_create_service_areas": flag("locations alone: adds the city of each new active store as a service area that it serves"),
		},
	}
}

// read reads the rows of a body and how to import them.
func (b bulk[N, V]) read(reader bulkReader[N, V], in *bulkIn) ([]backoffice.BulkInput[V], BulkFlags, error) {
	kind, _, err := mime.ParseMediaType(in.ContentType)
	switch {
	case in.ContentType == "" || err == nil && kind == jsonType:
		return reader.read(in.RawBody, in.BulkFlags)
	case err == nil && (kind == csvType || kind == tsvType):
		rows, err := b.parse(kind, in.RawBody)
		return rows, in.BulkFlags, err
	}
	return nil, BulkFlags{}, problem(http.StatusUnsupportedMediaType, CodeMediaType, "send the rows as application/json, text/csv or text/tab-separated-values")
}

func (r bulkReader[N, V]) read(data []byte, flags BulkFlags) ([]backoffice.BulkInput[V], BulkFlags, error) {
	if len(data) > mostBody {
		return nil, flags, problem(http.StatusRequestEntityTooLarge, CodeTooLarge, "a JSON body has at most 256 KiB: send fewer rows at once, or a file")
	}
	if err := checkJSON(data); err != nil {
		return nil, flags, invalid("", err.Error())
	}
	if errs := r.check(r.body, data); len(errs) > 0 {
		return nil, flags, problem(http.StatusBadRequest, CodeValidation, "the request breaks a rule: see errors", errs...)
	}
	var body bulkBody
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, flags, invalid("", "this is not what the contract says")
	}
	flags.DryRun, flags.AllOrNothing, flags.AutoAreas = flags.DryRun || body.DryRun, flags.AllOrNothing || body.AllOrNothing, flags.AutoAreas || body.AutoAreas
	if body.OnDuplicate != "" {
		flags.OnDuplicate = body.OnDuplicate
	}
	return shownAll(body.Rows, r.entry), flags, nil
}

// entry reads one row.
func (r bulkReader[N, V]) entry(data json.RawMessage) (in backoffice.BulkInput[V]) {
	for _, e := range r.check(r.row, data) {
		in.Problems = append(in.Problems, catalog.Problem{Path: e.Pointer, Code: e.Code, Message: e.Message})
	}
	if len(in.Problems) > 0 {
		return in
	}
	var row N
	if err := json.Unmarshal(data, &row); err != nil {
		in.Problems = catalog.Problems{{Message: "this is not what the contract says"}}
		return in
	}
	in.Value = r.value(row)
	return in
}

// check compares a document with a schema.
func (r bulkReader[N, V]) check(schema *huma.Schema, data []byte) (errs []FieldError) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return []FieldError{{Code: catalog.CodeInvalid, Message: "this is not what the contract says"}}
	}
	var res huma.ValidateResult
	path := huma.NewPathBuffer(nil, 0)
	path.Push("body")
	huma.Validate(r.schemas, schema, path, huma.ModeWriteToServer, v, &res)
	for _, err := range res.Errors {
		e := FieldError{Code: catalog.CodeInvalid, Message: "this is not what the contract says"}
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			e.Pointer, e.Message = pointer(detail.Location), plain(detail.Message)
		}
		errs = append(errs, e)
	}
	return errs
}
