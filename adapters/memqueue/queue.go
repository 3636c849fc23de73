package memqueue

import (
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultVisibility is how long a received message stays hidden when Options does not say.
	DefaultVisibility = 15 * time.Minute
	// DefaultMaxReceives is how often a message is delivered when Options does not say.
	DefaultMaxReceives = 5
)

// Options are the settings of a Queue. Nil, and each field's zero value, are sensible.
type Options struct {
	// Visibility is how long a received message is hidden from other receivers; 0 means DefaultVisibility.
	Visibility time.Duration
	// MaxReceives is how many deliveries a message gets before it is moved to the dead letters, instead of becoming
	// visible once more. 0 means DefaultMaxReceives, a negative number no limit.
	MaxReceives int
}

// Queue is a queue in memory.
type Queue struct {
	clock       ports.Clock
	visibility  time.Duration
	maxReceives int
	dead        *Queue

	// mu is held for moments only, never while waiting and never over a call of the clock.
	mu       sync.Mutex
	ready    turns
	hidden   schedule
	flights  map[string]*item
	waiters  waiters
	receipts uint64
}

var _ ports.Queue = (*Queue)(nil)

// New returns an empty queue whose times come from the clock.
func New(clock ports.Clock, options *Options) *Queue {
	if options == nil {
		options = &Options{}
	}
	q := empty(clock, options.Visibility, options.MaxReceives)
	q.dead = empty(clock, options.Visibility, -1)
	return q
}

func empty(clock ports.Clock, visibility time.Duration, maxReceives int) *Queue {
	if visibility <= 0 {
		visibility = DefaultVisibility
	}
	if maxReceives == 0 {
		maxReceives = DefaultMaxReceives
	}
	return &Queue{
		clock: clock, visibility: visibility, maxReceives: maxReceives,
		ready: newTurns(), flights: map[string]*item{},
	}
}

// Len is the number of messages that are in the queue: waiting, delayed, or received and not acknowledged. Dead letters
// are counted by their own queue.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ready.size + q.hidden.size()
}

// DeadLetters is the queue of the messages that were received too often. It is received from and acknowledged like
// any other; it has no dead letters of its own, for which DeadLetters returns nil. A message arrives there when its
// last visibility has ended and the queue that it comes from is used next, DeadLetters included.
func (q *Queue) DeadLetters() *Queue {
	q.refresh()
	return q.dead
}

// Redrive sends every visible dead letter through the queue again, as if it had never been received, and returns how
// many there were.
func (q *Queue) Redrive() int {
	if q.dead == nil {
		return 0
	}
	q.refresh()
	letters := q.dead.drain()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range letters {
		it.count = 0
		q.ready.push(it)
	}
	q.nudge()
	return len(letters)
}

// refresh shows what has become visible by now.
func (q *Queue) refresh() {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.surface(now)
	q.nudge()
}

// drain removes and returns all visible messages.
func (q *Queue) drain() []*item {
	q.refresh()
	q.mu.Lock()
	defer q.mu.Unlock()
	items := make([]*item, 0, q.ready.size)
	for q.ready.size > 0 {
		items = append(items, q.ready.pop())
	}
	return items
}
