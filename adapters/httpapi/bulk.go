package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
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

// BulkBody are the parameters and the body of every bulk row.
type BulkBody struct {
	InBusiness
	BulkFlags
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}

func (b *BulkBody) sent() *BulkBody { return b }

// bulkStores is what is sent to the bulk row of locations.
type bulkStores struct {
	BulkBody
	StoreFlags
}

func (b *bulkStores) sent() *BulkBody {
	b.areas = b.AutoAreas
	return &b.BulkBody
}

// BulkFlags say how to import; a JSON body has members of the same names.
type BulkFlags struct {
	DryRun       bool   `query:"dry_run" doc:"tells what would be done and does nothing; the ids of what would be new are null"`
	AllOrNothing bool   `query:"all_or_nothing" doc:"writes nothing when a row fails"`
	OnDuplicate  string `query:"on_duplicate" enum:"skip,fail" doc:"what becomes of a row that is there already; skip by default"`
	areas        bool   // of StoreFlags
}

// StoreFlags say how to import locations.
type StoreFlags struct {
	AutoAreas bool `query:"auto_create_service_areas" doc:"adds the city of each new active store as a service area that it serves; a store whose city cannot be one is created all the same, with the reason in its errors"`
}

func (f BulkFlags) options() backoffice.BulkOptions {
	return backoffice.BulkOptions{DryRun: f.DryRun, AllOrNothing: f.AllOrNothing, OnDuplicate: backoffice.OnDuplicate(f.OnDuplicate), AutoCreateAreas: f.areas}
}

type bulkRow struct {
	Index  int                   `json:"index" minimum:"0" doc:"the row's place among those sent, from 0"`
	Status backoffice.BulkStatus `json:"status" enum:"created,skipped,failed"`
	ID     *string               `json:"id" doc:"the entry that was made or was there already"`
	Errors []FieldError          `json:"errors" nullable:"false" doc:"why it was skipped or failed, or why the city of a created store became no service area; pointers begin at the row"`
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
		return bulkRow{Index: row.Index, Status: row.Status, ID: null(row.ID), Errors: rowErrors(row.Errors)}
	})
	return &out
}

// mostRowErrors is how many things an answer says are wrong with a row.
const mostRowErrors = 10

// rowErrors are what is wrong with a row, the first things alone where there is much.
func rowErrors(problems catalog.Problems) []FieldError {
	if len(problems) > mostRowErrors {
		more := catalog.Problem{Message: "there is more wrong with this row"}
		problems = append(problems[:mostRowErrors:mostRowErrors], more)
	}
	return fieldErrors(problems)
}

// addBulk registers the bulk row of a list.
func addBulk[N, V any](a *API, path, tag string, b bulk[N, V]) {
	addBulkOf(a, path, tag, b, newBulkReader(a.huma.OpenAPI().Components.Schemas, b.value, false), (*BulkBody).sent)
}

// addBulkStores registers that of locations.
func addBulkStores(a *API, path, tag string, b bulk[locationNew, catalog.Location]) {
	addBulkOf(a, path, tag, b, newBulkReader(a.huma.OpenAPI().Components.Schemas, b.value, true), (*bulkStores).sent)
}

func addBulkOf[N, V, I any](a *API, path, tag string, b bulk[N, V], reader bulkReader[N, V], sent func(*I) *BulkBody) {
	r := route{
		method: http.MethodPost, path: path + "/bulk", id: tag + "-bulk", action: "bulk.import", summary: "Add many at once, with a result per row", tag: tag,
		role: backoffice.Operator, body: mostBulk,
	}
	add(a, r, func(ctx context.Context, c *call, in *I) (*bulkOut, error) {
		body := sent(in)
		rows, flags, err := b.read(reader, body)
		if err != nil {
			return nil, err
		}
		result, err := b.run(ctx, c.Caller, body.Business, rows, flags.options())
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
