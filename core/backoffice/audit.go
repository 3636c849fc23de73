package backoffice

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// AuditResult is what an action came to.
type AuditResult string

// The results.
const (
	AuditOK     AuditResult = "ok"
	AuditDenied AuditResult = "denied"
	AuditFailed AuditResult = "failed"
)

// Target is what an action was done to.
type Target struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	// Business is the business that it belongs to, empty for none.
	Business string `json:"business_id,omitempty"`
}

// Action names an attempt to change something, as dotted words such as prompt.activate.
type Action struct {
	Name   string
	Target Target
}

// Actor is who did it.
type Actor struct {
	PrincipalID string        `json:"principal_id"`
	Kind        PrincipalKind `json:"kind"`
	Role        Role          `json:"role"`
}

// AuditRecord is one line of the audit trail: no values, no addresses, no secrets. It is never changed or removed.
type AuditRecord struct {
	ID     string      `json:"id"`
	At     time.Time   `json:"at"`
	Actor  Actor       `json:"actor"`
	Action string      `json:"action"`
	Target Target      `json:"target"`
	Result AuditResult `json:"result"`
	// ChangedFields names the members that have changed; Before and After are the hex SHA-256 of the record, empty where
	// there was none.
	ChangedFields []string `json:"changed_fields,omitempty"`
	Before        string   `json:"before_sha256,omitempty"`
	After         string   `json:"after_sha256,omitempty"`
	// Reason is a short word of why it was denied or failed.
	Reason    string `json:"reason,omitempty"`
	RequestID string `json:"request_id"`
	// From is the network address that the attempt came from, empty where there is none.
	From string `json:"from,omitempty"`
}

// note is what a decision says of itself for the audit trail. It is made afresh in every run.
type note struct {
	target        *Target
	before, after string
	fields        []string
}

// changed notes a record before and after; nil stands for none.
func (n *note) changed(before, after any) {
	was, is := fields(before), fields(after)
	n.before, n.after = hashOf(was, before), hashOf(is, after)
	n.fields = nil
	for name, value := range is {
		if !bytes.Equal(was[name], value) {
			n.fields = append(n.fields, name)
		}
	}
	for name := range was {
		if _, still := is[name]; !still {
			n.fields = append(n.fields, name)
		}
	}
	slices.Sort(n.fields)
}

// on names the target once it is known, for what is being made.
func (n *note) on(t Target) { n.target = &t }

// fields are the members of a record's JSON, without what every write changes.
func fields(v any) map[string]json.RawMessage {
	made := map[string]json.RawMessage{}
	if v == nil {
		return made
	}
	if err := json.Unmarshal(marshal(v), &made); err != nil {
		return map[string]json.RawMessage{"value": marshal(v)}
	}
	delete(made, "updated_at")
	delete(made, "revision")
	return made
}

func hashOf(members map[string]json.RawMessage, v any) string {
	if v == nil {
		return ""
	}
	sum := sha256.Sum256(marshal(members))
	return hex.EncodeToString(sum[:])
}

// auditKey is where a record stands: by month, in the order of the ids.
func auditKey(at time.Time, id string) ports.Key {
	return ports.Key{Partition: auditPart(at), Sort: id}
}

func auditPart(at time.Time) string { return "audit/" + at.UTC().Format("2006-01") }

// act runs one change and writes its line of the audit trail along. After a lost acknowledgement the decision is run again:
// the line that it then finds is its own, and what the run before it has set outside stands.
func (o *Office) act(ctx context.Context, by Caller, a Action, keys []ports.Key, decide func(tx ports.Tx, n *note) error) error {
	line := o.line(by, a, AuditOK)
	key := auditKey(line.At, line.ID)
	return o.Store.Update(ctx, append(slices.Clone(keys), key), func(tx ports.Tx) error {
		if _, done := tx.Get(key); done {
			return nil
		}
		var n note
		if err := decide(tx, &n); err != nil {
			return err
		}
		tx.Put(record(key, kindAudit, line.with(n)))
		return nil
	})
}

// line begins a record of the trail.
func (o *Office) line(by Caller, a Action, result AuditResult) AuditRecord {
	return AuditRecord{
		ID: o.IDs.NewID(), At: o.now(), Action: a.Name, Target: a.Target, Result: result, RequestID: by.RequestID, From: by.From,
		Actor: Actor{PrincipalID: by.Principal, Kind: by.Kind, Role: by.Role},
	}
}

func (r AuditRecord) with(n note) AuditRecord {
	if n.target != nil {
		r.Target = *n.target
	}
	r.Before, r.After, r.ChangedFields = n.before, n.after, n.fields
	return r
}

// Along returns what an engine call writes into its own Update for the trail, and the record's key. The job's id fills in a
// target without one.
func (o *Office) Along(by Caller, a Action) func(tx ports.Tx, job string) error {
	line := o.line(by, a, AuditOK)
	return func(tx ports.Tx, job string) error {
		if line.Target.ID == "" {
			line.Target.ID = job
		}
		tx.Create(record(auditKey(line.At, line.ID), kindAudit, line))
		return nil
	}
}

// Deny notes an attempt that was not allowed, Fail one that was and came to nothing. The reason is a short word, never
// somebody's text.
func (o *Office) Deny(ctx context.Context, by Caller, a Action, reason string) error {
	return o.tell(ctx, by, a, AuditDenied, reason)
}

// Fail is described at Deny.
func (o *Office) Fail(ctx context.Context, by Caller, a Action, reason string) error {
	return o.tell(ctx, by, a, AuditFailed, reason)
}

func (o *Office) tell(ctx context.Context, by Caller, a Action, result AuditResult, reason string) error {
	line := o.line(by, a, result)
	line.Reason = reason
	key := auditKey(line.At, line.ID)
	return o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(record(key, kindAudit, line))
		return nil
	})
}

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
	// auditLooks bounds the lists that one call asks for.
	auditLooks = 24
)

// Audit reads the trail, newest first. A page may be short, even empty, with more to come; only an empty cursor ends it.
func (o *Office) Audit(ctx context.Context, q AuditQuery) (lines []AuditRecord, cursor string, err error) {
	limit := pageSize(q.Limit)
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
			return nil, "", err
		}
	}
	for looks := 0; ; looks++ {
		if month.Before(firstOf(from)) {
			return lines, "", nil
		}
		if looks == auditLooks || len(lines) == limit {
			return lines, month.Format("2006-01") + "/" + after, nil
		}
		page, err := o.Store.List(ctx, ports.Range{Partition: auditPart(month), To: after, Descending: true, Limit: 200})
		if err != nil {
			return nil, "", err
		}
		for _, r := range page.Records {
			if len(lines) == limit {
				break
			}
			line, err := read[AuditRecord](r)
			if err != nil {
				return nil, "", err
			}
			after = line.ID
			if q.wants(line, from, to) {
				lines = append(lines, line)
			}
		}
		if len(lines) < limit && page.Cursor == "" {
			month, after = month.AddDate(0, -1, 0), ""
		}
	}
}

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
