package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

const (
	tsvType = "text/tab-separated-values"
	// bulkNote describes the files that a bulk row takes.
	bulkNote = "a file with a header row of the members' names, quoted as RFC 4180 says"
)

// importer adds many entries at once.
type importer[V any] func(ctx context.Context, by backoffice.Caller, business string, in []backoffice.BulkInput[V], opt backoffice.BulkOptions) (backoffice.BulkResult, error)

// office is the office's use-case as an importer. There is no office where the contract alone is made.
func office[V any](a *API, use func(o *backoffice.Office, ctx context.Context, by backoffice.Caller, business string, in []backoffice.BulkInput[V], opt backoffice.BulkOptions) (backoffice.BulkResult, error)) importer[V] {
	return func(ctx context.Context, by backoffice.Caller, business string, in []backoffice.BulkInput[V], opt backoffice.BulkOptions) (backoffice.BulkResult, error) {
		return use(a.office, ctx, by, business, in, opt)
	}
}

// bulk is how a list is imported: N is a row as it is sent, V as the office knows it.
type bulk[N, V any] struct {
	value func(N) V
	parse func(contentType string, data []byte) ([]backoffice.BulkInput[V], error)
	run   importer[V]
}

type bulkIn struct {
	InBusiness
	BulkFlags
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}

// BulkFlags say how to import; a JSON body has members of the same names.
type BulkFlags struct {
	DryRun       bool   `query:"dry_run" doc:"tells what would be done and does nothing"`
	AllOrNothing bool   `query:"all_or_nothing" doc:"writes nothing when a row fails"`
	OnDuplicate  string `query:"on_duplicate" enum:"skip,fail" doc:"what becomes of a row that is there already; skip by default"`
	AutoAreas    bool   `query:"auto_create_service_areas" doc:"locations alone: adds the city of each new active store as a service area that it serves"`
}

func (f BulkFlags) options() backoffice.BulkOptions {
	return backoffice.BulkOptions{DryRun: f.DryRun, AllOrNothing: f.AllOrNothing, OnDuplicate: backoffice.OnDuplicate(f.OnDuplicate), AutoCreateAreas: f.AutoAreas}
}

type bulkRow struct {
	Index  int                   `json:"index" minimum:"0" doc:"the row's place among those sent, from 0"`
	Status backoffice.BulkStatus `json:"status" enum:"created,skipped,failed"`
	ID     *string               `json:"id" doc:"the entry that was made or was there already"`
	Errors []FieldError          `json:"errors" nullable:"false" doc:"why it was skipped or failed; pointers begin at the row"`
}

type bulkSummary struct {
	Created int `json:"created"`
	Skipped int `json:"skipped"`
	Failed  int `json:"failed"`
	Areas   int `json:"service_areas_created"`
}

type bulkOut struct {
	Body struct {
		Summary bulkSummary `json:"summary"`
		Results []bulkRow   `json:"results" nullable:"false"`
	}
}

func shownBulk(r backoffice.BulkResult) *bulkOut {
	var out bulkOut
	out.Body.Summary = bulkSummary{r.Summary.Created, r.Summary.Skipped, r.Summary.Failed, r.Summary.AreasCreated}
	out.Body.Results = shownAll(r.Results, func(row backoffice.BulkRow) bulkRow {
		return bulkRow{Index: row.Index, Status: row.Status, ID: null(row.ID), Errors: fieldErrors(row.Errors)}
	})
	return &out
}

// addBulk registers the bulk row of a list.
func addBulk[N, V any](a *API, path, tag string, b bulk[N, V]) {
	r := route{
		method: http.MethodPost, path: path + "/bulk", id: tag + "-bulk", action: "bulk.import", summary: "Add many at once, with a result per row", tag: tag,
		role: backoffice.Operator, body: mostBulk,
	}
	reader := newBulkReader(a.huma.OpenAPI().Components.Schemas, b.value)
	add(a, r, func(ctx context.Context, c *call, in *bulkIn) (*bulkOut, error) {
		rows, flags, err := b.read(reader, in)
		if err != nil {
			return nil, err
		}
		result, err := b.run(ctx, c.Caller, in.Business, rows, flags.options())
		if err != nil {
			return nil, err
		}
		return shownBulk(result), nil
	})
	file := func() *huma.MediaType {
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: bulkNote}}
	}
	a.operation(r).RequestBody.Content = map[string]*huma.MediaType{jsonType: {Schema: reader.body}, csvType: file(), tsvType: file()}
}
