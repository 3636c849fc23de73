package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fields is a record as the object that it is.
type fields map[string]json.RawMessage

func fieldsOf(t require.TestingT, body []byte) fields {
	var f fields
	require.NoError(t, json.Unmarshal(body, &f))
	return f
}

// version0 is the record as version 0 had it: a field under its name of then, and another that did not exist.
func (f fields) version0(t require.TestingT, field, was, without string) []byte {
	f[was], f["schema"] = f[field], json.RawMessage("0")
	delete(f, field)
	delete(f, without)
	body, err := json.Marshal(f)
	require.NoError(t, err)
	return body
}

func headerKey(id job.ID) ports.Key { return ports.Key{Partition: "job/" + string(id), Sort: "header"} }

// age makes version 0 of a job's header and of every message that is on its way.
func (w *world) age(id job.ID) {
	record, err := w.store.Get(w.ctx, headerKey(id))
	require.NoError(w.t, err)
	w.put(headerKey(id), fieldsOf(w.t, record.Body).version0(w.t, "tenant", "business_id", "lane"))
	for _, l := range w.mail.letters {
		l.body = fieldsOf(w.t, l.body).version0(w.t, "job", "job_id", "tenant")
	}
}

// TestRecordsOfVersion0 is about a job that a program of the first version has left behind, with its messages.
func TestRecordsOfVersion0(t *testing.T) {
	t.Parallel()
	// finish lets a process that knows nothing of the job bring it to its end.
	finish := func(t *testing.T, w *world, id job.ID) {
		w.main.die()
		w.main = w.start(small())
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 9, w.progress(id).Counts[job.TaskCompleted])
		require.Len(t, w.oracle.bill, 9, "no task was paid for twice")

		record, err := w.store.Get(w.ctx, headerKey(id))
		require.NoError(t, err)
		require.Equal(t, "1", string(fieldsOf(t, record.Body)["schema"]), "what is written is of today's version")
		require.Equal(t, `"acme"`, string(fieldsOf(t, record.Body)["tenant"]))
		report, err := w.main.Verify(w.ctx, id)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
	}

	t.Run("BeforeTheFirstLease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		require.NotEmpty(t, w.mail.letters)
		w.age(id)
		finish(t, w, id)
		require.Zero(t, w.events(ports.EventFault), "no message was taken for junk")
	})

	t.Run("InTheMidstOfIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		w.deliver(id, 0)
		require.Equal(t, job.StateRunning, w.job(id).State)
		require.Equal(t, 3, w.progress(id).Counts[job.TaskCompleted])
		w.age(id)
		finish(t, w, id)
		require.Zero(t, w.events(ports.EventFault))
	})

	t.Run("MessageOfAShard", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9)
		w.mail.lose()
		for shard := range w.job(id).Layout.Shards {
			w.mail.letters = append(w.mail.letters, &letter{body: job.ShardNote(w.job(id), shard).Pack()})
		}
		w.age(id)
		begun := w.now
		finish(t, w, id)
		require.LessOrEqual(t, w.now.Sub(begun), time.Minute, "the messages did it, not the sweeper")
	})
}
