package lambdasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// queue is a source in memory. What was received is invisible until the test expires it.
type queue struct {
	mu       sync.Mutex
	wake     chan struct{} // closed, and made anew, when a message becomes visible
	visible  []events.SQSMessage
	flying   map[string]events.SQSMessage // by receipt handle
	deleted  []string                     // bodies
	receives int                          // receipt handles given
	deaf     int                          // receives that fail from now on
	stuck    int                          // deletes that fail from now on
}

var _ lambdasim.Source = (*queue)(nil)

func newQueue(bodies ...string) *queue {
	q := &queue{wake: make(chan struct{}), flying: map[string]events.SQSMessage{}}
	q.send(bodies...)
	return q
}

func (q *queue) send(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range bodies {
		id := fmt.Sprintf("id-%s-%d", body[:min(len(body), 8)], len(q.visible))
		q.visible = append(q.visible, events.SQSMessage{MessageId: id, Body: body, Attributes: map[string]string{"ApproximateReceiveCount": "0"}})
	}
	close(q.wake)
	q.wake = make(chan struct{})
}

// expire makes everything in flight visible again.
func (q *queue) expire() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.flying {
		q.visible = append(q.visible, m)
	}
	clear(q.flying)
	close(q.wake)
	q.wake = make(chan struct{})
}

func (q *queue) Receive(ctx context.Context, most int, wait time.Duration) ([]events.SQSMessage, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		got, wake, err := q.take(most)
		if err != nil || len(got) > 0 {
			return got, err
		}
		select {
		case <-wake:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *queue) take(most int) ([]events.SQSMessage, chan struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deaf > 0 {
		q.deaf--
		return nil, nil, errors.New("as ordered")
	}
	var got []events.SQSMessage
	for len(q.visible) > 0 && len(got) < most {
		m := q.visible[0]
		q.visible = q.visible[1:]
		q.receives++
		times, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		m.Attributes = map[string]string{"ApproximateReceiveCount": strconv.Itoa(times + 1)}
		m.ReceiptHandle = fmt.Sprintf("receipt-%d", q.receives)
		q.flying[m.ReceiptHandle] = m
		got = append(got, m)
	}
	return got, q.wake, nil
}

func (q *queue) Delete(_ context.Context, handles []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stuck > 0 {
		q.stuck--
		return errors.New("as ordered")
	}
	for _, handle := range handles {
		if m, found := q.flying[handle]; found {
			q.deleted = append(q.deleted, m.Body)
			delete(q.flying, handle)
		}
	}
	return nil
}

// state returns the bodies that are visible, the number in flight and the bodies deleted.
func (q *queue) state() (visible []string, flying int, deleted []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.visible {
		visible = append(visible, m.Body)
	}
	return visible, len(q.flying), append([]string(nil), q.deleted...)
}

// invoker is a function without a process.
type invoker func(ctx context.Context, e events.SQSEvent) (lambdasim.Result, error)

func (f invoker) Invoke(ctx context.Context, event []byte) (lambdasim.Result, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return lambdasim.Result{}, err
	}
	return f(ctx, e)
}

// says is a function that always answers the same.
func says(text string) invoker {
	return func(context.Context, events.SQSEvent) (lambdasim.Result, error) {
		return lambdasim.Result{Payload: []byte(text)}, nil
	}
}

// run starts a mapping and returns it and what stops it.
func run(t *testing.T, config lambdasim.MappingConfig) (*lambdasim.Mapping, func()) {
	t.Helper()
	m, err := lambdasim.NewMapping(config)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		m.Run(ctx)
		close(done)
	}()
	stop := func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return m, stop
}

// names returns n different bodies.
func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("m%05d", i)
	}
	return list
}
