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

// ledgerFile is one that answers with a file, in parts.
func ledgerFile(path, id, summary string, role backoffice.Role) route {
	r := ledgerRow(path+"/export", id, summary+", in parts", role)
	r.stream, r.parts, r.types = true, true, []string{ndjsonType, csvType}
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
	add(a, ledgerFile(jobLedger, "job-ledger-export", "A job's ledger as a file", backoffice.Operator), func(ctx context.Context, c *call, in *struct {
		InJob
		LedgerFilter
		ExportFormat
		ExportPart
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(ctx, c, in.books(), in.LedgerFilter, in.Format, in.ExportPart)
	})
	add(a, ledgerFile(businessLedger, "business-ledger-export", "A business's ledger as a file", backoffice.Operator), func(ctx context.Context, c *call, in *struct {
		InBusiness
		LedgerFilter
		ExportFormat
		ExportPart
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(ctx, c, in.books(), in.LedgerFilter, in.Format, in.ExportPart)
	})
	add(a, ledgerFile(allLedger, "ledger-export", "The ledgers of all businesses as a file", backoffice.Admin), func(ctx context.Context, c *call, in *struct {
		LedgerFilter
		ExportFormat
		ExportPart
	},
	) (*huma.StreamResponse, error) {
		return a.entriesFile(ctx, c, books{}, in.LedgerFilter, in.Format, in.ExportPart)
	})
}

// of reports whether a job may have entries that are asked for.
func (f LedgerFilter) of(j *job.Job) bool { return f.To.IsZero() || j.CreatedAt.Before(f.To) }

// entries is a page of the books. It looks at 5,000 lines, so it may be short with more to come.
func (a *API) entries(ctx context.Context, c *call, of books, f LedgerFilter, p Paging) (*entryList, error) {
	from, err := c.open(ctx, p.Cursor)
	if err != nil {
		return nil, err
	}
	var out entryList
	out.Body.Entries = []entryOut{}
	next, err := a.look(ctx, of, from, f, p.Limit, func(e entryOut) bool {
		out.Body.Entries = append(out.Body.Entries, e)
		return true
	})
	if err != nil {
		return nil, err
	}
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}

// entriesFile is a part of the books.
func (a *API) entriesFile(ctx context.Context, c *call, of books, f LedgerFilter, format string, p ExportPart) (*huma.StreamResponse, error) {
	return c.part(ctx, format, entryColumns(), p, func(from string, part *filePart) (string, error) {
		return a.look(ctx, of, from, f, p.Limit, func(e entryOut) bool { return part.row(e, e.cells()...) })
	})
}

// look gives the entries that are asked for to take, from the place on that an earlier look has returned, until there are enough of them, take
// says false or 5,000 lines were looked at. It returns the place to go on at, "" at the end. That place is right behind the last line that was
// looked at: what is appended there meanwhile comes next.
func (a *API) look(ctx context.Context, of books, from string, f LedgerFilter, limit int, take func(entryOut) bool) (next string, err error) {
	behind, err := readPlace(from)
	if err != nil {
		return "", err
	}
	looked, taken := 0, 0
	err = a.walk(ctx, of, behind, f.of, func(at place, j *job.Job, l engine.Line) error {
		wanted := f.wants(l)
		if looked == ledgerLooks || taken == limit || wanted && !take(shownEntry(j, l)) {
			next = behind.String()
			return errEnough
		}
		if looked++; wanted {
			taken++
		}
		behind = at
		behind.At.Seq++
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return "", err
	}
	return next, nil
}
