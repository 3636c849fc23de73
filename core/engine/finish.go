package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Event is one line of a job's history.
type Event struct {
	Seq int `json:"seq"`
	// Type is what happened: created, started, paused, resumed, cancel_requested, cancelled, completed, partial, failed,
	// retried, budget_changed, overrun_paid.
	Type string    `json:"type"`
	At   time.Time `json:"at"`
	// Data says more, by type.
	Data map[string]string `json:"data,omitempty"`
}

// newEvent numbers the next event of the job and returns its record.
func newEvent(j *job.Job, name string, now time.Time, data map[string]string) ports.Record {
	j.Events++
	return ports.Record{Key: eventKey(j.ID, j.Events), Kind: kindEvent, Body: marshal(Event{Seq: j.Events, Type: name, At: now, Data: maps.Clone(data)})}
}

// actorEngine is who does what nobody has asked for by a call.
const actorEngine = "engine"

// ownEvent is an event of the engine's own doing, for the request that made the job. Within a call of somebody it is theirs.
func ownEvent(j *job.Job, name string, now time.Time, data map[string]string) ports.Record {
	said := map[string]string{"actor": actorEngine}
	if j.RequestID != "" {
		said["request_id"] = j.RequestID
	}
	maps.Copy(said, data)
	return newEvent(j, name, now, said)
}

// marshal encodes a value of this package, which has nothing that JSON cannot say.
func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("engine: a record does not marshal: " + err.Error())
	}
	return body
}

// putJob writes the job's next revision. A new job may be one that an earlier run of the same decision has put already, in
// vain: it is at its first all the same.
func putJob(tx ports.Tx, j *job.Job) error {
	if _, stands := tx.Get(jobKey(j.ID)); !stands {
		j.Revision = 0
	}
	j.Revision++
	body, err := j.Pack()
	if err != nil {
		return err
	}
	tx.Put(ports.Record{Key: jobKey(j.ID), Kind: kindJob, Body: body})
	return nil
}

// Seal closes one round of a job over the ends of all its chains.
type Seal struct {
	Round int         `json:"round"`
	At    time.Time   `json:"at"`
	Heads []cost.Head `json:"heads"`
	Hash  cost.Hash   `json:"hash"`
}

// sums are what the shards of a job have come to.
type sums struct {
	counts            job.Counts
	settled, presumed cost.Pico
}

// total sums what the shards that have ended came to.
func total(j *job.Job) (s sums) {
	for _, end := range j.Ends {
		if end != nil {
			s.counts = s.counts.Plus(end.Counts)
			s.settled += end.Account.Settled
			s.presumed += end.Account.Presumed
		}
	}
	return s
}

// endState is what an ended job reads, by its tasks; one whose cancel came before its end is cancelled, whatever they became.
func endState(j *job.Job, counts job.Counts) job.State {
	switch {
	case counts[job.TaskCancelled] > 0, !j.CancelledAt.IsZero():
		return job.StateCancelled
	case counts[job.TaskFailed] == 0:
		return job.StateCompleted
	case counts[job.TaskCompleted] == 0:
		return job.StateFailed
	}
	return job.StatePartial
}

// endJob writes the state, the seal, the history, the notice and removes the active row. The caller puts the header.
func endJob(tx ports.Tx, now time.Time, j *job.Job, tell func(ports.Event)) error {
	all := total(j)
	if err := j.Move(endState(j, all.counts)); err != nil {
		return err
	}
	j.CompletedAt, j.Pauses, j.PausedAt, j.Carried = now, nil, time.Time{}, j.Wish
	heads := make([]cost.Head, len(j.Ends))
	for i, end := range j.Ends {
		heads[i] = end.Head
	}
	seal := Seal{Round: j.Round, At: now, Heads: heads, Hash: cost.Seal(j.Round, heads)}
	tx.Create(ports.Record{Key: sealKey(j.ID, j.Round), Kind: kindSeal, Body: marshal(seal)})
	said := map[string]string{"settled_usd": all.settled.String(), "presumed_usd": all.presumed.String()}
	if j.Forecast != nil {
		said["expected_usd"] = j.Forecast.Expected.String()
	}
	tx.Create(ownEvent(j, string(j.State), now, said))
	if _, active := tx.Get(activeKey(j.ID)); active {
		tx.Delete(activeKey(j.ID))
	}
	switch j.State {
	case job.StateCompleted, job.StatePartial:
		tx.Create(newNotice(j, "job.completed", now, all))
	case job.StateFailed:
		tx.Create(newNotice(j, "job.failed", now, all))
	}
	tell(ports.Event{Name: ports.EventJobEnded, Count: all.counts.Total(), Amount: all.settled, Detail: string(j.State)})
	return nil
}

// newNotice is the outbox record of an event for the world outside. Its id is made of what it says, so that it exists
// once however often the change that writes it is tried.
func newNotice(j *job.Job, kind string, now time.Time, all sums) ports.Record {
	id := fmt.Sprintf("%s-%d-%d-%s", j.ID, j.Round, j.Wish, kind)
	reason := ""
	if j.Paused() {
		reason = string(j.Pauses[0])
	}
	said := map[string]any{
		"business_id": j.Tenant, "job_id": j.ID, "round": j.Round, "status": j.State, "pause_reason": reason,
		"counts": map[string]int{
			"total": j.Layout.Tasks, "completed": all.counts[job.TaskCompleted],
			"failed": all.counts[job.TaskFailed], "cancelled": all.counts[job.TaskCancelled],
		},
		"settled_usd": all.settled, "presumed_usd": all.presumed, "budget_usd": j.Cap, "request_id": j.RequestID,
		"labels": j.Labels,
	}
	if !j.StartedAt.IsZero() {
		said["started_at"] = j.StartedAt
	}
	body := marshal(said)
	notice := ports.Notice{ID: id, Type: kind, Tenant: j.Tenant, Job: string(j.ID), At: now, Body: body}
	return ports.Record{Key: noticeKey(id), Kind: kindNotice, Body: marshal(notice)}
}

// readJob reads the header through the transaction.
func readJob(tx ports.Tx, id job.ID) (*job.Job, error) {
	record, found := tx.Get(jobKey(id))
	if !found {
		return nil, fault.New(fault.NotFound, "job %s does not exist: see the list of jobs", id)
	}
	return job.UnpackJob(record.Body)
}

// decode reads a record of this package and refuses what the program does not know.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
