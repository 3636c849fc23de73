package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

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
	At      instant                `json:"at"`
	Actor   backoffice.Actor       `json:"actor"`
	Action  string                 `json:"action"`
	Target  backoffice.Target      `json:"target"`
	Result  backoffice.AuditResult `json:"result" enum:"ok,denied,failed"`
	Changed []string               `json:"changed_fields" nullable:"false"`
	Before  string                 `json:"before_sha256,omitempty"`
	After   string                 `json:"after_sha256,omitempty"`
	Reason  string                 `json:"reason,omitempty"`
	Request string                 `json:"request_id"`
	From    string                 `json:"from,omitempty" doc:"the network address that it came from, of IPv6 the network of 64 bits; kept as long as the line"`
	Silent  int                    `json:"silent,omitempty" doc:"how many attempts of unknown callers came before this one and have no line: in a minute they get 60, those of one address 20"`
}

func shownAudit(r backoffice.AuditRecord) auditOut {
	return auditOut{
		ID: r.ID, At: utc(r.At), Actor: r.Actor, Action: r.Action, Target: r.Target, Result: r.Result, Changed: listed(r.ChangedFields),
		Before: r.Before, After: r.After, Reason: r.Reason, Request: r.RequestID, From: r.From, Silent: r.Silent,
	}
}

type auditList struct {
	Body struct {
		Records    []auditOut `json:"audit_records" nullable:"false"`
		NextCursor *string    `json:"next_cursor"`
	}
}

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
			return a.auditOf(ctx, c, in.query(in.Business), in.Paging)
		})
	add(a, route{
		method: http.MethodGet, path: all + "/export", id: "audit-export", summary: "The audit trail as a file, in parts", tag: "audit", role: backoffice.Admin,
		stream: true, parts: true, types: []string{ndjsonType, csvType},
	}, func(ctx context.Context, c *call, in *struct {
		AuditFilter
		ExportFormat
		ExportPart
	},
	) (*huma.StreamResponse, error) {
		return a.auditFile(ctx, c, in.query(""), in.Format, in.ExportPart)
	})
}

// auditOf is the trail of a business, which stays when the business is deleted.
func (a *API) auditOf(ctx context.Context, c *call, q backoffice.AuditQuery, p Paging) (*auditList, error) {
	if err := a.office.Known(ctx, q.Business); err != nil {
		return nil, err
	}
	return a.audit(ctx, c, q, p)
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

// auditColumns are those of the CSV form.
func auditColumns() []string {
	return []string{
		"at", "actor", "role", "action", "target_type", "target_id", "business_id", "result", "reason", "changed_fields", "request_id", "from", "id",
		"before_sha256", "after_sha256", "silent",
	}
}

func (o auditOut) cells() []string {
	return []string{
		o.At.String(), o.Actor.PrincipalID, string(o.Actor.Role), o.Action, o.Target.Type, o.Target.ID, o.Target.Business, string(o.Result), o.Reason,
		strings.Join(o.Changed, " "), o.Request, o.From, o.ID, o.Before, o.After, strconv.Itoa(o.Silent),
	}
}

// auditFile is a part of the trail.
func (a *API) auditFile(ctx context.Context, c *call, q backoffice.AuditQuery, format string, p ExportPart) (*huma.StreamResponse, error) {
	return c.part(ctx, format, auditColumns(), p, func(from string, f *filePart) (string, error) {
		q.Limit, q.Cursor = p.Limit, from
		return a.office.ExportAudit(ctx, q, func(r backoffice.AuditRecord) bool {
			line := shownAudit(r)
			return f.row(line, line.cells()...)
		})
	})
}
