package httpapi

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// AuditFilter selects lines of the audit trail.
// AuditFilter are the parameters that select lines of the trail.
type AuditFilter struct {
	Actor  string    `query:"actor" maxLength:"64" doc:"id of a principal"`
	Action string    `query:"action" maxLength:"64" doc:"such as prompt.activate"`
	Target string    `query:"target" maxLength:"64" doc:"id of what it was done to"`
	From   time.Time `query:"from" doc:"the first instant"`
	To     time.Time `query:"to" doc:"the first instant after"`
}

func (f AuditFilter) query(business string) backoffice.AuditQuery {
	return backoffice.AuditQuery{Business: business, Actor: f.Actor, Action: f.Action, TargetID: f.Target, From: f.From, To: f.To}
}

type auditOut struct {
	ID      string                 `json:"id"`
	At      time.Time              `json:"at"`
	Actor   backoffice.Actor       `json:"actor"`
	Action  string                 `json:"action"`
	Target  backoffice.Target      `json:"target"`
	Result  backoffice.AuditResult `json:"result" enum:"ok,denied,failed"`
	Changed []string               `json:"changed_fields" nullable:"false"`
	Before  string                 `json:"before_sha256,omitempty"`
	After   string                 `json:"after_sha256,omitempty"`
	Reason  string                 `json:"reason,omitempty"`
	Request string                 `json:"request_id"`
	From    string                 `json:"from,omitempty" doc:"the network address that it came from"`
}

func shownAudit(r backoffice.AuditRecord) auditOut {
	return auditOut{
		ID: r.ID, At: r.At, Actor: r.Actor, Action: r.Action, Target: r.Target, Result: r.Result, Changed: listed(r.ChangedFields),
		Before: r.Before, After: r.After, Reason: r.Reason, Request: r.RequestID, From: r.From,
	}
}

type auditList struct {
	Body struct {
		Records    []auditOut `json:"audit_records" nullable:"false"`
		NextCursor *string    `json:"next_cursor"`
	}
}

// ExportFormat is the form of an export.
// ExportFormat is the parameter of every export.
type ExportFormat struct {
	Format string `query:"format" enum:"ndjson,csv" default:"ndjson"`
}

const (
	ndjsonType = "application/x-ndjson"
	csvType    = "text/csv"
)

// defineTrail are the rows of the audit trail.
func defineTrail(a *API) {
	const all, one = "/api/audit", "/api/businesses/{business_id}/audit"
	add(a, route{method: http.MethodGet, path: all, id: "audit-list", summary: "Who did what", tag: "audit", role: backoffice.Admin},
		func(ctx context.Context, c *call, in *struct {
			AuditFilter
			Paging
		},
		) (*auditList, error) {
			return a.audit(ctx, c, in.query(""), in.Paging)
		})
	add(a, route{method: http.MethodGet, path: one, id: "business-audit-list", summary: "Who did what to a business", tag: "audit", role: backoffice.Admin},
		func(ctx context.Context, c *call, in *struct {
			InBusiness
			AuditFilter
			Paging
		},
		) (*auditList, error) {
			return a.audit(ctx, c, in.query(in.Business), in.Paging)
		})
	add(a, route{
		method: http.MethodGet, path: all + "/export", id: "audit-export", summary: "The audit trail as a file", tag: "audit", role: backoffice.Admin,
		stream: true, types: []string{ndjsonType, csvType},
	}, func(ctx context.Context, c *call, in *struct {
		AuditFilter
		ExportFormat
	},
	) (*huma.StreamResponse, error) {
		return a.auditExport(in.query(""), in.Format), nil
	})
}

func (a *API) audit(ctx context.Context, c *call, q backoffice.AuditQuery, p Paging) (*auditList, error) {
	from, err := c.open(ctx, p.Cursor)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Cursor = p.Limit, from
	records, next, err := a.office.Audit(ctx, q)
	if err != nil {
		return nil, err
	}
	var out auditList
	out.Body.Records = make([]auditOut, len(records))
	for i, r := range records {
		out.Body.Records[i] = shownAudit(r)
	}
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}

func (a *API) auditExport(q backoffice.AuditQuery, format string) *huma.StreamResponse {
	q.Limit = 200
	columns := []string{"at", "actor", "role", "action", "target_type", "target_id", "business_id", "result", "reason", "changed_fields", "request_id", "from", "id", "before_sha256", "after_sha256"}
	return export(format, columns, func(ctx context.Context, row func(any, ...string) error) error {
		for {
			records, next, err := a.office.Audit(ctx, q)
			if err != nil {
				return err
			}
			for _, r := range records {
				err := row(shownAudit(r), r.At.Format(time.RFC3339Nano), r.Actor.PrincipalID, string(r.Actor.Role), r.Action, r.Target.Type, r.Target.ID,
					r.Target.Business, string(r.Result), r.Reason, strings.Join(r.ChangedFields, " "), r.RequestID, r.From, r.ID, r.Before, r.After)
				if err != nil {
					return err
				}
			}
			if q.Cursor = next; next == "" {
				return nil
			}
		}
	})
}

// export streams rows as NDJSON or CSV. What fails before the first row is an error as any other; what fails after it breaks the
// stream off, so that nobody takes a part for the whole.
func export(format string, columns []string, rows func(ctx context.Context, row func(v any, cells ...string) error) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		held, _ := hc.(*answer)
		s := &sheet{held: held, format: format, columns: columns}
		err := rows(hc.Context(), s.row)
		if err != nil && !held.sent {
			held.problem(problemOf(err))
			return
		}
		s.begin()
		if s.csv != nil {
			s.csv.Flush()
		}
		breakOff(err)
	}}
}

// sheet is a stream of rows.
type sheet struct {
	held    *answer
	format  string
	columns []string
	csv     *csv.Writer
	json    *json.Encoder
}

// begin sends the head once.
func (s *sheet) begin() {
	if s.held.sent {
		return
	}
	kind := ndjsonType
	if s.format == "csv" {
		kind = csvType
	}
	s.held.header.Set("Content-Disposition", `attachment; filename="export.`+s.format+`"`)
	out := s.held.stream(http.StatusOK, kind)
	if s.format == "csv" {
		s.csv = csv.NewWriter(out)
		_ = s.csv.Write(s.columns) // what cannot be sent shows with the rows
		return
	}
	s.json = json.NewEncoder(out)
	s.json.SetEscapeHTML(false)
}

func (s *sheet) row(v any, cells ...string) error {
	s.begin()
	if s.csv == nil {
		return s.json.Encode(v)
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return s.csv.Write(cells)
}

// breakOff ends the connection in the middle of an answer.
func breakOff(err error) {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// harmless is a cell that no spreadsheet takes for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
