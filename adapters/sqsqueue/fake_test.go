package sqsqueue_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a server that speaks SQS's JSON protocol for one queue. It has SQS's limits and reports their breach as SQS does.
// The queue itself is memqueue, whose bodies are the ids of the messages here.
type fake struct {
	*httptest.Server
	queue *memqueue.Queue
	clock *porttest.ManualClock
	// answer, if set, may answer a request in the fake's stead.
	answer func(action string, n int32, w http.ResponseWriter) bool

	requests atomic.Int32
	mu       sync.Mutex
	actions  map[string]int
	messages []entry
	// waits are how many seconds the receives asked for that the fake answered itself.
	waits []int
}

// attribute and entry are a message as it is sent.
type attribute struct{ DataType, StringValue, BinaryValue string }

type entry struct {
	ID             string `json:"Id"`
	MessageBody    string
	MessageGroupID *string `json:"MessageGroupId"`
	DelaySeconds   int
	Attributes     map[string]attribute `json:"MessageAttributes"`
	sent           time.Time
}

// input has the fields of all requests.
type input struct {
	QueueURL            string `json:"QueueUrl"`
	QueueName           string
	Entries             []entry
	MaxNumberOfMessages int
	WaitTimeSeconds     int
	ReceiptHandle       string
	VisibilityTimeout   int
	MessageAttributes   []string `json:"MessageAttributeNames"`
	SystemAttributes    []string `json:"MessageSystemAttributeNames"`
}

func newFake(t *testing.T) *fake {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	f := &fake{clock: clock, actions: map[string]int{},
		queue: memqueue.New(clock, &memqueue.Options{Visibility: time.Minute, MaxReceives: 3})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// client is the real client of AWS for the fake, through the transport, or the usual one.
func (f *fake) client(t *testing.T, transport http.RoundTripper) *sqs.Client {
	t.Helper()
	return newClient(t, f.URL, transport)
}

func newClient(t *testing.T, url string, transport http.RoundTripper) *sqs.Client {
	t.Helper()
	own := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(own.CloseIdleConnections)
	if transport == nil {
		transport = own
	}
	if around, ok := transport.(interface{ around(http.RoundTripper) }); ok {
		around.around(own)
	}
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// did is how many requests of an action have come.
func (f *fake) did(action string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.actions[action]
}

// last is the message that was sent last.
func (f *fake) last() entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.messages[len(f.messages)-1]
}

// refuse is an error as SQS writes it.
func refuse(w http.ResponseWriter, status int, code, words string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": words})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	n := f.requests.Add(1)
	f.mu.Lock()
	f.actions[action]++
	f.mu.Unlock()
	if f.answer != nil && f.answer(action, n, w) {
		return
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		refuse(w, 400, "SerializationException", err.Error())
		return
	}
	var out any
	var code string
	switch action {
	case "SendMessageBatch":
		out, code = f.send(r.Context(), in)
	case "ReceiveMessage":
		out, code = f.receive(r.Context(), in)
	case "DeleteMessage":
		out, code = struct{}{}, f.known(in.ReceiptHandle)
		if code == "" {
			_ = f.queue.Ack(r.Context(), receiptOf(in.ReceiptHandle))
		}
	case "ChangeMessageVisibility":
		out, code = struct{}{}, f.known(in.ReceiptHandle)
		if in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43200 {
			code = "InvalidParameterValue"
		}
		if code == "" {
			_ = f.queue.Return(r.Context(), receiptOf(in.ReceiptHandle), time.Duration(in.VisibilityTimeout)*time.Second)
		}
	case "GetQueueUrl":
		out = map[string]string{"QueueUrl": f.URL + "/000000000000/" + in.QueueName}
	default:
		code = "InvalidAction"
	}
	if code != "" {
		refuse(w, 400, code, "refused: "+string(body))
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}
