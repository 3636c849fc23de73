package sqsqueue_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
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

// known checks that a receipt is one of the fake's, whether its delivery goes on or not.
func (f *fake) known(receipt string) string {
	if !strings.HasPrefix(receipt, "r-") || strings.HasSuffix(receipt, "x") {
		return "ReceiptHandleIsInvalid"
	}
	return ""
}

func receiptOf(handle string) string {
	return strings.TrimPrefix(strings.TrimSuffix(handle, "!"), "r-")
}

func (f *fake) send(ctx context.Context, in input) (out any, code string) {
	size, ids := 0, map[string]bool{}
	for _, e := range in.Entries {
		size += len(e.MessageBody)
		ids[e.ID] = true
		for name, a := range e.Attributes {
			size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
		}
	}
	switch {
	case len(in.Entries) == 0:
		return nil, "EmptyBatchRequest"
	case len(in.Entries) > 10:
		return nil, "TooManyEntriesInBatchRequest"
	case len(ids) < len(in.Entries):
		return nil, "BatchEntryIdsNotDistinct"
	case size > 1<<20:
		return nil, "BatchRequestTooLong"
	}
	type taken struct {
		ID   string `json:"Id"`
		Name string `json:"MessageId"`
		MD5  string `json:"MD5OfMessageBody"`
	}
	var successful []taken
	var failed []map[string]any
	for _, e := range in.Entries {
		if code := wrong(e); code != "" {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": code, "SenderFault": true, "Message": e.MessageBody})
			continue
		}
		successful = append(successful, taken{e.ID, "m", md5Of(e.MessageBody)})
		f.add(ctx, e)
	}
	return map[string]any{"Successful": successful, "Failed": failed}, ""
}

func (f *fake) add(ctx context.Context, e entry) {
	e.sent = f.clock.Now()
	message := ports.Message{Delay: time.Duration(e.DelaySeconds) * time.Second}
	if e.MessageGroupID != nil {
		message.Group = *e.MessageGroupID
	}
	f.mu.Lock()
	message.Body = []byte(strconv.Itoa(len(f.messages)))
	f.messages = append(f.messages, e)
	f.mu.Unlock()
	_ = f.queue.Send(ctx, message)
}

func wrong(e entry) string {
	if e.DelaySeconds < 0 || e.DelaySeconds > 900 || len(e.Attributes) > 10 {
		return "InvalidParameterValue"
	}
	if g := e.MessageGroupID; g != nil && (*g == "" || len(*g) > 128 || strings.ContainsFunc(*g, func(r rune) bool { return r <= ' ' || r > '~' })) {
		return "InvalidParameterValue"
	}
	for _, r := range e.MessageBody {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF {
			return "InvalidMessageContents"
		}
	}
	return ""
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

func (f *fake) receive(ctx context.Context, in input) (out any, code string) {
	if in.MaxNumberOfMessages < 1 || in.MaxNumberOfMessages > 10 || in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20 {
		return nil, "InvalidParameterValue"
	}
	until := f.clock.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	deliveries, err := f.queue.Receive(ctx, in.MaxNumberOfMessages, until)
	if err != nil {
		return nil, "InternalError"
	}
	var messages []map[string]any
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range deliveries {
		number, _ := strconv.Atoi(string(d.Body))
		e := f.messages[number]
		attributes := map[string]attribute{}
		for _, name := range in.MessageAttributes {
			if a, ok := e.Attributes[name]; ok {
				attributes[name] = a
			}
		}
		all := map[string]string{"ApproximateReceiveCount": strconv.Itoa(d.Count),
			"SentTimestamp": strconv.FormatInt(e.sent.UnixMilli(), 10)}
		if d.Group != "" {
			all["MessageGroupId"] = d.Group
		}
		system := map[string]string{}
		for _, name := range in.SystemAttributes {
			if value, ok := all[name]; ok {
				system[name] = value
			}
		}
		messages = append(messages, map[string]any{"MessageId": "m", "Body": e.MessageBody, "MD5OfBody": md5Of(e.MessageBody),
			"ReceiptHandle": "r-" + d.Receipt + "!", "Attributes": system, "MessageAttributes": attributes})
	}
	return map[string]any{"Messages": messages}, ""
}

// setup returns a queue on a new fake; change, if given, changes its options.
func setup(t *testing.T, transport http.RoundTripper, options *options) (*queue, *fake) {
	t.Helper()
	f := newFake(t)
	return newQueue(t, f.client(t, transport), f.URL+"/000000000000/parcels", f.clock, options), f
}

// required fails a test for an error.
func required(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
}

// note is the body of a message about a parcel.
func note(requestID string) []byte {
	return job.ParcelNote(&job.Job{ID: "0190f7a2-0000-7000-8000-000000000001", Tenant: "t", RequestID: requestID}, 17).Pack()
}
