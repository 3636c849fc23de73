package world

import (
	"bytes"
	"encoding/json"

	"github.com/marketbrewer/marketbrewer/ports"
)

// aged is a record as a machine of the first version writes it: headers of jobs had business_id for tenant, and no lane.
func (m *Machine) aged(record ports.Record) ports.Record {
	// A program of that version had no other lane than realtime, and none of its jobs is in one.
	if m.old && record.Kind == "job" && bytes.Contains(record.Body, []byte(`"lane":"realtime"`)) {
		record.Body = rename(record.Body, "tenant", "business_id", "lane")
	}
	return record
}

// agedNote is a message as a machine of the first version sends it: it had job_id for job, and no tenant.
func (m *Machine) agedNote(body []byte) []byte {
	if !m.old {
		return body
	}
	return rename(body, "job", "job_id", "tenant")
}

// rename turns a JSON object of schema 1 into one of schema 0.
func rename(body []byte, from, to, without string) []byte {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		panic("world: " + err.Error())
	}
	fields[to] = fields[from]
	fields["schema"] = json.RawMessage("0")
	delete(fields, from)
	delete(fields, without)
	old, err := json.Marshal(fields)
	if err != nil {
		panic("world: " + err.Error())
	}
	return old
}
