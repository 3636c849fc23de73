package engine

import (
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const kindSpending = "spending"

// spendingKey names the switch that all jobs of all tenants obey.
func spendingKey() ports.Key { return ports.Key{Partition: partGlobal, Sort: "spending"} }

// Switch says whether jobs may spend.
type Switch struct {
	// On is true while they may; nobody has to switch it on first.
	On bool `json:"on"`
	// Reason is why it was switched, in one line for people. At and Actor are when and by whom; zero before the first time.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Actor  string    `json:"actor,omitempty"`
}

// spending is the stored form.
type spending struct {
	Schema int `json:"schema"`
	Switch
}

func readSpending(body []byte) (Switch, error) {
	var s spending
	if err := decode(body, &s); err != nil {
		return Switch{}, fault.New(fault.Corrupt, "engine: spending switch: %w", err)
	}
	return s.Switch, nil
}

// switchOf reads the switch through the transaction, so that what depends on it is not decided on an old one.
func switchOf(tx ports.Tx) (Switch, error) {
	record, found := tx.Get(spendingKey())
	if !found {
		return Switch{On: true}, nil
	}
	return readSpending(record.Body)
}

// mayPromise refuses to promise money to a job while spending is switched off.
func mayPromise(tx ports.Tx) error {
	s, err := switchOf(tx)
	if err != nil || s.On {
		return err
	}
	return fault.New(fault.Unavailable, "spending is switched off: %s", s.Reason)
}

// Spending reads the switch.
func (e *Engine) Spending(ctx context.Context) (Switch, error) {
	record, err := e.Store.Get(ctx, spendingKey())
	if absent(err) {
		return Switch{On: true}, nil
	}
	if err != nil {
		return Switch{}, err
	}
	return readSpending(record.Body)
}

// maxReason is the longest reason in bytes.
const maxReason = 300

// SetSpending switches the spending of all jobs off, or on again. From the moment that it is off, Submit, Retry, Resume and a
// higher cap are refused. Every job that is alive is paused with job.PauseSpendingOff: no hold is taken in a shard that
// has taken that wish, and calls in flight settle. On again, that reason alone is lifted. What is not reached now, the
// sweeper reaches. The state that it has already, for the same reason, changes nothing but goes to the jobs that were not
// reached. Errors: Invalid (the reason is longer than 300 bytes), and the store's.
func (e *Engine) SetSpending(ctx context.Context, on bool, reason string) error {
	origin := originOf(ctx)
	if err := origin.check(); err != nil {
		return err
	}
	if len(reason) > maxReason {
		return fault.New(fault.Invalid, "spending: the reason must be at most %d bytes", maxReason)
	}
	next := Switch{On: on, Reason: reason, At: e.Clock.Now().UTC().Truncate(time.Millisecond), Actor: origin.Actor}
	err := e.Store.Update(ctx, []ports.Key{spendingKey()}, func(tx ports.Tx) error {
		s, err := switchOf(tx)
		if err != nil || s.On == on && s.Reason == reason {
			return err
		}
		if origin.Switched != nil {
			origin.Switched(s)
		}
		tx.Put(ports.Record{Key: spendingKey(), Kind: kindSpending, Body: marshal(spending{job.Schema, next})})
		return origin.along(tx, nil)
	})
	if err != nil {
		return err
	}
	// What was to be written along is: the jobs are paused by the switch.
	origin.Along = nil
	e.obey(WithOrigin(ctx, origin), next)
	return nil
}

// obey has every job that is alive follow the switch.
func (e *Engine) obey(ctx context.Context, s Switch) {
	err := e.each(ctx, ports.Range{Partition: partActive}, func(record ports.Record) error {
		id := job.ID(record.Key.Sort)
		j, err := e.Job(ctx, id)
		switch {
		case err != nil:
		case s.concerns(j):
			err = e.follow(ctx, id)
		case j.Carried < j.Wish:
			// It follows by a wish whose maker has not reached every shard: until one has, calls are begun in it.
			err = e.carry(ctx, id)
		}
		if err != nil {
			e.tellOf(ctx, id, err)
		}
		return nil
	})
	if err != nil {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
}

// concerns reports whether the job does not follow the switch yet.
func (s Switch) concerns(j *job.Job) bool {
	paused := slices.Contains(j.Pauses, job.PauseSpendingOff)
	return !j.State.Ended() && j.CancelledAt.IsZero() && paused == s.On
}

// switched reads the switch and tells of each job whether it follows it. Where it cannot be read nobody knows what it says,
// and the jobs stay as they are.
func (e *Engine) switched(ctx context.Context) (obeys func(*job.Job) bool, err error) {
	s, err := e.Spending(ctx)
	if err != nil {
		return func(*job.Job) bool { return true }, err
	}
	return func(j *job.Job) bool { return !s.concerns(j) }, nil
}

// follow pauses the job for the switch, or lifts that pause, by what the switch says at that moment.
func (e *Engine) follow(ctx context.Context, id job.ID) error {
	resumed := false
	j, err := e.wish(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		resumed = false
		s, err := switchOf(tx)
		if err != nil || !s.concerns(j) {
			return err
		}
		if !s.On {
			pause(tx, j, job.PauseSpendingOff, s.Reason, now)
			return nil
		}
		resumed, err = lift(tx, j, job.PauseSpendingOff, now)
		return err
	})
	if fault.KindOf(err) == fault.Conflict {
		return nil // it has ended meanwhile
	}
	if err != nil || !resumed {
		return err
	}
	e.observe(ctx, ports.Event{Name: ports.EventJobResumed, Tenant: j.Tenant, Job: string(id), RequestID: requestOf(ctx, j.RequestID)})
	e.dispatch(ctx, j)
	return nil
}

// lift takes one reason from a paused job, which goes on if it was the last.
func lift(tx ports.Tx, j *job.Job, reason job.PauseReason, now time.Time) (resumed bool, err error) {
	if j.Pauses[0] == reason {
		j.Detail = ""
	}
	if j.Pauses = slices.DeleteFunc(j.Pauses, func(r job.PauseReason) bool { return r == reason }); j.Paused() {
		return false, nil
	}
	j.Pauses = nil
	j.Wish++
	if err := goOn(j, now); err != nil {
		return false, err
	}
	tx.Create(ownEvent(j, "resumed", now, map[string]string{"reason": string(reason), "cap_usd": j.Cap.String()}))
	return true, nil
}
