package engine

import (
	"bytes"
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// auditJob compares the job's header with its shards and its history, unless the job moved meanwhile.
func (e *Engine) auditJob(ctx context.Context, id job.ID, audits []*audit, r *Report) error {
	j, err := e.Job(ctx, id)
	if err != nil {
		return err
	}
	var granted cost.Pico
	for n, a := range audits {
		if a == nil {
			return nil
		}
		now, err := e.shard(ctx, a.f, n)
		if err != nil || !same(&now, &a.shard) {
			return err
		}
		granted += a.shard.Account.Granted
	}
	for _, a := range audits {
		a.end(j, r)
	}
	if granted != j.Account.Drawn {
		r.add(ProblemAccount, -1, 0, "job has drawn %s USD, its shards were granted %s", j.Account.Drawn, granted)
	}
	auditMoney(j, r)
	auditState(j, r)
	if err := e.auditRow(ctx, j, r); err != nil {
		return err
	}
	if err := e.auditHistory(ctx, j, r); err != nil {
		return err
	}
	return e.auditMonths(ctx, j, r)
}

// same reports whether two headers are the same to the last bit.
func same(a, b *job.Shard) bool { return bytes.Equal(a.Pack(), b.Pack()) }

// auditMoney checks what the job's account must always be: shards spend, the job itself only passes on what months gave.
func auditMoney(j *job.Job, r *Report) {
	if only := (cost.Account{Granted: j.Account.Granted, Drawn: j.Account.Drawn}); j.Account != only || only.Check() != nil {
		r.add(ProblemAccount, -1, 0, "job: %s", j.Account)
	}
	var months cost.Pico
	for _, g := range j.Grants {
		months += g.Drawn - g.Returned
	}
	if months != j.Account.Granted {
		r.add(ProblemAccount, -1, 0, "job was granted %s USD, its months gave %s", j.Account.Granted, months)
	}
	if j.State.Ended() && j.Account.Free() != 0 {
		r.add(ProblemAccount, -1, 0, "job has ended and keeps %s USD", j.Account.Free())
	}
}

// auditState checks that the job has ended exactly when its shards have, and reads as its tasks make it.
func auditState(j *job.Job, r *Report) {
	if ended := j.AllEnded() && j.Walk == nil; ended != j.State.Ended() {
		r.add(ProblemCounter, -1, 0, "job is %s, all its shards have ended: %t", j.State, ended)
		return
	}
	if counts := total(j).counts; j.State.Ended() && endState(j, counts) != j.State {
		r.add(ProblemCounter, -1, 0, "job is %s, its tasks make it %s", j.State, endState(j, counts))
	}
}

// auditRow checks what the tenant's index says of an ended job; it need not say anything. One of a later header tells that the
// job has moved meanwhile.
func (e *Engine) auditRow(ctx context.Context, j *job.Job, r *Report) error {
	record, err := e.Store.Get(ctx, indexKey(j.Tenant, j.ID))
	if absent(err) {
		r.add(ProblemRecord, -1, 0, "job is not in the index of tenant %s", j.Tenant)
		return nil
	}
	if err != nil {
		return err
	}
	says, is := readRow(record.Body).Sums, endingOf(j)
	if says == nil || says.Revision > j.Revision {
		return nil
	}
	if !j.State.Ended() || says.Settled != is.Settled || says.Presumed != is.Presumed || says.Completed != is.Completed || !slices.Equal(says.Grants, is.Grants) {
		r.add(ProblemRecord, -1, 0, "job is %s, and the index of tenant %s has %s USD settled and %s presumed of it", j.State, j.Tenant, says.Settled, says.Presumed)
	}
	return nil
}

// auditHistory checks that no event is missing, and that cap and round are those of the history.
func (e *Engine) auditHistory(ctx context.Context, j *job.Job, r *Report) error {
	events, err := e.Events(ctx, j.ID)
	if broken(err) {
		r.add(ProblemRecord, -1, 0, "history: %s", err)
		return nil
	}
	if err != nil {
		return err
	}
	seen, round, last := 0, 1, ""
	for _, event := range events[:min(len(events), j.Events)] {
		if seen++; event.Seq != seen {
			break
		}
		if event.Type == "retried" {
			round++
		}
		for _, name := range []string{"cap_usd", "to_usd"} {
			if value, some := event.Data[name]; some {
				last = value
			}
		}
	}
	switch {
	case seen != j.Events || events[seen-1].Seq != seen:
		r.add(ProblemRecord, -1, 0, "event %d of %d is not in the history", seen, j.Events)
	case last != j.Cap.String():
		r.add(ProblemAccount, -1, 0, "job's cap is %s USD, its history says %s", j.Cap, last)
	case round != j.Round:
		r.add(ProblemCounter, -1, 0, "job is in round %d, its history in round %d", j.Round, round)
	}
	return nil
}
