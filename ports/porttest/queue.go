package porttest

import (
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// QueueFeatures is what a queue promises beyond its port. The suite proves what is declared, and asks for no more.
type QueueFeatures struct {
	// Visibility is how long the queues of the factory hide a received message; it must be set.
	Visibility time.Duration
	// MaxReceives is after how many deliveries a message goes to the dead letters, at least 3; 0 if that is not tested.
	MaxReceives int
	// Ordered: messages of one group come in the order in which they were sent, as long as each is acknowledged.
	Ordered bool
	// Fair: groups take turns.
	Fair bool
	// Once: a message comes again only after its visibility has ended, or it was returned.
	Once bool
	// OldReceipts: a receipt stays good after a later delivery of its message.
	OldReceipts bool
}

// Queue proves a ports.Queue. The factory is called once in each subtest and returns an empty queue.
func Queue(t *testing.T, features QueueFeatures, factory func(t *testing.T) (ports.Queue, Time)) {
	require.Positive(t, features.Visibility, "QueueFeatures.Visibility must be set")
	tests := map[string]func(q *queueTest){
		"Send/ArrivesAsSent":                 (*queueTest).arrives,
		"Send/NoneIsNoError":                 (*queueTest).sendNone,
		"Send/AsManyAndAsLargeAsAllowed":     (*queueTest).sendMost,
		"Send/RefusesWhatBreaksARule":        (*queueTest).sendInvalid,
		"Send/EndedContext":                  (*queueTest).sendEnded,
		"Send/DelayHides":                    (*queueTest).delayed,
		"Send/DelayIsCut":                    (*queueTest).delayCut,
		"Receive/KeepsToItsLimit":            (*queueTest).limited,
		"Receive/NoneWithoutAnError":         (*queueTest).receiveNone,
		"Receive/EndedContext":               (*queueTest).receiveEnded,
		"Receive/WaitsForAMessage":           (*queueTest).waitsForSend,
		"Receive/WaitEndsWithTheContext":     (*queueTest).waitCancelled,
		"Receive/HidesFromOthers":            (*queueTest).hides,
		"Receive/ComesAgainWithAnotherCount": (*queueTest).comesAgain,
		"Ack/RemovesForGood":                 (*queueTest).acked,
		"Ack/TwiceIsNoError":                 (*queueTest).ackedTwice,
		"Ack/UnknownReceiptIsNoError":        (*queueTest).ackedUnknown,
		"Ack/OldReceipt":                     (*queueTest).ackedOld,
		"Return/AtOnce":                      (*queueTest).returned,
		"Return/AfterADelay":                 (*queueTest).returnedLater,
		"Return/OldReceiptIsNoError":         (*queueTest).returnedOld,
		"Together/NoneIsLost":                (*queueTest).together,
	}
	if features.Ordered {
		tests["Ordered/AsSent"] = (*queueTest).ordered
	}
	if features.Fair {
		tests["Fair/GroupsTakeTurns"] = (*queueTest).fair
	}
	if features.MaxReceives > 0 {
		tests["DeadLetters/TakeWhatComesTooOften"] = (*queueTest).dead
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queue, tm := factory(t)
			test(&queueTest{T: t, Queue: queue, Time: tm, features: features})
		})
	}
}

// queueTest is one subtest of the suite.
type queueTest struct {
	*testing.T
	ports.Queue
	Time
	features QueueFeatures
}

// send sends one message for each body.
func (q *queueTest) send(bodies ...string) {
	q.Helper()
	messages := make([]ports.Message, len(bodies))
	for i, body := range bodies {
		messages[i] = ports.Message{Body: []byte(body)}
	}
	require.NoError(q, q.Send(q.Context(), messages...))
}

// receive does not wait.
func (q *queueTest) receive(limit int) []ports.Delivery {
	q.Helper()
	deliveries, err := q.Receive(q.Context(), limit, q.Clock.Now())
	require.NoError(q, err)
	require.LessOrEqual(q, len(deliveries), limit)
	return deliveries
}

// one receives the only message that is there.
func (q *queueTest) one() ports.Delivery {
	q.Helper()
	deliveries := q.receive(1)
	require.Len(q, deliveries, 1)
	return deliveries[0]
}

// none checks that nothing is visible.
func (q *queueTest) none() {
	q.Helper()
	require.Empty(q, q.receive(10))
}

// drain receives and acknowledges all that is visible and returns the bodies in their order.
func (q *queueTest) drain() []string {
	q.Helper()
	var bodies []string
	for {
		deliveries := q.receive(7)
		if len(deliveries) == 0 {
			return bodies
		}
		for _, delivery := range deliveries {
			bodies = append(bodies, string(delivery.Body))
			require.NoError(q, q.Ack(q.Context(), delivery.Receipt))
		}
	}
}

// drained checks what drain gives in any order; a queue that may repeat itself may give some of it again.
func (q *queueTest) drained(want ...string) {
	q.Helper()
	got := q.drain()
	if !q.features.Once {
		got = distinct(got)
	}
	require.ElementsMatch(q, want, got)
}

func distinct(all []string) []string {
	sort.Strings(all)
	var kept []string
	for i, s := range all {
		if i == 0 || s != all[i-1] {
			kept = append(kept, s)
		}
	}
	return kept
}
