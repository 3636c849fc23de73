package porttest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

func (q *queueTest) ordered() {
	var bodies []string
	for i := range 40 {
		bodies = append(bodies, fmt.Sprintf("%02d", i))
		q.send(bodies[i])
	}
	require.Equal(q, bodies, q.drain())
}

// fair sends many messages of one group and then few of others: those must not wait for the many.
func (q *queueTest) fair() {
	group := func(name string, n int) {
		for i := range n {
			message := ports.Message{Body: fmt.Appendf(nil, "%s%d", name, i), Group: name}
			require.NoError(q, q.Send(q.Context(), message))
		}
	}
	group("many", 200)
	group("few", 3)
	group("", 1)
	var first []string
	for range 9 {
		first = append(first, string(q.one().Body))
	}
	for _, want := range []string{"few0", "few1", "few2", "0"} {
		require.Contains(q, first, want)
	}
}

func (q *queueTest) dead() {
	q.send("body")
	for count := 1; count <= q.features.MaxReceives; count++ {
		require.Equal(q, count, q.one().Count)
		q.Elapse(q.features.Visibility)
	}
	q.none()
}

// together sends and receives from several goroutines at once; the receivers stop when all has been seen.
func (q *queueTest) together() {
	const senders, each, receivers = 4, 50, 4
	ctx, done := context.WithCancel(q.Context())
	defer done()
	var mu sync.Mutex
	seen := map[string]int{}
	until := q.Clock.Now().Add(time.Hour)
	var running sync.WaitGroup
	failures := make(chan error, senders*each+receivers)
	for range receivers {
		running.Go(func() {
			for ctx.Err() == nil {
				deliveries, err := q.Receive(ctx, 3, until)
				if err != nil {
					if ctx.Err() == nil {
						failures <- err
						done()
					}
					return
				}
				for _, delivery := range deliveries {
					if err := q.Ack(q.Context(), delivery.Receipt); err != nil {
						failures <- err
					}
					mu.Lock()
					seen[string(delivery.Body)]++
					if len(seen) == senders*each {
						done()
					}
					mu.Unlock()
				}
			}
		})
	}
	for s := range senders {
		running.Go(func() {
			for i := range each {
				message := ports.Message{Body: fmt.Appendf(nil, "%d/%d", s, i), Group: fmt.Sprint(s)}
				if err := q.Send(q.Context(), message); err != nil {
					failures <- err
					done()
				}
			}
		})
	}
	running.Wait()
	close(failures)
	for err := range failures {
		require.NoError(q, err)
	}
	require.Len(q, seen, senders*each)
	if q.features.Once {
		for body, n := range seen {
			require.Equal(q, 1, n, body)
		}
	}
}
