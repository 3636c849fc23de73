package backoffice

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

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

// AuditRecord is one line of the audit trail: no values, no e-mail addresses, no secrets. It is never changed or removed.
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
	// From is the network address that the attempt came from, of IPv6 the network of 64 bits, empty where there is none. It may lead to a
	// person, and is kept as long as the line.
	From string `json:"from,omitempty"`
	// Silent is how many attempts of callers that nobody knows came before this one, in the same process, and have no line: see Deny.
	Silent int `json:"silent,omitempty"`
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

// named is a value that has no members of its own, under its name in answers.
func named(name string, v any) any { return map[string]any{name: v} }

// fields are the members of a record's JSON, without what every write changes.
func fields(v any) map[string]json.RawMessage {
	made := map[string]json.RawMessage{}
	if v == nil {
		return made
	}
	if err := json.Unmarshal(marshal(v), &made); err != nil {
		panic("backoffice: what has no members needs a name to be noted by")
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

// Deny notes an attempt that was not allowed, Fail one that was and came to nothing. The reason is a short word, never
// somebody's text. Each attempt of a principal has a line. Those of callers that nobody knows, or whose token or access has ended, have at
// most 60 in a minute and process, 20 of them from one address: the next line says how many had none.
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
	if by.Role == "" { // a stranger, or somebody whose token or access has ended
		var allowed bool
		if line.Silent, allowed = o.strangers.take(by.From, line.At); !allowed {
			return nil
		}
	}
	key := auditKey(line.At, line.ID)
	return o.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(record(key, kindAudit, line))
		return nil
	})
}

// write adds the line to the trail.
func (r AuditRecord) write(tx ports.Tx, n note) {
	tx.Create(record(auditKey(r.At, r.ID), kindAudit, r.with(n)))
}
