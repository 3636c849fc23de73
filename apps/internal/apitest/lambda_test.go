package apitest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// cloud is the Lambda handler behind a gateway that makes events as AWS does, over memory adapters.
type cloud struct {
	t      *testing.T
	handle func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)
	queue  *memqueue.Queue
	engine *engine.Engine
	office *backoffice.Office
	api    http.Handler
	token  string
}

type deaf struct{}

func (deaf) Observe(context.Context, ports.Event) {}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	return newCloudOver(t, memstore.New(sysclock.Clock{}, nil))
}

func newCloudOver(t *testing.T, store ports.Store) *cloud {
	t.Helper()
	clock, ids := sysclock.Clock{}, sysclock.NewIDs()
	w := &cloud{t: t, queue: memqueue.New(clock, nil)}
	sim, err := claudesim.New(&claudesim.Options{Seed: 1, Speed: 200})
	require.NoError(t, err)
	claude := httptest.NewServer(sim)
	t.Cleanup(claude.Close)
	model, err := claudemodel.New("sk-ant-api03-test", &claudemodel.Options{BaseURL: claude.URL})
	require.NoError(t, err)
	office, err := backoffice.New(backoffice.Ports{Store: store, Clock: clock, IDs: ids, Observer: deaf{}}, nil)
	require.NoError(t, err)
	w.office = office
	w.engine, err = engine.New(engine.Ports{
		Store: store, Queue: w.queue, Model: model, Clock: clock, Group: sysclock.Group{}, IDs: ids, Observer: deaf{}, Batch: model,
	}, []job.Kind{pages.Kind{}}, nil)
	require.NoError(t, err)
	w.api, err = httpapi.New(office, backoffice.NewJobs(office, w.engine, &backoffice.JobOptions{MaxLive: 1000}), &httpapi.Options{Previews: pagehtml.New(), PerMinute: -1, PerAddress: -1})
	require.NoError(t, err)
	w.handle = lambdahttp.Handler(w.api, nil)
	_, token, err := office.CreatePrincipal(t.Context(), backoffice.Caller{RequestID: "test-setup"}, backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "script", Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses}, ExpiresAt: clock.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	w.token = string(token)
	return w
}

// ServeHTTP is the gateway: the request becomes an event, and the handler's answer a response.
func (w *cloud) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	payload, err := lambdasim.HTTPEvent(r, "111122223333")
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	said, err := w.handle(r.Context(), event)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	body, _ := json.Marshal(said)
	answer := lambdasim.HTTPAnswer(r, body)
	defer func() { _ = answer.Body.Close() }()
	for name, values := range answer.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(rw, answer.Body)
}

// work does what the queue has.
func (w *cloud) work() {
	got, err := w.queue.Receive(w.t.Context(), 10, sysclock.Clock{}.Now())
	if err != nil {
		return
	}
	for _, d := range got {
		if w.engine.Work(w.t.Context(), d.Body) == nil {
			_ = w.queue.Ack(w.t.Context(), d.Receipt)
		}
	}
}
