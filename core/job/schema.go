package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Schema is the version of job headers and messages that this program writes. A program reads its own version and all
// before it; a newer one is fault.Newer and left alone.
//
// An earlier version is upgraded while it is read, one version after the other, by the tables of this file: what a
// program sees, and writes back, is always its own version. Whoever raises Schema adds the edits that lead to it; those
// that stand here never change, because the records that they are about do not.
const Schema = 1

// noSchema stands for a missing schema field, which is no version: 0 is the first.
const noSchema = math.MinInt

// format is one sort of record that is kept as JSON.
type format struct {
	// name is what errors call it, bad the kind of an error in it.
	name string
	bad  fault.Kind
	// upgrades[v] are the edits that make version v+1 of version v.
	upgrades [Schema][]edit
}

// edit is one difference of a version from the one before: a field with another name than it had, or a new one.
type edit struct {
	// field is the name, was the earlier one; empty for a new field.
	field, was string
	// missing is what it means that a record is older than the field, as JSON; empty when it means none. It is never
	// left to Go's zero value to say that.
	missing string
}

var jobFormat = format{"job", fault.Corrupt, [Schema][]edit{
	0: {{field: "tenant", was: "business_id"}, {field: "lane", missing: `"` + string(cost.Realtime) + `"`}},
}}

// A note of version 0 names no tenant: its job's header does.
var noteFormat = format{"note", fault.Invalid, [Schema][]edit{
	0: {{field: "job", was: "job_id"}, {field: "tenant"}},
}}

// decode refuses what the program does not know, so that nothing of a record is lost when it is written back. A newer
// schema is recognised before anything else is read, because anything may have changed with it: it is Newer, all other
// errors are of the format's kind and of no other.
func (f format) decode(body []byte, into versioned) error {
	if strictly(body, into) == nil && into.version() == Schema {
		return nil
	}
	into.reset()
	head := struct {
		Schema int `json:"schema"`
	}{noSchema}
	if err := json.Unmarshal(body, &head); err != nil {
		return fault.New(f.bad, "%s: %v", f.name, err)
	}
	switch version := head.Schema; {
	case version == noSchema:
		return fault.New(f.bad, "%s: has no schema", f.name)
	case version < 0:
		return fault.New(f.bad, "%s: has schema %d, the first is 0", f.name, version)
	case version > Schema:
		return fault.New(fault.Newer, "%s: has schema %d, this program knows up to %d: use a newer program", f.name, version, Schema)
	case version < Schema:
		upgraded, err := f.upgrade(body, version)
		if err != nil {
			return fault.New(f.bad, "%s: has schema %d: %v", f.name, version, err)
		}
		body = upgraded
	}
	if err := strictly(body, into); err != nil {
		return fault.New(f.bad, "%s: %v", f.name, err)
	}
	return nil
}

// versioned is a record that knows its version. Most records are of this program's version, and are read in one go.
type versioned interface {
	version() int
	reset()
}

func (j *Job) version() int  { return j.Schema }
func (j *Job) reset()        { *j = Job{} }
func (n *Note) version() int { return n.Schema }
func (n *Note) reset()       { *n = Note{} }

// strictly reads JSON into a value that has all of its fields, and nothing behind it.
func strictly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if rest := bytes.TrimSpace(body[d.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("%d bytes stand behind the record", len(rest))
	}
	return nil
}

// upgrade makes a record of this program's version out of one of an earlier version.
func (f format) upgrade(body []byte, version int) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	for name := range fields {
		// The decoder takes LANE for lane, and a long ſ for an s; the edits would pass them by.
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, fmt.Errorf("unknown field %q", name)
		}
	}
	for _, edits := range f.upgrades[version:] {
		for _, e := range edits {
			if err := e.apply(fields); err != nil {
				return nil, err
			}
		}
	}
	fields["schema"] = json.RawMessage(strconv.Itoa(Schema))
	return json.Marshal(fields)
}

// apply makes the edit. A record that has the field before its time is of no version, nor is one without its forerunner.
func (e edit) apply(fields map[string]json.RawMessage) error {
	if _, early := fields[e.field]; early {
		return fmt.Errorf("unknown field %q", e.field)
	}
	value := json.RawMessage(e.missing)
	if e.was != "" {
		value = fields[e.was]
		if value == nil || string(value) == "null" {
			return fmt.Errorf("has no field %q", e.was)
		}
		delete(fields, e.was)
	}
	if len(value) > 0 {
		fields[e.field] = value
	}
	return nil
}
