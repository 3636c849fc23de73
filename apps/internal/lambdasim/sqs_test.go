package lambdasim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// client speaks to an endpoint without retries: one call is one request.
func client(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), Retryer: aws.NopRetryer{},
	})
}

// played is a server that answers with a text and keeps what it was asked.
func played(t *testing.T, status int, text string) (*lambdasim.SQS, *map[string]any) {
	t.Helper()
	asked := map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &asked)
		asked["target"] = r.Header.Get("X-Amz-Target")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return lambdasim.NewSQS(client(server.URL), "http://localhost/000000000000/parcels", "eu-central-1", "123456789012"), &asked
}

func TestSQSReceive(t *testing.T) {
	t.Parallel()
	source, asked := played(t, http.StatusOK, `{"Messages":[{"MessageId":"m1","ReceiptHandle":"r1","Body":"hello","MD5OfBody":"5d41402abc4b2a76b9719d911017c592",
		"Attributes":{"ApproximateReceiveCount":"2","SentTimestamp":"1763800000000","MessageGroupId":"tenant"},
		"MessageAttributes":{"correlation":{"DataType":"String","StringValue":"c1"}}}]}`)
	got, err := source.Receive(t.Context(), 7, 1500*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, []events.SQSMessage{{
		MessageId: "m1", ReceiptHandle: "r1", Body: "hello", Md5OfBody: "5d41402abc4b2a76b9719d911017c592",
		Attributes: map[string]string{"ApproximateReceiveCount": "2", "SentTimestamp": "1763800000000", "MessageGroupId": "tenant"},
		MessageAttributes: map[string]events.SQSMessageAttribute{
			"correlation": {DataType: "String", StringValue: aws.String("c1"), StringListValues: []string{}, BinaryListValues: [][]byte{}},
		},
		EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:parcels", AWSRegion: "eu-central-1",
	}}, got)
	require.Equal(t, map[string]any{
		"target": "AmazonSQS.ReceiveMessage", "QueueUrl": "http://localhost/000000000000/parcels", "MaxNumberOfMessages": 7.0,
		"WaitTimeSeconds": 2.0, "MessageAttributeNames": []any{"All"}, "MessageSystemAttributeNames": []any{"All"},
	}, *asked)
}

func TestSQSDelete(t *testing.T) {
	t.Parallel()
	source, asked := played(t, http.StatusOK, `{"Successful":[{"Id":"0"},{"Id":"1"}]}`)
	require.NoError(t, source.Delete(t.Context(), []string{"r1", "r2"}))
	require.Equal(t, []any{map[string]any{"Id": "0", "ReceiptHandle": "r1"}, map[string]any{"Id": "1", "ReceiptHandle": "r2"}}, (*asked)["Entries"])
	source, _ = played(t, http.StatusOK, `{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","SenderFault":true,"Code":"ReceiptHandleIsInvalid"}]}`)
	err := source.Delete(t.Context(), []string{"r1", "r2"})
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "1 of 2 messages: ReceiptHandleIsInvalid")
}

func TestSQSFails(t *testing.T) {
	t.Parallel()
	source, _ := played(t, http.StatusInternalServerError, `{"__type":"InternalFailure"}`)
	_, err := source.Receive(t.Context(), 1, 0)
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorIs(t, source.Delete(t.Context(), []string{"r"}), fault.Unavailable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = source.Receive(ctx, 1, 0)
	require.Equal(t, context.Canceled, err, "unwrapped")
}
