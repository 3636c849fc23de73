package backoffice

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/ports"
)

// claimLife is how long a request may take that has claimed its key: a process that died leaves it free again then. It is above
// the longest request that an API takes.
const claimLife = time.Minute

// Answer is what a request was answered with, kept so that a repeat gets the same.
type Answer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"body,omitempty"`
}

// packAbove is how many bytes of an answer are kept as they are: most have a few, and need not be packed. An import that fails in many
// rows has many, much alike.
const packAbove = 64 << 10

// once is the stored form of a key: claimed until Until, or answered. Packed is the body of an answer above packAbove.
type once struct {
	Fingerprint idempotency.Fingerprint `json:"fingerprint"`
	Owner       string                  `json:"owner,omitempty"`
	Until       time.Time               `json:"until,omitzero"`
	Answer      *Answer                 `json:"answer,omitempty"`
	Packed      []byte                  `json:"packed,omitempty"`
	Expires     time.Time               `json:"expires"`
}

// Claim is the right to answer the request of a key.
type Claim struct {
	key   ports.Key
	print idempotency.Fingerprint
	owner string
	// Key is what the engine may know the request by: the caller's key cannot be read from it.
	Key string
}

// Claim takes the key of a request within its scope, for example a business and a route. With an answer the request was
// answered before; else the caller does the work, then calls Answered or Unclaim. Errors: Invalid (no key), Conflict (the key stands for another
// request), Locked with RetryAfter (the first one has not been answered yet).
func (o *Office) Claim(ctx context.Context, scope, key string, print idempotency.Fingerprint) (*Answer, Claim, error) {
	if err := idempotency.CheckKey(key); err != nil {
		return nil, Claim{}, err
	}
	name := idempotency.Of([]byte(scope), []byte(key))
	c := Claim{print: print, owner: o.IDs.NewID(), Key: hex.EncodeToString(name[:])}
	c.key = ports.Key{Partition: "once/" + c.Key[:2], Sort: c.Key}
	var answer *Answer
	err := o.Store.Update(ctx, []ports.Key{c.key}, func(tx ports.Tx) error {
		answer = nil
		was, found, err := get[once](tx, c.key)
		if err != nil {
			return err
		}
		now := o.now()
		switch {
		case !found || !now.Before(was.Expires):
		case was.Fingerprint != print:
			return fault.New(fault.Conflict, "the idempotency key stands for another request: use a new key")
		case was.Answer != nil:
			answer, err = was.answer()
			return err
		case was.Owner == c.owner: // claimed by an earlier run of this very Update
			return nil
		case now.Before(was.Until):
			return fault.New(fault.Locked, "the first request with this key has not been answered yet: try again in a second").After(time.Second)
		}
		o.putOnce(tx, c, once{Fingerprint: print, Owner: c.owner, Until: now.Add(claimLife)})
		return nil
	})
	return answer, c, err
}

func (o *Office) putOnce(tx ports.Tx, c Claim, v once) {
	v.Expires = o.now().Add(idempotency.Keep)
	r := record(c.key, kindOnce, v)
	r.Expires = v.Expires
	tx.Put(r)
}

// Answered keeps the answer for idempotency.Keep. One who has lost the claim keeps nothing. Errors: Invalid, when the answer is too large to
// be kept, with some 250 KB that do not get smaller; the key is then claimed as before.
func (o *Office) Answered(ctx context.Context, c Claim, a Answer) error {
	v := once{Fingerprint: c.print, Answer: &a}
	if len(a.Body) > packAbove {
		v.Packed, a.Body = deflated(a.Body), nil
	}
	return o.settle(ctx, c, func(tx ports.Tx) { o.putOnce(tx, c, v) })
}

// answer is what the key's request was answered with.
func (v once) answer() (*Answer, error) {
	if len(v.Packed) == 0 {
		return v.Answer, nil
	}
	body, err := inflated(v.Packed)
	if err != nil {
		return nil, fault.New(fault.Corrupt, "backoffice: the answer that an idempotency key stands for cannot be read")
	}
	a := *v.Answer
	a.Body = body
	return &a, nil
}

// Unclaim frees the key: nothing was done.
func (o *Office) Unclaim(ctx context.Context, c Claim) error {
	return o.settle(ctx, c, func(tx ports.Tx) { tx.Delete(c.key) })
}

func (o *Office) settle(ctx context.Context, c Claim, write func(tx ports.Tx)) error {
	return o.Store.Update(ctx, []ports.Key{c.key}, func(tx ports.Tx) error {
		was, found, err := get[once](tx, c.key)
		if err != nil || !found || was.Owner != c.owner {
			return err
		}
		write(tx)
		return nil
	})
}
