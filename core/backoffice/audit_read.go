package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// AuditQuery selects lines of the trail; zero values select all.
type AuditQuery struct {
	// Business, Actor (a principal's id), Action and TargetID must be equal.
	Business, Actor, Action, TargetID string
	// From is the first instant, To the first one after. By default, and at most, From is seven years ago and To is now.
	From, To time.Time
	// Limit is the most lines, 1 to 200; 0 means 50. Cursor continues.
	Limit  int
	Cursor string
}

const (
	// auditYears is for how long the trail is kept.
	auditYears = 7
	// auditLooks bounds the lists that one page asks for, exportLooks those of a part of a file: it looks at seven years that are empty at once.
	auditLooks, exportLooks = 24, 100
	// MaxAuditExport is how many lines one ExportAudit gives at most.
	MaxAuditExport = 1_000
)

// Audit reads the trail, newest first. A page may be short, even empty, with more to come; only an empty cursor ends it.
func (o *Office) Audit(ctx context.Context, q AuditQuery) (lines []AuditRecord, cursor string, err error) {
	q.Limit = pageSize(q.Limit)
	cursor, err = o.trail(ctx, q, auditLooks, func(r AuditRecord) bool {
		lines = append(lines, r)
		return true
	})
	if err != nil {
		return nil, "", err
	}
	return lines, cursor, nil
}

// ExportAudit gives lines of the trail to do, newest first, until do says false or enough were looked at. Here q.Limit is 1 to MaxAuditExport,
// 0 for as many. It returns the cursor to go on with, which begins with the line that do has said false to, or "" at the end. Whoever walks
// by the cursors gets each line that was there when the walk began one time.
func (o *Office) ExportAudit(ctx context.Context, q AuditQuery, do func(AuditRecord) bool) (cursor string, err error) {
	if q.Limit <= 0 || q.Limit > MaxAuditExport {
		q.Limit = MaxAuditExport
	}
	return o.trail(ctx, q, exportLooks, do)
}

// trail gives at most q.Limit lines to do, and asks for so many lists.
func (o *Office) trail(ctx context.Context, q AuditQuery, lists int, do func(AuditRecord) bool) (cursor string, err error) {
	// There is nothing outside of these, however far a query reaches.
	to, from := o.now().Add(time.Hour), o.now().AddDate(-auditYears, 0, 0)
	if !q.To.IsZero() && q.To.Before(to) {
		to = q.To
	}
	if q.From.After(from) {
		from = q.From
	}
	month, after := firstOf(to), ""
	if q.Cursor != "" {
		if month, after, err = readAuditCursor(q.Cursor); err != nil {
			return "", err
		}
	}
	wanted, given := func(r AuditRecord) bool { return q.wants(r, from, to) }, 0
	for ; !month.Before(firstOf(from)); lists-- {
		if lists == 0 || given == q.Limit {
			return auditCursor(month, after), nil
		}
		page, err := o.Store.List(ctx, ports.Range{Partition: auditPart(month), To: after, Descending: true, Limit: 200})
		if err != nil {
			return "", err
		}
		for _, r := range page.Records {
			line, err := read[AuditRecord](r)
			if err != nil {
				return "", err
			}
			if wanted(line) {
				if given == q.Limit || !do(line) {
					return auditCursor(month, after), nil
				}
				given++
			}
			after = line.ID
		}
		if page.Cursor == "" {
			month, after = month.AddDate(0, -1, 0), ""
		}
	}
	return "", nil
}

func auditCursor(month time.Time, after string) string { return month.Format("2006-01") + "/" + after }

func (q AuditQuery) wants(r AuditRecord, from, to time.Time) bool {
	return (q.Business == "" || q.Business == r.Target.Business) && (q.Actor == "" || q.Actor == r.Actor.PrincipalID) &&
		(q.Action == "" || q.Action == r.Action) && (q.TargetID == "" || q.TargetID == r.Target.ID) && !r.At.Before(from) && r.At.Before(to)
}

func firstOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func readAuditCursor(cursor string) (time.Time, string, error) {
	const month = len("2006-01")
	if len(cursor) > month && cursor[month] == '/' {
		if at, err := time.Parse("2006-01", cursor[:month]); err == nil {
			return at, cursor[month+1:], nil
		}
	}
	return time.Time{}, "", fault.New(fault.Invalid, "audit: this is no cursor of an earlier page")
}
