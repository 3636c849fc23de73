package job

import (
	"encoding/json"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Note is a queue message: it names work and holds no content.
type Note struct {
	// Schema is the message's version. It is always this program's: what is older is upgraded when it is read.
	Schema int `json:"schema"`
	Job    ID  `json:"job"`
	// Tenant is the job's; empty in a message that was sent as version 0.
	Tenant string `json:"tenant,omitempty"`
	// Parcel is the parcel to work on, or nil for a shard's note.
	Parcel *int `json:"parcel,omitempty"`
	// Shard is the shard whose parcels to send notes for, or nil. From is how many of its parcels, in the order in which they
	// are sent for, have had their turn.
	Shard     *int   `json:"shard,omitempty"`
	From      int    `json:"from,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// ParcelNote names one parcel, ShardNote all open parcels of a shard.
func ParcelNote(j *Job, parcel int) Note {
	return Note{Schema: Schema, Job: j.ID, Tenant: j.Tenant, Parcel: &parcel, RequestID: j.RequestID}
}

// ShardNote names all open parcels of a shard.
func ShardNote(j *Job, shard int) Note {
	return Note{Schema: Schema, Job: j.ID, Tenant: j.Tenant, Shard: &shard, RequestID: j.RequestID}
}

// Pack returns the message body.
func (n Note) Pack() []byte {
	body, err := json.Marshal(n)
	if err != nil {
		panic("note: a struct of texts and numbers does not marshal: " + err.Error())
	}
	return body
}

// ReadNote reads a message body. One of an earlier version is upgraded: Schema is then this program's. Errors: Invalid (no
// message of this program), Newer.
func ReadNote(body []byte) (Note, error) {
	var n Note
	if err := noteFormat.decode(body, &n); err != nil {
		return Note{}, err
	}
	if n.Job == "" || (n.Parcel == nil) == (n.Shard == nil) {
		return Note{}, fault.New(fault.Invalid, "note: names no job, or not one of parcel and shard")
	}
	if n.Parcel != nil && *n.Parcel < 0 || n.Shard != nil && *n.Shard < 0 || n.From < 0 {
		return Note{}, fault.New(fault.Invalid, "note: parcel, shard or from is negative: they count from 0")
	}
	return n, nil
}
