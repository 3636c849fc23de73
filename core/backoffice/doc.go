// Package backoffice is what an agency's staff do besides running jobs: they keep businesses with all that pages are made
// of, prompts, budgets, webhooks and each other's access, and every change of theirs is in the audit trail.
//
// Office holds the records and their rules over a ports.Store alone; Jobs joins it to the engine. Every change is one Update
// that writes the record and the line of the audit trail together. Who may do what is for the caller to check by Role and
// Caller.Sees before; what has been denied is told to Deny.
package backoffice
