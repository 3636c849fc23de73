package backoffice

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// dueClaim is for how long an attempt is its sweeper's alone: the sender's 15 seconds, and as much again for the store.
const dueClaim = 30 * time.Second

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

// deliverOne claims, sends and records one attempt, and says whether the receiver has failed it. The error is the store's; the
// receiver's is part of what is recorded.
func (o *Office) deliverOne(ctx context.Context, key ports.Key, due dueLetter) (sent, failed bool, err error) {
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
	return true, attempt.blames(), o.recordAttempt(ctx, claimed.letter, attempt, result)
}

// blames reports whether the receiver is down or overloaded, so that other deliveries are likely to come to nothing as well: it said
// nothing, or 408, 429 or a status from 500 on. What it refuses otherwise says something of that one delivery alone.
func (a DeliveryAttempt) blames() bool {
	if a.Error == "" || a.Error == FailureRequest {
		return false
	}
	return a.HTTPStatus == 0 || a.HTTPStatus == statusTimeout || a.HTTPStatus == statusTooMany || a.HTTPStatus >= statusServer
}

// claimDue moves the delivery's due time ahead of the attempt. It returns nothing when there is no attempt to make: somebody
// else has claimed it, or there is nobody to send it to. The webhook is read before and not with the delivery: all webhooks are one
// record, on which claims that are made side by side would be in each other's way.
func (o *Office) claimDue(ctx context.Context, key ports.Key, due dueLetter) (claimed *sending, err error) {
	all, err := o.hooks(ctx)
	if err != nil {
		return nil, err
	}
	place := letterKey(due.Webhook, due.Delivery)
	err = o.Store.Update(ctx, []ports.Key{key, place}, func(tx ports.Tx) error {
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
		claimed, err = o.claim(tx, was, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (o *Office) claim(tx ports.Tx, was letter, all hooks) (*sending, error) {
	now := o.now()
	is := was
	is.Meta = was.next(now)
	one, err := all.find(was.WebhookID)
	if err != nil || !one.IsActive {
		// That is for good, so it is asked again: somebody may have switched it on since.
		if all, err = readHooks(tx); err != nil {
			return nil, err
		}
		one, err = all.find(was.WebhookID)
	}
	if err != nil || !one.IsActive {
		is.Status, is.NextAttemptAt = DeliveryDisabled, time.Time{}
		is.store(tx, was)
		return nil, nil //nolint:nilnil // there is nobody to send it to
	}
	is.NextAttemptAt = now.Add(dueClaim)
	is.store(tx, was)
	return &sending{letter: is, url: one.URL, secrets: one.secrets(now)}, nil
}

// recordAttempt adds the attempt to the delivery and decides what follows from it.
func (o *Office) recordAttempt(ctx context.Context, claimed letter, attempt DeliveryAttempt, result WebhookResult) error {
	jitter, now := o.IDs.Jitter(), o.now()
	place := letterKey(claimed.WebhookID, claimed.ID)
	gone := result.Status == statusGone
	keys := []ports.Key{place, dueKey(claimed), restKey(claimed.WebhookID)}
	if gone {
		keys = append(keys, hooksKey())
	}
	var is letter
	err := o.Store.Update(ctx, keys, func(tx ports.Tx) error {
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
		brake(tx, claimed.WebhookID, attempt.blames(), result.RetryAfter, now)
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

// statusGone is the HTTP status by which a receiver says that it wants no more; the others are those of one that cannot take anything
// now.
const (
	statusTimeout = 408
	statusGone    = 410
	statusTooMany = 429
	statusServer  = 500
)

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
