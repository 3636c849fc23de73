package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func (in InBusiness) books() books { return books{business: in.Business} }

func (in InJob) books() books { return books{in.Business, in.Job} }

const (
	jobLedger      = onePath + "/ledger"
	businessLedger = "/api/businesses/{business_id}/ledger"
	allLedger      = "/api/ledger"
)

// ledgerRow is a row that reads the ledger of a job, a business or all.
func ledgerRow(path, id, summary string, role backoffice.Role) route {
	return route{method: http.MethodGet, path: path, id: id, summary: summary, tag: "ledger", role: role}
}

// ledgerFile is one that answers with a file.
func ledgerFile(path, id, summary string, role backoffice.Role) route {
	r := ledgerRow(path+"/export", id, summary, role)
	r.stream, r.types = true, []string{ndjsonType, csvType}
	return r
}

// defineLedger are the rows that list and export the ledger.
func defineLedger(a *API) {
	add(a, ledgerRow(jobLedger, "job-ledger-list", "A job's ledger, shard by shard", backoffice.Operator), func(ctx context.Context, c *call, in *struct {
		InJob
		LedgerFilter
		Paging
	},
	) (*entryList, error) {
		return a.entries(ctx, c, in.books(), in.LedgerFilter, in.Paging)
	})
	add(a, ledgerRow(businessLedger, "business-ledger-list", "A business's ledger, job by job from the newest", backoffice.Operator), func(ctx context.Context, c *call, in *struct {
		InBusiness
		LedgerFilter
		Paging
	},
	) (*entryList, error) {
		return a.entries(ctx, c, in.books(), in.LedgerFilter, in.Paging)
	})
	add(a, ledgerRow(allLedger, "ledger-list", "The ledgers of all businesses", backoffice.Admin), func(ctx context.Context, c *call, in *struct {
		LedgerFilter
		Paging
	},
	) (*entryList, error) {
		return a.entries(ctx, c, books{}, in.LedgerFilter, in.Paging)
	})
	defineLedgerFiles(a)
}

func defineLedgerFiles(a *API) {
	add(a, ledgerFile(jobLedger, "job-ledger-export", "A job's ledger as a file", backoffice.Operator), func(_ context.Context, _ *call, in *struct {
		InJob
		LedgerFilter
		ExportFormat
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(in.books(), in.LedgerFilter, in.Format), nil
	})
	add(a, ledgerFile(businessLedger, "business-ledger-export", "A business's ledger as a file", backoffice.Operator), func(_ context.Context, _ *call, in *struct {
		InBusiness
		LedgerFilter
		ExportFormat
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(in.books(), in.LedgerFilter, in.Format), nil
	})
	add(a, ledgerFile(allLedger, "ledger-export", "The ledgers of all businesses as a file", backoffice.Admin), func(_ context.Context, _ *call, in *struct {
		LedgerFilter
		ExportFormat
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(books{}, in.LedgerFilter, in.Format), nil
	})
}

// of reports whether a job may have entries that are asked for.
func (f LedgerFilter) of(j *job.Job) bool { return f.To.IsZero() || j.CreatedAt.Before(f.To) }

// entries is a page of the books. It looks at 5,000 lines, so it may be short with more to come.
func (a *API) entries(ctx context.Context, c *call, of books, f LedgerFilter, p Paging) (*entryList, error) {
	inner, err := c.open(ctx, p.Cursor)
	if err != nil {
		return nil, err
	}
	from, err := readPlace(inner)
	if err != nil {
		return nil, err
	}
	var out entryList
	out.Body.Entries = []entryOut{}
	looked := 0
	err = a.walk(ctx, of, from, f.of, func(at place, j *job.Job, l engine.Line) (err error) {
		if len(out.Body.Entries) == p.Limit || looked == ledgerLooks {
			if out.Body.NextCursor, err = c.next(ctx, at.String()); err != nil {
				return err
			}
			return errEnough
		}
		if looked++; f.wants(l) {
			out.Body.Entries = append(out.Body.Entries, shownEntry(j, l))
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return &out, nil
}

func (a *API) entriesFile(of books, f LedgerFilter, format string) *huma.StreamResponse {
	return export(format, entryColumns(), func(ctx context.Context, row func(any, ...string) error) error {
		return a.walk(ctx, of, place{}, f.of, func(_ place, j *job.Job, l engine.Line) error {
			if !f.wants(l) {
				return nil
			}
			e := shownEntry(j, l)
			return row(e, e.cells()...)
		})
	})
}
