package backoffice

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// maxDue is how many attempts one DeliverDue makes for a webhook.
	maxDue = 50
	// dueTurn is for how long one DeliverDue begins attempts: a sweep has other things to do.
	dueTurn = 45 * time.Second
)

// DeliverDue makes the attempts that are due and returns how many. Those of one webhook are made one after the other, the longest
// due first, at most 50, until one fails; then the rest wait, for another call and until the webhook has had its rest. Those of
// different webhooks are made side by side where the office has a Group. None begins more than 45 seconds after the call. Any number
// of callers may do it at once: an attempt is made once, unless its process dies within it. Errors of single deliveries are told to
// the Observer; those returned are of the lists, and the context's own.
func (o *Office) DeliverDue(ctx context.Context) (int, error) {
	if o.options.Webhooks == nil {
		return 0, nil
	}
	turn := &dueRound{Office: o, began: o.now()}
	if err := turn.collect(ctx); err != nil {
		return 0, err
	}
	err := o.sideBySide(ctx, min(len(turn.lines), MaxWebhooks), turn.lane)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return turn.made, err
}

// sideBySide runs n lanes that share their work, or one that does it all where the office has no Group.
func (o *Office) sideBySide(ctx context.Context, n int, lane func(context.Context, int) error) error {
	if o.options.Group == nil {
		n = min(n, 1)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return lane(ctx, 0)
	}
	return o.options.Group.Run(ctx, n, lane)
}

// dueRound is one DeliverDue.
type dueRound struct {
	*Office
	began time.Time
	// mu guards what the lanes share: the lines that are left, and how many attempts were made.
	mu    sync.Mutex
	lines []*dueLine
	made  int
}

// dueLine is what is due for one webhook, the longest due first.
type dueLine struct {
	webhook string
	keys    []ports.Key
	letters []dueLetter
}

// over reports whether no attempt is to begin any more.
func (t *dueRound) over(ctx context.Context) bool {
	return ctx.Err() != nil || t.now().Sub(t.began) > dueTurn
}

// collect reads what is due into lines. What a resting webhook has waiting is passed over, however much it is.
func (t *dueRound) collect(ctx context.Context) error {
	resting, err := t.resting(ctx, t.began)
	if err != nil {
		return err
	}
	due := ports.Range{Partition: partDue, To: dueTime(t.began.Add(time.Millisecond))}
	for more := true; more && !t.over(ctx); more = due.Cursor != "" {
		page, err := t.Store.List(ctx, due)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			letter, err := read[dueLetter](r)
			if err != nil {
				t.tell(ctx, err)
			} else if !resting[letter.Webhook] {
				t.queue(r.Key, letter)
			}
		}
		due.Cursor = page.Cursor
	}
	return nil
}

// queue puts a letter at the end of its webhook's line, unless that is as long as one round can be.
func (t *dueRound) queue(key ports.Key, letter dueLetter) {
	for _, line := range t.lines {
		if line.webhook != letter.Webhook {
			continue
		}
		if len(line.keys) < maxDue {
			line.keys, line.letters = append(line.keys, key), append(line.letters, letter)
		}
		return
	}
	t.lines = append(t.lines, &dueLine{webhook: letter.Webhook, keys: []ports.Key{key}, letters: []dueLetter{letter}})
}

// lane takes one line after the other until none is left.
func (t *dueRound) lane(ctx context.Context, _ int) error {
	for line := t.next(); line != nil; line = t.next() {
		t.serve(ctx, line)
	}
	return nil
}

func (t *dueRound) next() *dueLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return nil
	}
	line := t.lines[0]
	t.lines = t.lines[1:]
	return line
}

// serve makes the attempts of a line until one fails.
func (t *dueRound) serve(ctx context.Context, line *dueLine) {
	for i, letter := range line.letters {
		if t.over(ctx) {
			return
		}
		sent, failed, err := t.deliverOne(ctx, line.keys[i], letter)
		if err != nil && ctx.Err() == nil {
			t.tell(ctx, err)
		}
		if sent && ctx.Err() == nil {
			t.count()
		}
		if failed {
			return
		}
	}
}

func (t *dueRound) count() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made++
}

// tell tells the Observer of what went wrong with one delivery.
func (t *dueRound) tell(ctx context.Context, err error) {
	t.Observer.Observe(ctx, ports.Event{Name: ports.EventFault, At: t.now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
}
