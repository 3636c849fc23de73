package lambdasim

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

const receivePause = time.Second // after a receive that failed

// start adds a poller that begins after a delay.
func (m *Mapping) start(ctx context.Context, all *sync.WaitGroup, stays bool, delay time.Duration) {
	m.mu.Lock()
	m.pollers++
	m.polling++
	m.counts.Pollers = max(m.counts.Pollers, m.pollers)
	m.mu.Unlock()
	all.Go(func() {
		pause(ctx, delay)
		m.poll(ctx, all, stays)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.pollers--
		m.polling--
	})
}

// poll is the life of one poller. One that was added for load leaves when a receive finds nothing.
func (m *Mapping) poll(ctx context.Context, all *sync.WaitGroup, stays bool) {
	var left []events.SQSMessage
	for ctx.Err() == nil {
		b := &batch{most: m.config.BatchSize}
		left = m.gather(ctx, b, left)
		switch {
		case len(b.ids) > 0:
			m.carry(ctx, all, b)
		case !stays:
			return
		}
	}
}

// carry works one batch off, and sees to it that somebody polls meanwhile.
func (m *Mapping) carry(ctx context.Context, all *sync.WaitGroup, b *batch) {
	if delay, more := m.begin(time.Now()); more {
		m.start(ctx, all, false, delay)
	}
	m.settle(context.WithoutCancel(ctx), b)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polling++
}

// begin counts a batch, and says whether one more poller is needed and how long it has to wait.
func (m *Mapping) begin(now time.Time) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Batches++
	m.polling--
	if m.polling > 0 || m.pollers >= m.config.MaximumConcurrency {
		return 0, false
	}
	delay := max(0, m.grown.Add(m.config.Growth).Sub(now))
	m.grown = now.Add(delay)
	return delay, true
}

// gather fills a batch: first with what the last one left, then from receives, until it is full or its window is over. It returns what
// did not fit. The batch stays empty when a receive finds nothing, fails, or ctx ends.
func (m *Mapping) gather(ctx context.Context, b *batch, left []events.SQSMessage) []events.SQSMessage {
	end := time.Now().Add(m.config.Window)
	left = b.add(left)
	for !b.full && ctx.Err() == nil {
		wait := LongPoll
		if len(b.ids) > 0 {
			if wait = min(wait, time.Until(end)); wait <= 0 {
				break
			}
		}
		got, err := m.receive(ctx, b.room(), wait)
		if len(b.ids) == 0 && len(got) == 0 {
			break
		}
		if len(b.ids) == 0 {
			end = time.Now().Add(m.config.Window)
		}
		left = b.add(got)
		if err != nil {
			break
		}
	}
	return left
}

// receive makes and counts one request; after one that failed it waits.
func (m *Mapping) receive(ctx context.Context, most int, wait time.Duration) ([]events.SQSMessage, error) {
	got, err := m.config.Source.Receive(ctx, most, wait)
	bytes := 0
	for _, message := range got {
		bytes += size(message)
	}
	m.count(func(c *Counts) {
		switch {
		case err != nil && ctx.Err() == nil:
			c.ReceiveErrors++
		case len(got) == 0:
			c.EmptyReceives++
		default:
			c.Receives++
		}
		c.Units += units(bytes)
		c.Messages += len(got)
	})
	if err != nil {
		pause(ctx, receivePause)
	}
	return got, err
}

// pause waits, if need be, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
