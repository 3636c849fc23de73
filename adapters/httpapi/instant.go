package httpapi

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// instant is a time in an answer: RFC 3339 in UTC, always with milliseconds, so that texts of times compare and parse alike. Requests have
// time.Time, which reads any RFC 3339.
type instant struct{ time.Time }

// utc is a time as answers have it, to the millisecond. That of no time is left out with omitzero.
func utc(t time.Time) instant { return instant{t.UTC().Truncate(time.Millisecond)} }

// moment is a time in an answer, null for none: its member is nullable.
func moment(t time.Time) *instant {
	if t.IsZero() {
		return nil
	}
	at := utc(t)
	return &at
}

// instantLayout has all three decimals, zeros too.
const instantLayout = "2006-01-02T15:04:05.000Z"

// String is the time as a cell of a file has it, empty for none.
func (i instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.Format(instantLayout)
}

// MarshalJSON writes the time as a member has it.
func (i instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.Format(instantLayout) + `"`), nil
}

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	s := text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$`, "", "2026-11-27T09:30:00.000Z")
	s.Format = "date-time"
	return s
}
