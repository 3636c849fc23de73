package engine

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func submitKeys(s Submission, j *job.Job) []ports.Key {
	name := monthOf(j.CreatedAt)
	keys := []ports.Key{spendingKey(), tenantKey(s.Tenant), monthKey(s.Tenant, name), monthKey("", name), jobKey(j.ID)}
	if s.Key != "" {
		keys = append(keys, onceKey(s.Tenant, hashed(s.Key)))
	}
	return keys
}

func hashed(key string) string {
	print := idempotency.Of([]byte(key))
	return hex.EncodeToString(print[:])
}

// repeated finds the job that the key, or an earlier run of this very Update, has made.
func repeated(tx ports.Tx, s Submission, print idempotency.Fingerprint, now time.Time) (*job.Job, error) {
	if s.Key == "" {
		return nil, nil
	}
	record, found := tx.Get(onceKey(s.Tenant, hashed(s.Key)))
	if !found {
		return nil, nil
	}
	once, err := readOnce(record.Body)
	if err != nil {
		return nil, err
	}
	switch idempotency.Decide(&once, now, print) {
	case idempotency.Repeat:
		return readJob(tx, job.ID(once.Job))
	case idempotency.Conflict:
		return nil, fault.New(fault.Conflict, "submit: key %q stands for another submission, job %s: use another key", s.Key, once.Job)
	}
	return nil, nil
}

// create writes everything that a job is.
func (e *Engine) create(tx ports.Tx, s Submission, print idempotency.Fingerprint, draft job.Job, o Origin) (*job.Job, error) {
	if known, err := ownWrite(tx, draft.ID); err != nil || known != nil {
		return known, err
	}
	if err := mayPromise(tx); err != nil {
		return nil, err
	}
	j, now := &draft, draft.CreatedAt
	j.Ends = make([]*job.End, j.Layout.Shards)
	months := map[ports.Key]*month{}
	if err := e.drawMonth(tx, months, s.Tenant, monthOf(now), j.Cap); err != nil {
		return nil, err
	}
	addGrant(j, monthOf(now), j.Cap)
	var err error
	if j.Account, err = j.Account.Grant(j.Cap); err != nil {
		return nil, err
	}
	if s.Key != "" {
		once := idempotency.Record{Job: string(j.ID), Fingerprint: print, Created: now}
		if e.options.KeyLife > 0 {
			once.Expires = now.Add(e.options.KeyLife)
		}
		j.Key = hashed(s.Key)
		tx.Put(ports.Record{Key: onceKey(s.Tenant, j.Key), Kind: kindOnce, Body: marshal(once), Expires: once.Expires})
	}
	if _, known := tx.Get(tenantKey(s.Tenant)); !known {
		tx.Put(ports.Record{Key: tenantKey(s.Tenant), Kind: kindTenant, Body: []byte("{}")})
	}
	tx.Create(ports.Record{Key: indexKey(s.Tenant, j.ID), Kind: kindIndex, Body: []byte("{}")})
	tx.Create(ports.Record{Key: activeKey(j.ID), Kind: kindActive, Body: []byte("{}")})
	for chunk := range j.InputChunks {
		part := s.Input[min(chunk*ports.MaxBody, len(s.Input)):min((chunk+1)*ports.MaxBody, len(s.Input))]
		tx.Create(ports.Record{Key: inputKey(j.ID, chunk), Kind: kindInput, Body: part})
	}
	for n := range j.Layout.Shards {
		shard := job.NewShard(j.Layout, n, now)
		tx.Create(ports.Record{Key: shardKey(j.ID, n), Kind: kindShard, Body: shard.Pack()})
	}
	o.signed(tx).Create(newEvent(j, "created", now, map[string]string{"cap_usd": j.Cap.String(), "request_id": s.RequestID}))
	writeMonths(tx, months)
	if err := putJob(tx, j); err != nil {
		return nil, err
	}
	return j, o.along(tx, j)
}

// ownWrite finds the job when an earlier run of this Update has been committed without our learning of it.
func ownWrite(tx ports.Tx, id job.ID) (*job.Job, error) {
	if _, found := tx.Get(jobKey(id)); !found {
		return nil, nil
	}
	return readJob(tx, id)
}

func readOnce(body []byte) (idempotency.Record, error) {
	var once idempotency.Record
	if err := decode(body, &once); err != nil {
		return once, fault.New(fault.Corrupt, "engine: idempotency record: %w", err)
	}
	return once, nil
}

// limits are the submission's with the defaults filled in.
func (e *Engine) limits(l job.Limits) job.Limits {
	set := retryLimits(l)
	return job.Limits{Judged: set.Judged, Unknown: set.Unknown, GiveUpAfter: set.GiveUpAfter}
}

// Dispatch sends a message for every shard that has open tasks, so that work begins, or begins again after the queue
// was lost; of a new job whose shards are all small, one for every parcel. The messages of neighbours are sent apart.
func (e *Engine) Dispatch(ctx context.Context, id job.ID) error {
	j, err := e.Job(ctx, id)
	if err != nil {
		return err
	}
	var messages []ports.Message
	add := func(n job.Note) {
		messages = append(messages, ports.Message{Body: n.Pack(), Group: j.Tenant})
	}
	if j.State == job.StatePending && factsOf(j).laneAt(e.Clock.Now()) == cost.Realtime && j.Layout.ParcelsOf(0) <= fewParcels {
		for _, parcel := range scattered(j.Layout.Parcels()) {
			add(job.ParcelNote(j, parcel))
		}
	} else {
		for _, shard := range scattered(len(j.Ends)) {
			if j.Ends[shard] == nil {
				add(job.ShardNote(j, shard))
			}
		}
	}
	if len(messages) == 0 {
		return nil
	}
	return e.Queue.Send(ctx, messages...)
}
