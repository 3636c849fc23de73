package sqsqueue_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// faulty breaks every n-th request in one way.
type faulty struct {
	inner http.RoundTripper
	every int32
	count atomic.Int32
	way   string
}

func (f *faulty) around(inner http.RoundTripper) { f.inner = inner }

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.count.Add(1)%f.every != 0 {
		return f.inner.RoundTrip(r)
	}
	says := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
			Body: io.NopCloser(strings.NewReader(body))}, nil
	}
	switch f.way {
	case "throttled":
		return says(400, `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}`)
	case "500":
		return says(500, `{"__type":"InternalError"}`)
	case "gateway":
		return says(502, `<html>bad gateway</html>`)
	case "refused":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "reset before":
		return nil, &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET}
	}
	response, err := f.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// TestFaults sends 200 messages and takes them all while every n-th request fails: none is lost, some may come twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"throttled", "500", "gateway", "refused", "reset before", "reset after"} {
		for _, every := range []int32{3, 4, 7} {
			t.Run(fmt.Sprint(way, " every ", every), func(t *testing.T) {
				t.Parallel()
				transport := &faulty{every: every, way: way}
				q, f := hurry(t, transport, nil)
				required(t, q.Send(t.Context(), many(200)...))
				seen := map[string]bool{}
				for rounds := 0; len(seen) < 200 && rounds < 100; rounds++ {
					got, err := q.Receive(t.Context(), 10, f.clock.Now())
					require.True(t, err == nil || fault.KindOf(err) == fault.Throttled || fault.KindOf(err) == fault.Unavailable, err)
					for _, d := range got {
						required(t, q.Ack(t.Context(), d.Receipt))
						seen[string(d.Body)] = true
					}
					if len(got) == 0 {
						f.clock.Advance(time.Minute) // a lost answer of a receive hides what was in it
						f.queue.Redrive()            // and several of them make it a dead letter
					}
				}
				require.Equal(t, 200, len(seen))
				require.GreaterOrEqual(t, transport.count.Load(), every)
			})
		}
	}
}

// TestNoErrorNoLoss has no repetitions: what Send does not report as failed has arrived.
func TestNoErrorNoLoss(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"throttled", "500", "gateway", "refused", "reset before", "reset after"} {
		q, f := hurry(t, &faulty{every: 3, way: way}, &options{Retries: -1})
		arrived, failed := 0, 0
		for _, message := range many(30) {
			before := f.queue.Len()
			switch err := q.Send(t.Context(), message); {
			case err == nil:
				require.Equal(t, before+1, f.queue.Len())
				arrived++
			case f.queue.Len() > before:
				require.True(t, fault.Unknown(err), "%s: it was done", way)
				failed++
			default:
				require.Equal(t, way != "throttled" && way != "refused", fault.Unknown(err), way)
				failed++
			}
		}
		require.Equal(t, 20, arrived)
		require.Equal(t, 10, failed)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	const body = "canary-5d1f"
	for code, test := range map[string]struct {
		status   int
		kind     fault.Kind
		unknown  bool
		requests int32
	}{
		"RequestThrottled":    {400, fault.Throttled, false, 3},
		"OverLimit":           {400, fault.Throttled, false, 3},
		"ThrottlingException": {400, fault.Throttled, false, 3},
		"KmsThrottled":        {400, fault.Throttled, false, 3},
		"Whatever":            {429, fault.Throttled, false, 3},
		"InternalError":       {500, fault.Unavailable, true, 3},
		"ServiceUnavailable":  {503, fault.Unavailable, true, 3},
		"RequestTimeout":      {408, fault.Unavailable, true, 3},
		"RequestExpired":      {400, fault.Unavailable, false, 3},
		"AWS.SimpleQueueService.NonExistentQueue": {400, fault.NotFound, false, 1},
		"QueueDoesNotExist":                       {400, fault.NotFound, false, 1},
		"AccessDeniedException":                   {400, fault.Unauthorized, false, 1},
		"ExpiredToken":                            {400, fault.Unauthorized, false, 1},
		"Odd":                                     {403, fault.Unauthorized, false, 1},
		"InvalidMessageContents":                  {400, fault.Invalid, false, 1},
		"UnsupportedOperation":                    {400, fault.Invalid, false, 1},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			q, f := hurry(t, nil, &options{Retries: 2})
			f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
				refuse(w, test.status, code, "you may not")
				return true
			}
			err := q.Send(t.Context(), ports.Message{Body: []byte(body)})
			require.Equal(t, test.kind, fault.KindOf(err))
			require.Equal(t, test.unknown, fault.Unknown(err))
			require.Equal(t, test.requests, f.requests.Load())
			require.ErrorContains(t, err, strings.TrimPrefix(code, "AWS.SimpleQueueService."))
			require.Equal(t, test.kind == fault.Unauthorized, strings.Contains(err.Error(), "you may not"))
			_, err = q.Receive(t.Context(), 1, f.clock.Now())
			require.Equal(t, test.kind, fault.KindOf(err))
		})
	}
}

// TestOverReceipts: what SQS says of a delivery that is over is no error; what it says of the queue is.
func TestOverReceipts(t *testing.T) {
	t.Parallel()
	for code, over := range map[string]bool{
		"ReceiptHandleIsInvalid": true, "InvalidParameterValue": true, "AWS.SimpleQueueService.MessageNotInflight": true,
		"InvalidIdFormat": true, "QueueDoesNotExist": false, "AccessDeniedException": false,
	} {
		q, f := hurry(t, nil, nil)
		f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
			refuse(w, 400, code, "no")
			return true
		}
		require.Equal(t, over, q.Ack(t.Context(), "r") == nil, code)
		require.Equal(t, over, q.Return(t.Context(), "r", 0) == nil, code)
	}
}

// results answers a request for messages 0 .. 3 with one failure and what else it is told.
func results(code string, senderFault bool) string {
	return fmt.Sprintf(`{"Successful":[{"Id":"0"},{"Id":"3"}],"Failed":[{"Id":"1","Code":%q,"SenderFault":%t,"Message":"canary"}]}`,
		code, senderFault)
}

// TestSingleFailures: the request succeeds, one of its messages fails, and one is not mentioned.
func TestSingleFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code        string
		senderFault bool
		kind        fault.Kind
		left        string
	}{
		"sender":       {"InvalidMessageContents", true, fault.Invalid, "2"},
		"server":       {"InternalError", false, "", "1 2"},
		"throttled":    {"RequestThrottled", false, "", "1 2"},
		"throttled us": {"RequestThrottled", true, "", "1 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, f := hurry(t, nil, nil)
			f.answer = func(_ string, n int32, w http.ResponseWriter) bool {
				if n == 1 {
					_, _ = io.WriteString(w, results(test.code, test.senderFault))
				}
				return n == 1
			}
			err := q.Send(t.Context(), many(4)...)
			require.Equal(t, test.kind, fault.KindOf(err))
			require.Equal(t, test.kind != "", fault.Unknown(err), "others were sent")
			require.EqualValues(t, 2, f.requests.Load())
			var left []string
			for _, e := range f.messages {
				left = append(left, e.ID)
			}
			require.Equal(t, test.left, strings.Join(left, " "), "only what was not taken is sent again")
			if err != nil {
				require.ErrorContains(t, err, `message 1: "InvalidMessageContents"`)
				require.NotContains(t, err.Error(), "canary")
			}
		})
	}
}

// TestASingleFailureThatStays ends with its own kind, and stops what comes after it.
func TestASingleFailureThatStays(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]fault.Kind{"InternalError": fault.Unavailable, "RequestThrottled": fault.Throttled} {
		q, f := hurry(t, nil, &options{Retries: 1})
		f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
			_, _ = io.WriteString(w, fmt.Sprintf(`{"Failed":[{"Id":"0","Code":%q,"SenderFault":false}]}`, code))
			return true
		}
		err := q.Send(t.Context(), many(1)...)
		require.Equal(t, kind, fault.KindOf(err))
		require.Equal(t, kind == fault.Unavailable, fault.Unknown(err))
		require.EqualValues(t, 2, f.requests.Load())
	}
}

// TestALaterFailureIsUnknown: the first ten were sent, so the call as a whole was done in part.
func TestALaterFailureIsUnknown(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, &options{Retries: -1})
	f.answer = func(_ string, n int32, w http.ResponseWriter) bool {
		if n == 2 {
			refuse(w, 400, "RequestThrottled", "no")
		}
		return n == 2
	}
	err := q.Send(t.Context(), many(30)...)
	require.ErrorIs(t, err, fault.Throttled)
	require.True(t, fault.Unknown(err))
	require.EqualValues(t, 2, f.requests.Load())
}
