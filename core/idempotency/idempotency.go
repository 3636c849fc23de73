// Package idempotency says whether a request is new, a repeat of one that was answered, or another request under a key
// that is taken.
//
// The caller keeps one Record per tenant and key, writes it in the same transaction as the effect, and asks Decide with
// the record it read there. The scope of a key and what belongs into a fingerprint are the caller's to choose.
package idempotency

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Keep is how long a record answers repeats, 7 days.
const Keep = 7 * 24 * time.Hour

// MaxKey is the longest key in characters.
const MaxKey = 255

// Record is what is stored under a key.
type Record struct {
	// Job is the id of the job that the request made.
	Job string `json:"job"`
	// Fingerprint is that of the request.
	Fingerprint Fingerprint `json:"fingerprint"`
	// Created is when the request was taken.
	Created time.Time `json:"created"`
	// Expires is the first instant at which the key is free again. The zero time never comes: without it a broken
	// record would let the same request be done, and paid, twice.
	Expires time.Time `json:"expires,omitzero"`
}

// Remember is the record of a request that was taken now; it expires after Keep.
func Remember(job string, fp Fingerprint, now time.Time) Record {
	return Record{Job: job, Fingerprint: fp, Created: now, Expires: now.Add(Keep)}
}

// Expired reports whether the record no longer counts.
func (r Record) Expired(now time.Time) bool { return !r.Expires.IsZero() && !now.Before(r.Expires) }

// Answer is what a request is in view of the record under its key.
type Answer uint8

const (
	// New: the key is free. Do the work and store a record with it.
	New Answer = iota + 1
	// Repeat: the same request was taken before. Give its job again.
	Repeat
	// Conflict: the key belongs to another request. Refuse.
	Conflict
)

// String is the answer's name: new, repeat or conflict.
func (a Answer) String() string {
	switch a {
	case New:
		return "new"
	case Repeat:
		return "repeat"
	case Conflict:
		return "conflict"
	}
	return "unknown"
}

// Decide tells what a request with this fingerprint is. Existing is the record stored under its key, nil if there is
// none; an expired one counts as absent.
func Decide(existing *Record, now time.Time, fp Fingerprint) Answer {
	switch {
	case existing == nil || existing.Expired(now):
		return New
	case existing.Fingerprint == fp:
		return Repeat
	}
	return Conflict
}

// CheckKey is fault.Invalid unless the key is 1 to 255 printable ASCII characters.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fault.New(fault.Invalid, "idempotency: the key has %d bytes: use 1 to %d printable ASCII characters", len(key), MaxKey)
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return fault.New(fault.Invalid, "idempotency: the key's byte %d is 0x%02x: use printable ASCII characters only", i+1, key[i])
		}
	}
	return nil
}
