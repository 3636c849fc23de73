package sqsqueue_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// arrived reads a message as a receiver does that knows no more of it than its documentation.
func arrived(t *testing.T, body []byte) ports.Notice {
	t.Helper()
	var got struct {
		ID, Type, Tenant, Job, At string
		Body                      map[string]any
	}
	require.NoError(t, json.Unmarshal(body, &got))
	at, err := time.Parse(time.RFC3339Nano, got.At)
	require.NoError(t, err)
	inner, err := json.Marshal(got.Body)
	require.NoError(t, err)
	return ports.Notice{ID: got.ID, Type: got.Type, Tenant: got.Tenant, Job: got.Job, At: at, Body: inner}
}

// TestNotifier is the suite over HTTP against the fake.
func TestNotifier(t *testing.T) {
	t.Parallel()
	porttest.Notifier(t, func(t *testing.T) porttest.NotifierUnderTest {
		var refuses atomic.Bool
		q, f := setup(t, nil, nil)
		f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
			if refuses.Load() {
				refuse(w, http.StatusForbidden, "AccessDeniedException", "no right to sqs:SendMessage")
			}
			return refuses.Load()
		}
		return porttest.NotifierUnderTest{
			Notifier: sqsqueue.NewNotifier(q), Refuse: refuses.Store,
			Received: func() []ports.Notice {
				f.mu.Lock()
				defer f.mu.Unlock()
				list := make([]ports.Notice, len(f.messages))
				for i, e := range f.messages {
					list[i] = arrived(t, []byte(e.MessageBody))
				}
				return list
			},
		}
	})
}

func TestANoticeOnTheWire(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	notice := ports.Notice{
		ID: "n-1", Type: "job.completed", Tenant: "acme", Job: "j-1", Body: []byte(`{ "total": 3 }`),
		At: time.Date(2026, time.March, 1, 13, 0, 0, 0, time.FixedZone("", 3600)),
	}
	required(t, sqsqueue.NewNotifier(q).Notify(t.Context(), notice))
	require.Equal(t, `{"id":"n-1","type":"job.completed","tenant":"acme","job":"j-1","at":"2026-03-01T12:00:00Z","body":{"total":3}}`, f.last().MessageBody)
	require.Equal(t, "acme", *f.last().MessageGroupID)
	require.Zero(t, f.last().DelaySeconds)
}

// TestANoticeIsAlwaysJSON: a receiver knows nothing of base64.
func TestANoticeIsAlwaysJSON(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	notice := ports.Notice{ID: "n-1", Type: "job.completed", Tenant: "acme", Job: "j-1", At: f.clock.Now().UTC(), Body: []byte("{\"label\":\"\uFFFE \uFFFF\"}")}
	required(t, sqsqueue.NewNotifier(q).Notify(t.Context(), notice))
	require.Contains(t, f.last().MessageBody, `{"label":"\ufffe \uffff"}`)
	require.NotContains(t, f.last().Attributes, sqsqueue.AttributeEncoding)
	require.JSONEq(t, string(notice.Body), string(arrived(t, []byte(f.last().MessageBody)).Body))
}

func TestANoticeThatCannotBeSent(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	for name, body := range map[string][]byte{
		"no JSON":   []byte("{secret-canary"),
		"too large": []byte(`"` + strings.Repeat("x", 65<<10) + `"`),
	} {
		err := sqsqueue.NewNotifier(q).Notify(t.Context(), ports.Notice{ID: "n-1", Tenant: "acme", Body: body})
		require.ErrorIs(t, err, fault.Invalid, name)
		require.NotContains(t, err.Error(), "canary")
	}
	require.Zero(t, f.did("SendMessageBatch"))
}
