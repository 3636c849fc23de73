package work_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud/work"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// aws is a server that stands for a service, and remembers what it was asked.
type aws struct {
	*httptest.Server
	answer func(target string) (int, string)

	mu    sync.Mutex
	asked []string
	heads []http.Header
}

func newAWS(t *testing.T, answer func(target string) (int, string)) *aws {
	t.Helper()
	a := &aws{answer: answer}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if target == "" {
		target = r.URL.Path
	}
	a.mu.Lock()
	a.asked, a.heads = append(a.asked, target), append(a.heads, r.Header)
	a.mu.Unlock()
	status, body := a.answer(target)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (a *aws) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

func refusing(string) (int, string) {
	return http.StatusBadRequest, `{"__type":"com.amazonaws#ResourceNotFoundException","message":"there is none"}`
}

// environ is the least environment, with an address for each of some services.
func environ(more ...string) []string {
	return append([]string{"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token"}, more...)
}

func access(t *testing.T, more ...string) *cloud.Access {
	t.Helper()
	a, err := cloud.NewAccess(environ(more...))
	require.NoError(t, err)
	return a
}

func newWatch(out io.Writer) *cloud.Watch {
	return cloud.NewWatch(out, "worker", settings.Shared{Stage: "dev", Release: "v7"}, sysclock.Clock{})
}

// TestEachServiceHasItsAddress: the one of its own, else the common one; requests are signed for the region with the keys.
func TestEachServiceHasItsAddress(t *testing.T) {
	t.Parallel()
	common, own := newAWS(t, refusing), newAWS(t, refusing)
	a := access(t, "AWS_ENDPOINT_URL="+common.URL, "AWS_ENDPOINT_URL_SQS="+own.URL, "AWS_ENDPOINT_URL_SSM=")
	watch, ids := newWatch(io.Discard), sysclock.NewIDs()
	s := settings.Shared{Table: "table", QueueURL: own.URL + "/1/parcels"}
	store, err := cloud.NewStore(cloud.NewDynamoDB(a), s, watch, sysclock.Clock{}, ids)
	require.NoError(t, err)
	queue, err := cloud.NewQueue(cloud.NewSQS(a), s, watch, sysclock.Clock{}, ids)
	require.NoError(t, err)
	secrets := work.NewSecrets(work.NewSSM(a), settings.Claude{KeyParameter: "/key"}, watch, sysclock.Clock{}, ids)
	require.Empty(t, append(common.requests(), own.requests()...), "to make a client asks nobody")

	_, err = store.Get(t.Context(), ports.Key{Partition: "p", Sort: "s"})
	require.ErrorIs(t, err, fault.Unavailable)
	require.Error(t, queue.Send(t.Context(), ports.Message{Body: []byte("x")}))
	_, err = secrets.Get(t.Context(), "/key")
	require.Error(t, err)
	require.Equal(t, []string{"GetItem", "GetParameters"}, common.requests())
	require.Equal(t, []string{"SendMessageBatch"}, own.requests())
	for i, service := range []string{"dynamodb", "ssm"} {
		require.Contains(t, common.heads[i].Get("Authorization"), "AKIACANARY/")
		require.Contains(t, common.heads[i].Get("Authorization"), "/eu-central-1/"+service+"/")
		require.Equal(t, "canary-token", common.heads[i].Get("X-Amz-Security-Token"))
	}
}

func TestWithoutAddressesItIsAWS(t *testing.T) {
	t.Parallel()
	a := access(t)
	require.Nil(t, cloud.NewDynamoDB(a).Options().BaseEndpoint)
	require.Nil(t, cloud.NewSQS(a).Options().BaseEndpoint)
	require.Nil(t, work.NewSSM(a).Options().BaseEndpoint)
	require.Equal(t, "eu-central-1", work.NewSSM(a).Options().Region)
}

func TestSettingsThatAdaptersRefuse(t *testing.T) {
	t.Parallel()
	a, watch, ids := access(t), newWatch(io.Discard), sysclock.NewIDs()
	_, err := cloud.NewQueue(cloud.NewSQS(a), settings.Shared{QueueURL: "parcels"}, watch, sysclock.Clock{}, ids)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = work.NewNotifier(cloud.NewSQS(a), "notices", watch, sysclock.Clock{}, ids)
	require.ErrorIs(t, err, fault.Invalid)
}

// TestClaude calls a stand-in with the key from the Parameter Store.
func TestClaude(t *testing.T) {
	t.Parallel()
	ssm := newAWS(t, func(string) (int, string) {
		return 200, `{"Parameters":[{"Name":"/key","Value":"sk-ant-canary","Type":"SecureString","Version":1}],"InvalidParameters":[]}`
	})
	claude := newAWS(t, func(string) (int, string) {
		return 400, `{"type":"error","error":{"type":"invalid_request_error","message":"no"}}`
	})
	var out bytes.Buffer
	watch, a := newWatch(&out), access(t, "AWS_ENDPOINT_URL_SSM="+ssm.URL)
	c := settings.Claude{KeyParameter: "/key", BaseURL: claude.URL}
	secrets := work.NewSecrets(work.NewSSM(a), c, watch, sysclock.Clock{}, sysclock.NewIDs())
	model, err := work.NewClaude(c, settings.Calls{CallTimeout: time.Minute}, secrets)
	require.NoError(t, err)
	guarded := work.NewModel(model, watch, sysclock.Clock{})
	require.Empty(t, append(ssm.requests(), claude.requests()...))
	_, err = guarded.Call(t.Context(), job.Request{Model: "claude-haiku-5-5", Prompt: "canary-prompt", MaxTokens: 10})
	require.ErrorIs(t, err, fault.Rejected)
	require.Equal(t, []string{"GetParameters"}, ssm.requests())
	require.Equal(t, []string{"/v1/messages"}, claude.requests())
	require.Equal(t, "sk-ant-canary", claude.heads[0].Get("X-Api-Key"))
	require.NotContains(t, out.String()+err.Error(), "canary")
}

// TestNotifier: no address, no notifier, and notices stay in the outbox.
func TestNotifier(t *testing.T) {
	t.Parallel()
	sqs := newAWS(t, func(string) (int, string) { return 200, `{"Successful":[{"Id":"0","MessageId":"m"}],"Failed":[]}` })
	client := cloud.NewSQS(access(t, "AWS_ENDPOINT_URL_SQS="+sqs.URL))
	none, err := work.NewNotifier(client, "", newWatch(io.Discard), sysclock.Clock{}, sysclock.NewIDs())
	require.NoError(t, err)
	require.Nil(t, none)
	require.Len(t, work.NewNotices(&backoffice.Office{}, work.NewLearner(), none), 2, "then they stay in the house")
	n, err := work.NewNotifier(client, settings.NoticesQueueURL(sqs.URL+"/1/notices"), newWatch(io.Discard), sysclock.Clock{}, sysclock.NewIDs())
	require.NoError(t, err)
	_ = n.Notify(t.Context(), ports.Notice{ID: "n", Tenant: "acme", Body: []byte("{}")}) // the stand-in's answer lacks a checksum
	require.Equal(t, "SendMessageBatch", sqs.requests()[0])
}

// TestOptions: the worker reads its key as it begins, a sweeper does not.
func TestOptions(t *testing.T) {
	t.Parallel()
	ssm := newAWS(t, func(string) (int, string) {
		return 200, `{"Parameters":[{"Name":"/key","Value":"sk-ant-canary","Type":"SecureString","Version":1}],"InvalidParameters":[]}`
	})
	watch := newWatch(io.Discard)
	secrets := work.NewSecrets(work.NewSSM(access(t, "AWS_ENDPOINT_URL="+ssm.URL)), settings.Claude{KeyParameter: "/key"}, watch, sysclock.Clock{}, sysclock.NewIDs())
	calls := settings.Calls{Calls: 7, Reserve: 3 * time.Second}
	sweep := work.NewSweepOptions(calls, watch, nil, nil, work.NewLearner())
	require.Nil(t, sweep.Before)
	work := work.NewWorkOptions(calls, secrets, watch)
	require.Equal(t, []any{7, 3 * time.Second, 7, 3 * time.Second}, []any{work.Calls, work.Reserve, sweep.Calls, sweep.Reserve})
	work.After(context.Background())
	sweep.After(context.Background())
	for range 3 {
		work.Before(t.Context())
	}
	key, err := secrets.Get(t.Context(), "/key")
	require.NoError(t, err)
	require.Equal(t, "sk-ant-canary", string(key))
	require.Equal(t, []string{"GetParameters"}, ssm.requests(), "one request, however many ask")
}

// TestForecastsLearnOfEndedJobs: the notice of a job's end has later forecasts rest on it, one of a pause does not.
func TestForecastsLearnOfEndedJobs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	store := &asking{Store: memstore.New(sysclock.Clock{}, nil)}
	p := engine.Ports{
		Store: store, Queue: memqueue.New(sysclock.Clock{}, nil), Model: cloud.Silent{}, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: newWatch(&out),
	}
	e, err := engine.New(p, nil, nil)
	require.NoError(t, err)
	l := work.NewLearner()
	for id, what := range []string{"job.paused", "job.completed", "job.failed"} {
		require.NoError(t, l.Notify(t.Context(), ports.Notice{Type: what, Job: fmt.Sprint("j-", id)}))
	}
	l.Learn(t.Context(), e)
	require.Equal(t, []string{"job/j-1", "job/j-2"}, store.asked, "it looks at those that have ended")
	l.Learn(t.Context(), e)
	require.Len(t, store.asked, 2, "once")
	require.Empty(t, out.String(), "a job that is not there is no fault of anybody's")
	store.fails = fault.New(fault.Unavailable, "the table is away")
	require.NoError(t, l.Notify(t.Context(), ports.Notice{Type: "job.failed", Job: "j-1"}))
	l.Learn(t.Context(), e)
	require.Contains(t, out.String(), "the table is away")
}

// asking remembers whose records were read.
type asking struct {
	ports.Store
	asked []string
	fails error
}

func (a *asking) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	a.asked = append(a.asked, key.Partition)
	if a.fails != nil {
		return ports.Record{}, a.fails
	}
	return a.Store.Get(ctx, key)
}
