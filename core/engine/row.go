package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// row is a job's record in its tenant's index. Sums are there while the job has ended: written with its end and with all that
// its ledger gets after that, taken away when it is retried. So a list of the index says what thousands of jobs have spent.
type row struct {
	Sums *ending `json:"sums,omitempty"`
}

// ending is what an ended job has come to.
type ending struct {
	// Revision is that of the header that says the same.
	Revision  int64             `json:"revision"`
	Model     string            `json:"model"`
	Lane      cost.Lane         `json:"lane"`
	Labels    map[string]string `json:"labels,omitempty"`
	Round     int               `json:"round"`
	CreatedAt time.Time         `json:"created_at"`
	// EndedAt is when money of it last moved.
	EndedAt   time.Time   `json:"ended_at"`
	Settled   cost.Pico   `json:"settled"`
	Presumed  cost.Pico   `json:"presumed"`
	Completed int         `json:"completed"`
	Grants    []job.Grant `json:"grants"`
}

// endingOf is a header's. Of a job that goes on it has no end and no amounts, nor of one that ended before headers had the
// time of their last change: what its ledger got later would not show.
func endingOf(j *job.Job) *ending {
	s := &ending{
		Revision: j.Revision, Model: j.Model, Lane: j.Lane, Labels: maps.Clone(j.Labels), Round: j.Round, CreatedAt: j.CreatedAt,
		Grants: slices.Clone(j.Grants),
	}
	if !j.State.Ended() || j.UpdatedAt.IsZero() {
		return s
	}
	all := total(j)
	s.EndedAt, s.Settled, s.Presumed, s.Completed = later(j.CompletedAt, j.UpdatedAt), all.settled, all.presumed, all.counts[job.TaskCompleted]
	return s
}

// putRow brings the index in line with a header that was just put and has moved the job's money, or its end.
func putRow(tx ports.Tx, j *job.Job) {
	key, is := indexKey(j.Tenant, j.ID), row{}
	record, _ := tx.Get(key)
	if j.State.Ended() {
		is.Sums = endingOf(j)
		if was := readRow(record.Body).Sums; was != nil {
			// Clocks differ, and a change may take a while to be written: the time never goes back.
			is.Sums.EndedAt = later(is.Sums.EndedAt, was.EndedAt)
		}
	}
	tx.Put(ports.Record{Key: key, Kind: kindIndex, Body: marshal(is)})
}

// readRow is empty where the row cannot be read: the header has all that it says.
func readRow(body []byte) (r row) {
	if decode(body, &r) != nil {
		return row{}
	}
	return r
}
