package porttest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

func (q *queueTest) arrives() {
	body := "body \x00\xff\n\u00e9"
	require.NoError(q, q.Send(q.Context(), ports.Message{Body: []byte(body), Group: "tenant-1"}))
	delivery := q.one()
	require.Equal(q, body, string(delivery.Body))
	require.Equal(q, "tenant-1", delivery.Group)
	require.Equal(q, 1, delivery.Count)
	require.NotEmpty(q, delivery.Receipt)
}

func (q *queueTest) sendNone() {
	require.NoError(q, q.Send(q.Context()))
	q.none()
}

func (q *queueTest) sendMost() {
	large := strings.Repeat("x", 64<<10)
	q.send(large)
	q.drained(large)
	var bodies []string
	for i := range ports.MaxSend {
		bodies = append(bodies, fmt.Sprint(i))
	}
	q.send(bodies...)
	q.drained(bodies...)
}

func (q *queueTest) sendInvalid() {
	good := ports.Message{Body: []byte("good")}
	tooMany := make([]ports.Message, ports.MaxSend+1)
	for i := range tooMany {
		tooMany[i] = good
	}
	for name, messages := range map[string][]ports.Message{
		"no body":      {good, {}},
		"empty body":   {good, {Body: []byte{}}},
		"a large body": {good, {Body: make([]byte, 64<<10+1)}},
		"too many":     tooMany,
	} {
		require.ErrorIs(q, q.Send(q.Context(), messages...), fault.Invalid, name)
	}
	q.none() // the good ones were not sent either
}

func (q *queueTest) ended() context.Context {
	ctx, cancel := context.WithCancel(q.Context())
	cancel()
	return ctx
}

func (q *queueTest) sendEnded() {
	err := q.Send(q.ended(), ports.Message{Body: []byte("body")})
	require.ErrorIs(q, err, context.Canceled)
}

func (q *queueTest) delayed() {
	require.NoError(q, q.Send(q.Context(),
		ports.Message{Body: []byte("later"), Delay: 10 * time.Second},
		ports.Message{Body: []byte("now")},
		ports.Message{Body: []byte("sooner"), Delay: 5 * time.Second},
	))
	q.drained("now")
	q.Elapse(5*time.Second - time.Millisecond)
	q.none()
	q.Elapse(time.Millisecond)
	q.drained("sooner")
	q.Elapse(5 * time.Second)
	q.drained("later")
}

func (q *queueTest) delayCut() {
	require.NoError(q, q.Send(q.Context(), ports.Message{Body: []byte("body"), Delay: 48 * time.Hour}))
	q.Elapse(15*time.Minute - time.Second)
	q.none()
	q.Elapse(time.Second)
	q.drained("body")
}
