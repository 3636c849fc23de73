package httpapi

import (
	"encoding/json"
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

// bulkReader reads JSON bodies: the body as a whole is right once the form has let it pass, and of its rows each is right or wrong by itself.
type bulkReader[N, V any] struct {
	schemas   huma.Registry
	body, row *huma.Schema
	value     func(N) V
}

func newBulkReader[N, V any](schemas huma.Registry, value func(N) V, areas bool) bulkReader[N, V] {
	row := schemas.Schema(reflect.TypeFor[N](), true, "")
	body := bulkSchema(row, areas)
	body.PrecomputeMessages()
	return bulkReader[N, V]{schemas: schemas, body: body, row: row, value: value}
}

// bulkSchema takes anything for a row: what is no entry fails by itself and stops no other. With areas it also has the member that is
// for locations alone.
func bulkSchema(row *huma.Schema, areas bool) *huma.Schema {
	most := backoffice.MaxBulkRows
	flag := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeBoolean, Default: false, Description: doc}
	}
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"rows"},
		Properties: map[string]*huma.Schema{
			"rows": {
				Type: huma.TypeArray, MaxItems: &most, Description: "entries as they are added one by one; one that is not is answered as failed",
				Items: &huma.Schema{AnyOf: []*huma.Schema{row, {Description: "anything else is answered as failed"}}},
			},
			"dry_run":        flag("tells what would be done and does nothing; the ids of what would be new are null"),
			"all_or_nothing": flag("writes nothing when a row fails"),
			"on_duplicate":   {Type: huma.TypeString, Enum: []any{"skip", "fail"}, Default: "skip", Description: "what becomes of a row that is there already"},
		},
	}
	if areas {
		s.Properties["auto_create_service_areas"] = flag("adds the city of each new active store as a service area that it serves; a store whose city cannot be one is created all the same, with the reason in its errors")
	}
	return s
}

// read reads the rows of a body and how to import them.
func (b bulk[N, V]) read(reader bulkReader[N, V], in *BulkBody) ([]backoffice.BulkInput[V], BulkFlags, error) {
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

// read reads a body that the form has let pass.
func (r bulkReader[N, V]) read(data []byte, flags BulkFlags) ([]backoffice.BulkInput[V], BulkFlags, error) {
	var body bulkBody
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, flags, invalid("", "this is not what the contract says")
	}
	flags.DryRun, flags.AllOrNothing, flags.areas = flags.DryRun || body.DryRun, flags.AllOrNothing || body.AllOrNothing, flags.areas || body.AutoAreas
	if body.OnDuplicate != "" {
		flags.OnDuplicate = body.OnDuplicate
	}
	return shownAll(body.Rows, r.entry), flags, nil
}

// entry reads one row.
func (r bulkReader[N, V]) entry(data json.RawMessage) (in backoffice.BulkInput[V]) {
	unread := catalog.Problems{{Message: "this is not what the contract says"}}
	var v any
	if json.Unmarshal(data, &v) != nil {
		in.Problems = unread
		return in
	}
	for _, e := range (shape{r.schemas}).errors(v, r.row) {
		in.Problems = append(in.Problems, catalog.Problem{Path: e.Pointer, Code: e.Code, Message: e.Message})
	}
	if len(in.Problems) > 0 {
		return in
	}
	var row N
	if json.Unmarshal(data, &row) != nil {
		in.Problems = unread
		return in
	}
	in.Value = r.value(row)
	return in
}
