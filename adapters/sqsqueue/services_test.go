//go:build services

package sqsqueue_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// visibility is that of the queues on the server: short, because its time is real.
const visibility = 4 * time.Second

// queues counts the queues of this run.
var queues atomic.Int64

// server returns a new queue on the server, with dead letters, and a client through the transport.
func server(t *testing.T, transport http.RoundTripper) (*sqs.Client, string) {
	t.Helper()
	endpoint := os.Getenv("MB_TEST_SQS")
	if endpoint == "" {
		t.Fatal("MB_TEST_SQS is not set: start the servers with make services-up")
	}
	admin := newClient(t, endpoint, nil)
	name := fmt.Sprintf("sqsqueue-%d-%d", os.Getpid(), queues.Add(1))
	create := func(name string, attributes map[string]string) string {
		out, err := admin.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		require.NoError(t, err)
		return *out.QueueUrl
	}
	dead := create(name+"-dead", nil)
	url := create(name, map[string]string{
		"VisibilityTimeout": strconv.Itoa(int(visibility.Seconds())),
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%s-dead","maxReceiveCount":3}`, name),
	})
	t.Cleanup(func() {
		for _, url := range []string{url, dead} {
			_, _ = admin.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &url})
		}
	})
	return newClient(t, endpoint, transport), url
}

// minutes makes delays of a minute and more a hundredth as long on the way to the server: it takes 900 s for 9 s.
type minutes struct{ http.RoundTripper }

func (m *minutes) around(inner http.RoundTripper) { m.RoundTripper = shrink{inner} }

// realTime elapses by sleeping. The suite looks a millisecond before a time and at it; a server is asked a little later
// than its caller meant, so what falls short of a second by a millisecond ends 400 ms earlier here, and all else later.
func realTime() porttest.Time {
	return porttest.Time{Clock: sysclock.Clock{}, Elapse: func(d time.Duration) {
		if d > time.Minute {
			d = (d+time.Second).Truncate(time.Minute)/100 - time.Second
		}
		switch {
		case d%time.Second == time.Second-time.Millisecond:
			d -= 400 * time.Millisecond
		case d == time.Millisecond:
			d = 900 * time.Millisecond
		default:
			d += 300 * time.Millisecond
		}
		time.Sleep(d)
	}}
}

// shrink rewrites requests.
type shrink struct{ inner http.RoundTripper }

var delay = regexp.MustCompile(`"DelaySeconds":(\d\d+)`)

func (s shrink) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	body = delay.ReplaceAllFunc(body, func(found []byte) []byte {
		seconds, _ := strconv.Atoi(string(delay.FindSubmatch(found)[1]))
		if seconds >= 60 {
			seconds /= 100
		}
		return fmt.Appendf(nil, `"DelaySeconds":%d`, seconds)
	})
	// The server does not check the signature, which was that of the longer text.
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return s.inner.RoundTrip(r)
}

func TestServerQueue(t *testing.T) {
	t.Parallel()
	features := porttest.QueueFeatures{Visibility: visibility, MaxReceives: 3}
	porttest.Queue(t, features, func(t *testing.T) (ports.Queue, porttest.Time) {
		client, url := server(t, &minutes{})
		return newQueue(t, client, url, sysclock.Clock{}, nil), realTime()
	})
}

func TestServerFindsItsQueues(t *testing.T) {
	t.Parallel()
	client, url := server(t, nil)
	found, err := sqsqueue.QueueURL(t.Context(), client, url[strings.LastIndex(url, "/")+1:])
	require.NoError(t, err)
	require.Equal(t, url, found)
	_, err = sqsqueue.QueueURL(t.Context(), client, "no-such-queue")
	require.ErrorIs(t, err, fault.NotFound)
	none := newQueue(t, client, url+"-gone", sysclock.Clock{}, nil)
	require.ErrorIs(t, none.Send(t.Context(), ports.Message{Body: []byte("body")}), fault.NotFound)
}

// TestServerTakesWhatIsSent sends what the fake was told of the server's rules: the longest delay, the largest ten, a group
// of any characters, and what the server keeps of them.
func TestServerTakesWhatIsSent(t *testing.T) {
	t.Parallel()
	client, url := server(t, nil)
	q := newQueue(t, client, url, sysclock.Clock{}, nil)
	required(t, q.Send(t.Context(), ports.Message{Body: []byte("late"), Delay: 48 * time.Hour}))
	groups := []string{"tenant-1", "Straße 1", strings.Repeat("x", 1024), "a b"}
	var messages []ports.Message
	for i := range 10 {
		body := bytes.Repeat([]byte{byte(i)}, 64<<10)
		messages = append(messages, ports.Message{Body: body, Group: groups[i%len(groups)]})
	}
	required(t, q.Send(t.Context(), messages...))
	seen := map[byte]ports.Delivery{}
	for len(seen) < 10 {
		deliveries, err := q.Receive(t.Context(), 10, sysclock.Clock{}.Now().Add(5*time.Second))
		require.NoError(t, err)
		require.NotEmpty(t, deliveries)
		for _, d := range deliveries {
			required(t, q.Ack(t.Context(), d.Receipt))
			seen[d.Body[0]] = d
		}
	}
	for i, message := range messages {
		require.Equal(t, message.Body, seen[byte(i)].Body)
		require.Equal(t, message.Group, seen[byte(i)].Group)
	}
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessagesDelayed},
	})
	require.NoError(t, err)
	require.Equal(t, "1", out.Attributes["ApproximateNumberOfMessagesDelayed"])
}

// TestServerKeepsTheRequestID reads the attributes with the bare client.
func TestServerKeepsTheRequestID(t *testing.T) {
	t.Parallel()
	client, url := server(t, nil)
	required(t, newQueue(t, client, url, sysclock.Clock{}, nil).Send(t.Context(), ports.Message{Body: note("req-7"), Group: "t"}))
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	require.NoError(t, err)
	require.Len(t, out.Messages, 1)
	require.Equal(t, string(note("req-7")), *out.Messages[0].Body)
	require.Equal(t, "req-7", aws.ToString(out.Messages[0].MessageAttributes["request_id"].StringValue))
	require.Equal(t, "t", out.Messages[0].Attributes["MessageGroupId"])
}
