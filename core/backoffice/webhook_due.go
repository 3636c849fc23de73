package backoffice

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// maxDue is how many attempts one DeliverDue makes, dueListed how many entries it reads at once.
	maxDue    = 50
	dueListed = 200
	// dueTurn is for how long one DeliverDue begins attempts: a sweep has other things to do.
	dueTurn = 45 * time.Second
	// dueClaim is for how long an attempt is its sweeper's alone: the sender's 15 seconds, and as much again for the store.
	dueClaim = 30 * time.Second
)

// redeliveries are the waits after failed attempts: Standard Webhooks 1.0, "retry schedule".
func redeliveries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

// sending is a delivery that has been claimed, with what it takes to send it.
type sending struct {
	letter
	url     string
	secrets []ports.Secret
}

// DeliverDue makes the attempts that are due, the longest due first, and returns how many: at most 50, and none begins more
// than 45 seconds after the call. After one that got no answer in time, the rest of its webhook's wait for another call, so that
// one silent receiver holds up no others. Any number of callers may do it at once: an attempt is made once, unless its process
// dies within it. Errors of single deliveries are told to the Observer; those returned are of the list, and the context's own.
func (o *Office) DeliverDue(ctx context.Context) (int, error) {
	if o.options.Webhooks == nil {
		return 0, nil
	}
	turn := dueRound{Office: o, began: o.now()}
	due := ports.Range{Partition: partDue, To: dueTime(turn.began.Add(time.Millisecond)), Limit: dueListed}
	for {
		page, err := o.Store.List(ctx, due)
		if err != nil {
			return turn.made, err
		}
		for _, r := range page.Records {
			if turn.made == maxDue || o.now().Sub(turn.began) > dueTurn {
				return turn.made, nil
			}
			if turn.take(ctx, r); ctx.Err() != nil {
				return turn.made, ctx.Err()
			}
		}
		// What silent receivers have waiting does not count: what is due behind it has its turn as well.
		if due.Cursor = page.Cursor; due.Cursor == "" {
			return turn.made, nil
		}
	}
}

// dueRound is one DeliverDue.
type dueRound struct {
	*Office
	began time.Time
	made  int
	// silent are the webhooks whose receivers have not answered in time.
	silent []string
}

// take makes the attempt of an entry of the list, unless its receiver is silent.
func (t *dueRound) take(ctx context.Context, r ports.Record) {
	due, err := read[dueLetter](r)
	if err == nil && slices.Contains(t.silent, due.Webhook) {
		return
	}
	var sent, waited bool
	if err == nil {
		sent, waited, err = t.deliverOne(ctx, r.Key, due)
	}
	if sent && ctx.Err() == nil {
		t.made++
	}
	if waited {
		t.silent = append(t.silent, due.Webhook)
	}
	if err != nil && ctx.Err() == nil {
		t.Observer.Observe(ctx, ports.Event{Name: ports.EventFault, At: t.now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
}

// deliverOne claims, sends and records one attempt. The error is the store's; the receiver's is part of what is recorded.
func (o *Office) deliverOne(ctx context.Context, key ports.Key, due dueLetter) (sent, waited bool, err error) {
	claimed, err := o.claimDue(ctx, key, due)
	if err != nil || claimed == nil {
		return false, false, err
	}
	at := o.now()
	result, err := o.options.Webhooks.Send(ctx, WebhookDelivery{
		ID: claimed.ID, URL: claimed.url, Body: []byte(claimed.Body), Secrets: claimed.secrets,
	})
	if err != nil && ctx.Err() != nil {
		return true, false, ctx.Err() // the claim ends by itself, and another sweep makes the attempt anew
	}
	attempt := DeliveryAttempt{At: at, HTTPStatus: result.Status, Error: result.Failure, DurationMS: result.Duration.Milliseconds()}
	if err != nil && attempt.Error == "" {
		attempt.Error = string(fault.KindOf(err))
	}
	return true, attempt.Error == FailureTimeout, o.recordAttempt(ctx, claimed.letter, attempt, result)
}

// claimDue moves the delivery's due time ahead of the attempt. It returns nothing when there is no attempt to make: somebody
// else has claimed it, or there is nobody to send it to.
func (o *Office) claimDue(ctx context.Context, key ports.Key, due dueLetter) (claimed *sending, err error) {
	place := letterKey(due.Webhook, due.Delivery)
	err = o.Store.Update(ctx, []ports.Key{key, place, hooksKey()}, func(tx ports.Tx) error {
		claimed = nil
		was, found, err := get[letter](tx, place)
		if err != nil {
			return err
		}
		if _, listed := tx.Get(key); !listed {
			return nil
		}
		if !found || was.Status != DeliveryPending || dueKey(was) != key {
			tx.Delete(key)
			return nil
		}
		all, err := readHooks(tx)
		if err != nil {
			return err
		}
		claimed = o.claim(tx, was, all)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (o *Office) claim(tx ports.Tx, was letter, all hooks) *sending {
	now := o.now()
	is := was
	is.Meta = was.next(now)
	one, err := all.find(was.WebhookID)
	if err != nil || !one.IsActive {
		is.Status, is.NextAttemptAt = DeliveryDisabled, time.Time{}
		is.store(tx, was)
		return nil
	}
	is.NextAttemptAt = now.Add(dueClaim)
	is.store(tx, was)
	return &sending{letter: is, url: one.URL, secrets: one.secrets(now)}
}

// recordAttempt adds the attempt to the delivery and decides what follows from it.
func (o *Office) recordAttempt(ctx context.Context, claimed letter, attempt DeliveryAttempt, result WebhookResult) error {
	jitter, now := o.IDs.Jitter(), o.now()
	place := letterKey(claimed.WebhookID, claimed.ID)
	gone := result.Status == statusGone
	var is letter
	err := o.Store.Update(ctx, []ports.Key{place, dueKey(claimed), hooksKey()}, func(tx ports.Tx) error {
		was, found, err := get[letter](tx, place)
		if is = was; err != nil || !found {
			return err // its time ended while it was sent
		}
		if slices.Contains(was.Attempts, attempt) {
			return nil // written before the acknowledgement was lost
		}
		is.note(attempt)
		is.Meta = was.next(now)
		if attempt.Error == "" || gone || was.NextAttemptAt.Equal(claimed.NextAttemptAt) {
			is.conclude(attempt.Error == "", gone, result.RetryAfter, jitter, now)
		} // else it was redelivered, or taken over, meanwhile: what is due then stays so
		is.store(tx, was)
		if gone {
			return o.switchOff(tx, claimed.WebhookID, now)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if is.Status == DeliveryFailed || gone {
		o.Observer.Observe(ctx, ports.Event{
			Name: ports.EventWebhookFailed, At: now, Tenant: is.Business, Job: is.Job, RequestID: is.RequestID, Count: len(is.Attempts), Detail: attempt.Error,
		})
	}
	return nil
}

// statusGone is the HTTP status by which a receiver says that it wants no more, 410.
const statusGone = 410

// note adds an attempt and drops the oldest of too many.
func (p *letter) note(attempt DeliveryAttempt) {
	p.Attempts = append(slices.Clone(p.Attempts), attempt)
	p.Attempts = p.Attempts[max(0, len(p.Attempts)-attemptsKept):]
}

// conclude sets what is to happen after an attempt. The wait before the next one is that of the schedule, 10 % more or less
// by the jitter, which is in [0, 1), or what the receiver asked for if that is longer.
func (p *letter) conclude(delivered, gone bool, asked time.Duration, jitter float64, now time.Time) {
	waits := redeliveries()
	p.NextAttemptAt = time.Time{}
	switch {
	case delivered:
		p.Status = DeliveryDelivered
		return
	case gone:
		p.Status = DeliveryDisabled
		return
	}
	if p.Tries++; p.Tries > len(waits) {
		p.Status = DeliveryFailed
		return
	}
	wait := time.Duration(float64(waits[p.Tries-1]) * (0.9 + 0.2*jitter))
	p.Status, p.NextAttemptAt = DeliveryPending, now.Add(max(wait, asked)).Truncate(time.Millisecond)
}

// switchOff makes a webhook inactive because its receiver said so.
func (o *Office) switchOff(tx ports.Tx, id string, now time.Time) error {
	all, err := readHooks(tx)
	if err != nil {
		return err
	}
	one, err := all.find(id)
	if errors.Is(err, fault.NotFound) || !one.IsActive {
		return nil
	}
	one.IsActive, one.DisabledReason, one.Meta = false, disabledGone, one.next(now)
	all.write(tx)
	return nil
}
