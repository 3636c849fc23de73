package sqsqueue_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// hasty is a clock that moves on instead of sleeping.
type hasty struct{ *porttest.ManualClock }

func (h hasty) Sleep(ctx context.Context, until time.Time) error {
	h.Set(until)
	return ctx.Err()
}

// hurry returns a queue that does not sleep between its tries.
func hurry(t *testing.T, transport http.RoundTripper, options *options) (*queue, *fake) {
	t.Helper()
	f := newFake(t)
	return newQueue(t, f.client(t, transport), f.URL, hasty{f.clock}, options), f
}

// many are n messages with different bodies.
func many(n int) []ports.Message {
	messages := make([]ports.Message, n)
	for i := range messages {
		messages[i].Body = fmt.Appendf(nil, "message %d", i)
	}
	return messages
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "parcels", "/parcels", "arn:aws:sqs:us-east-1:1:parcels", "ftp://host/q", "http://", "::"} {
		_, err := sqsqueue.New(nil, url, nil, nil, nil)
		require.ErrorIs(t, err, fault.Invalid, url)
	}
}

func TestQueueURL(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	url, err := sqsqueue.QueueURL(t.Context(), f.client(t, nil), "parcels")
	require.NoError(t, err)
	require.Equal(t, f.URL+"/000000000000/parcels", url)
	f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
		refuse(w, 400, "QueueDoesNotExist", "no")
		return true
	}
	_, err = sqsqueue.QueueURL(t.Context(), f.client(t, nil), "parcels")
	require.ErrorIs(t, err, fault.NotFound)
	require.EqualError(t, err, "sqsqueue: find queue parcels: QueueDoesNotExist (status 400)")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sqsqueue.QueueURL(ctx, f.client(t, nil), "parcels")
	require.Equal(t, context.Canceled, err)
}

func TestTenMessagesInARequest(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	required(t, q.Send(t.Context(), many(ports.MaxSend)...))
	require.Equal(t, ports.MaxSend/10, f.did("SendMessageBatch"))
	required(t, q.Send(t.Context(), many(11)...))
	require.Equal(t, ports.MaxSend/10+2, f.did("SendMessageBatch"))
	all, err := q.Receive(t.Context(), ports.MaxSend, f.clock.Now())
	require.NoError(t, err)
	require.Len(t, all, ports.MaxSend)
	require.Equal(t, ports.MaxSend/10, f.did("ReceiveMessage"))
}

func TestReceiveAsksForMoreWhileItGetsAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ there, limit, want, requests int }{
		{0, 25, 0, 1}, {9, 25, 9, 1}, {10, 25, 10, 2}, {12, 25, 12, 2}, {30, 25, 25, 3}, {30, 10, 10, 1}, {30, 3, 3, 1},
	} {
		q, f := setup(t, nil, nil)
		required(t, q.Send(t.Context(), many(test.there)...))
		got, err := q.Receive(t.Context(), test.limit, f.clock.Now())
		require.NoError(t, err)
		require.Len(t, got, test.want, "%+v", test)
		require.Equal(t, test.requests, f.did("ReceiveMessage"), "%+v", test)
	}
}

// TestWhatIsInHandIsReturned: a failure of the request for more does not lose the first ten.
func TestWhatIsInHandIsReturned(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, &options{Retries: -1})
	required(t, q.Send(t.Context(), many(20)...))
	f.answer = func(action string, _ int32, w http.ResponseWriter) bool {
		if action == "ReceiveMessage" && f.did(action) == 2 {
			refuse(w, 403, "AccessDeniedException", "no")
			return true
		}
		return false
	}
	got, err := q.Receive(t.Context(), 20, f.clock.Now())
	require.NoError(t, err)
	require.Len(t, got, 10)
}

// TestLongPolling waits 50 seconds in requests of 20, 20 and 10.
func TestLongPolling(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	begin := f.clock.Now()
	done := make(chan error, 1)
	go func() {
		got, err := q.Receive(t.Context(), 10, begin.Add(49500*time.Millisecond))
		if err == nil && len(got) > 0 {
			err = fmt.Errorf("%d messages from nowhere", len(got))
		}
		done <- err
	}()
	for _, seconds := range []time.Duration{20, 20, 10} {
		required(t, f.clock.AwaitSleepers(t.Context(), 1)) // the fake holds the request
		f.clock.Advance(seconds * time.Second)
	}
	required(t, <-done)
	require.Equal(t, 3, f.did("ReceiveMessage"))
	require.Equal(t, 50*time.Second, f.clock.Now().Sub(begin), "up to a second later than asked, never earlier")
}

func TestReceiveLimit(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	_, err := q.Receive(t.Context(), 0, f.clock.Now())
	require.ErrorIs(t, err, fault.Invalid)
	require.Zero(t, f.requests.Load())
}

func TestDelaysAreRoundedUp(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	for delay, want := range map[time.Duration]int{
		-time.Hour: 0, 0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 899*time.Second + 1: 900, time.Hour: 900,
	} {
		required(t, q.Send(t.Context(), ports.Message{Body: []byte("body"), Delay: delay}))
		require.Equal(t, want, f.last().DelaySeconds, "%s", delay)
		told, is := f.last().Attributes[sqsqueue.AttributeDelay]
		require.Equal(t, want > 0, is)
		if is {
			require.Equal(t, attribute{DataType: "Number", StringValue: strconv.Itoa(want)}, told)
		}
	}
}

func TestReturnDelays(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	required(t, q.Send(t.Context(), many(1)...))
	got, err := q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	required(t, q.Return(t.Context(), got[0].Receipt, 48*time.Hour))
	f.clock.Advance(12*time.Hour - 1)
	none, err := q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	require.Empty(t, none)
	f.clock.Advance(1)
	got, err = q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	required(t, q.Return(t.Context(), got[0].Receipt, 1))
	f.clock.Advance(999 * time.Millisecond)
	none, err = q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	require.Empty(t, none, "rounded up to a second")
}

func TestNoReceiptNamesNoDelivery(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	required(t, q.Ack(t.Context(), ""))
	required(t, q.Return(t.Context(), "", 0))
	require.Zero(t, f.requests.Load())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, q.Ack(ctx, ""))
	require.Equal(t, context.Canceled, q.Ack(ctx, "r-1!"))
	require.Equal(t, context.Canceled, q.Return(ctx, "r-1!", 0))
}

func TestGroups(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 128)
	for group, plain := range map[string]bool{
		"tenant-1": true, "a/b:c,d=e~": true, long: true, long + "x": false, "a b": false, "Straße": false, "tab\t": false,
		"\xff": false, strings.Repeat("y", 1024): false,
	} {
		q, f := setup(t, nil, nil)
		required(t, q.Send(t.Context(), ports.Message{Body: []byte("body"), Group: group}))
		sent := f.last()
		require.Equal(t, plain, *sent.MessageGroupID == group, group)
		require.Equal(t, plain, len(sent.Attributes) == 0, "the group itself travels beside its hash only")
		got, err := q.Receive(t.Context(), 1, f.clock.Now())
		require.NoError(t, err)
		require.Equal(t, group, got[0].Group)
		required(t, q.Send(t.Context(), ports.Message{Body: []byte("body"), Group: group}))
		require.Equal(t, *sent.MessageGroupID, *f.last().MessageGroupID, "one group has one id")
	}
	q, f := setup(t, nil, nil)
	required(t, q.Send(t.Context(), ports.Message{Body: []byte("body")}))
	require.Nil(t, f.last().MessageGroupID)
	err := q.Send(t.Context(), ports.Message{Body: []byte("body"), Group: strings.Repeat("x", 1025)})
	require.ErrorIs(t, err, fault.Invalid)
}

func TestRequestIDIsAnAttribute(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		string(note("req-7")):                  "req-7",
		string(note("")):                       "",
		string(note(strings.Repeat("x", 257))): "",
		string(note("\x00")):                   "",
		"no note":                              "",
		`{"request_id":"req-7"}`:               "",
	} {
		q, f := setup(t, nil, nil)
		required(t, q.Send(t.Context(), ports.Message{Body: []byte(body)}))
		require.Equal(t, want, f.last().Attributes[sqsqueue.AttributeRequestID].StringValue, body)
		require.Equal(t, body, f.last().MessageBody)
	}
}

func TestBodiesThatSQSCannotCarry(t *testing.T) {
	t.Parallel()
	for body, carried := range map[string]bool{
		"text\t\r\n": true, "Straße 😀 \uE000 \uFFFC": true, "\x00": false, "\x1f": false, "\xff": false, "\uFFFE": false, "\uFFFF": false,
	} {
		q, f := setup(t, nil, nil)
		required(t, q.Send(t.Context(), ports.Message{Body: []byte(body)}))
		require.Equal(t, carried, f.last().MessageBody == body, "%q", body)
		require.Equal(t, !carried, f.last().Attributes[sqsqueue.AttributeEncoding].StringValue == sqsqueue.Base64)
		got, err := q.Receive(t.Context(), 1, f.clock.Now())
		require.NoError(t, err)
		require.Equal(t, body, string(got[0].Body))
	}
}

// TestForeignMessages are handed on as they stand: whoever gets them judges them.
func TestForeignMessages(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	id := "g"
	f.add(t.Context(), entry{MessageBody: "no base64", MessageGroupID: &id, Attributes: map[string]attribute{
		"encoding": {DataType: "String", StringValue: "base64"}, "group": {DataType: "Binary", BinaryValue: "b3RoZXI="},
	}})
	got, err := q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	require.Equal(t, "no base64", string(got[0].Body))
	require.Equal(t, "g", got[0].Group, "a group that is not of this id is not believed")
}

func TestDeliveriesAreObserved(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	q, f := setup(t, nil, &options{Observer: recorder})
	required(t, q.Send(t.Context(), ports.Message{Body: note("req-7"), Group: "t"}))
	f.clock.Advance(7 * time.Second)
	_, err := q.Receive(t.Context(), 1, f.clock.Now())
	require.NoError(t, err)
	require.Equal(t, []ports.Event{{
		Name: ports.EventMessageReceived, At: f.clock.Now(), Tenant: "t", Job: "0190f7a2-0000-7000-8000-000000000001", Parcel: 17,
		RequestID: "req-7", Count: 1, Duration: 7 * time.Second,
	}}, recorder.Events())
}

// TestADelayIsNoWaiting whatever a stranger says of it.
func TestADelayIsNoWaiting(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	q, f := setup(t, nil, &options{Observer: recorder})
	required(t, q.Send(t.Context(), ports.Message{Body: note("req-7"), Delay: 10 * time.Minute}))
	strange := func(delay string) {
		f.add(t.Context(), entry{MessageBody: "x", Attributes: map[string]attribute{sqsqueue.AttributeDelay: {DataType: "Number", StringValue: delay}}})
	}
	for _, delay := range []string{"-600", "99999999999999999999", "9223372036854775807", "soon", "601"} {
		strange(delay)
	}
	f.clock.Advance(10*time.Minute + 500*time.Millisecond)
	got, err := q.Receive(t.Context(), 10, f.clock.Now())
	require.NoError(t, err)
	require.Len(t, got, 6)
	var lay []time.Duration
	for _, event := range recorder.Events() {
		lay = append(lay, event.Duration)
	}
	const all, half = 10*time.Minute + 500*time.Millisecond, 500 * time.Millisecond
	require.ElementsMatch(t, []time.Duration{half, all, 0, 0, all, 0}, lay)
}
