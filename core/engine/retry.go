package engine

import (
	"cmp"
	"context"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxOrdinals is how many tasks one Retry may name.
const MaxOrdinals = 1000

// Retry queues tasks of an ended job again and raises its round. No ordinals mean every failed task; named ones may be
// completed too, which regenerates them. A cap of 0 keeps the job's total cap. The same Retry again, after an error whose
// outcome is unknown, is a Conflict when the first one was done. Errors: NotFound, Invalid (an ordinal), Incomplete
// (nothing to retry), Conflict (the job has not ended, or a named task is cancelled), Budget, Unavailable (spending is
// switched off).
func (e *Engine) Retry(ctx context.Context, id job.ID, ordinals []int, limit cost.Pico) (*job.Job, error) {
	receipt, err := e.RetryScoped(ctx, id, RetryScope{Ordinals: ordinals}, limit, "")
	return receipt.Job, err
}

// RetryScoped is Retry for a scope, and with an idempotency key: a key that made one of the job's last rounds gives the job
// as it is, repeated, whatever else is asked for, and changes nothing. The last job.KeptRetryKeys are known. Without
// one, every call is a new retry. Errors: as Retry's, and Invalid (a key, or a code).
func (e *Engine) RetryScoped(ctx context.Context, id job.ID, scope RetryScope, limit cost.Pico, key string) (Receipt, error) {
	if key == "" {
		return e.retry(ctx, id, scope, limit, "")
	}
	if err := idempotency.CheckKey(key); err != nil {
		return Receipt{}, err
	}
	key = hashed(key)
	if j, err := e.Job(ctx, id); err != nil || j.RetriedBy(key) {
		return Receipt{Job: j, Repeated: err == nil}, err
	}
	receipt, err := e.retry(ctx, id, scope, limit, key)
	if kind := fault.KindOf(err); kind != fault.Conflict && kind != fault.Incomplete {
		return receipt, err
	}
	// The same call at the same time may have been first: then nothing is left to retry, or the job runs already.
	if j, again := e.Job(ctx, id); again == nil && j.RetriedBy(key) {
		return Receipt{Job: j, Repeated: true}, nil
	}
	return receipt, err
}

// retry begins a round; key is hashed.
func (e *Engine) retry(ctx context.Context, id job.ID, scope RetryScope, limit cost.Pico, key string) (Receipt, error) {
	origin := originOf(ctx)
	if err := cmp.Or(origin.check(), scope.check()); err != nil {
		return Receipt{}, err
	}
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	w := scope.walk()
	if err := e.checkScope(ctx, f, w); err != nil {
		return Receipt{}, err
	}
	now := e.Clock.Now()
	var receipt Receipt
	var own witness
	err = e.Store.Update(ctx, []ports.Key{jobKey(id), spendingKey()}, func(tx ports.Tx) error {
		j, err := readJob(tx, id)
		if err != nil {
			return err
		}
		receipt = Receipt{Job: j}
		if own.done(tx) {
			return nil
		}
		if receipt.Repeated = j.RetriedBy(key); receipt.Repeated {
			return nil
		}
		tx = own.watch(tx)
		origin.before(j)
		if err := e.startRound(origin.signed(tx), j, w, limit, key, now); err != nil {
			return err
		}
		if err := origin.along(tx, j); err != nil {
			return err
		}
		j.UpdatedAt = now
		return putJob(tx, j)
	})
	if err != nil {
		return Receipt{}, err
	}
	if !receipt.Repeated {
		receipt.Job = e.retried(ctx, f, receipt.Job)
	}
	return receipt, nil
}

// retried sets the new round going.
func (e *Engine) retried(ctx context.Context, f *facts, after *job.Job) *job.Job {
	e.observe(ctx, ports.Event{Name: ports.EventJobRetried, Tenant: f.tenant, Job: string(f.id), RequestID: requestOf(ctx, f.requestID), Count: after.Round})
	if err := cmp.Or(e.walk(ctx, f), e.carry(ctx, f.id)); err != nil {
		e.fault(ctx, after, err)
	}
	e.rouse(ctx, f.model)
	e.dispatch(ctx, after)
	return e.latest(ctx, after)
}

// checkScope makes sure that each named task has ended and can run again, and that codes name a task that failed of one.
func (e *Engine) checkScope(ctx context.Context, f *facts, w *job.Walk) error {
	if err := e.checkOrdinals(ctx, f, w.Ordinals); err != nil || len(w.Codes) == 0 {
		return err
	}
	err := e.scoped(ctx, f, w, func(int, *job.Task) error { return errNothing })
	if err == nil {
		return fault.New(fault.Incomplete, "retry: no task of job %s failed of that", f.id)
	}
	return quiet(err)
}

// checkOrdinals makes sure that each named task has ended and can run again.
func (e *Engine) checkOrdinals(ctx context.Context, f *facts, ordinals []int) error {
	if len(ordinals) > MaxOrdinals {
		return fault.New(fault.Invalid, "retry: %d tasks are named, at most %d can be: retry all that failed, or fewer", len(ordinals), MaxOrdinals)
	}
	for _, ordinal := range ordinals {
		if ordinal < 0 || ordinal >= f.layout.Tasks {
			return fault.New(fault.Invalid, "retry: no task has this number: tasks are 0 to %d", f.layout.Tasks-1)
		}
		p, err := e.parcel(ctx, f, f.layout.ParcelOf(ordinal))
		if err != nil {
			return err
		}
		t, err := p.Task(ordinal)
		if err != nil {
			return err
		}
		if t.State != job.TaskFailed && t.State != job.TaskCompleted {
			return fault.New(fault.Conflict, "retry: task %d is %s: only failed and completed tasks can run again", ordinal, t.State)
		}
	}
	return nil
}

// mayRetry says why the job cannot be retried as it stands.
func mayRetry(j *job.Job, w *job.Walk) error {
	if !j.State.Ended() {
		return fault.New(fault.Conflict, "retry: job %s is %s and has not ended: wait for it, or cancel it", j.ID, j.State)
	}
	if len(w.Ordinals) == 0 && total(j).counts[job.TaskFailed] == 0 {
		return fault.New(fault.Incomplete, "retry: job %s has no failed task: name the tasks to make again", j.ID)
	}
	return nil
}
