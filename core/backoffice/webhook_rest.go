package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// restFirst is how long a webhook rests after one failed attempt; each further one in a row doubles it, to restMost. It is the
	// first wait between two attempts, so that a delivery that is alone comes when it is due.
	restFirst = 5 * time.Second
	// restMost keeps what waits from waiting long once the receiver is back.
	restMost = 2 * time.Minute
	// restKept is for how long the failures of a webhook are remembered.
	restKept = 7 * 24 * time.Hour

	kindRest = "webhook-rest"
)

// rest is for how long a webhook gets nothing, whatever is due, because its receiver has failed. It is not part of the webhook: that
// changes by people's hands, and has a revision for them.
type rest struct {
	// Failures is how many attempts have failed in a row.
	Failures int `json:"failures"`
	// Until is when it ends; zero for at once.
	Until time.Time `json:"until,omitzero"`
}

func restKey(webhook string) ports.Key {
	return ports.Key{Partition: hooksKey().Partition, Sort: "rest/" + webhook}
}

// resting are the webhooks that rest at a time.
func (o *Office) resting(ctx context.Context, now time.Time) (map[string]bool, error) {
	list := ports.Prefix(hooksKey().Partition, restKey("").Sort)
	all := map[string]bool{}
	for more := true; more; more = list.Cursor != "" {
		page, err := o.Store.List(ctx, list)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			one, err := read[rest](r)
			if err == nil && now.Before(one.Until) {
				all[r.Key.Sort[len(restKey("").Sort):]] = true
			} // one that cannot be read is none, and is written over at the next failure: it is a brake, no record of anything
		}
		list.Cursor = page.Cursor
	}
	return all, nil
}

// after is the rest after an attempt that has failed. What the receiver asked for counts as far as restMost.
func (r rest) after(asked time.Duration, now time.Time) rest {
	wait := restFirst
	for range min(r.Failures, 10) {
		wait = min(2*wait, restMost)
	}
	return rest{Failures: r.Failures + 1, Until: now.Add(max(wait, min(asked, restMost)))}
}

// brake has a webhook rest after an attempt that its receiver has failed, and ends that after one that it has not.
func brake(tx ports.Tx, webhook string, failed bool, asked time.Duration, now time.Time) {
	was, _, err := get[rest](tx, restKey(webhook))
	switch {
	case failed:
		was.after(asked, now).store(tx, webhook, now)
	case was.Failures > 0 || err != nil:
		rest{}.store(tx, webhook, now)
	}
}

// wake ends a webhook's rest, because somebody wants to see whether the receiver is back. Should it not be, the next one is longer.
func wake(tx ports.Tx, webhook string, now time.Time) {
	if was, _, _ := get[rest](tx, restKey(webhook)); now.Before(was.Until) {
		rest{Failures: was.Failures}.store(tx, webhook, now)
	}
}

func (r rest) store(tx ports.Tx, webhook string, now time.Time) {
	kept := record(restKey(webhook), kindRest, r)
	kept.Expires = now.Add(restKept)
	tx.Put(kept)
}
