package apitest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/ports"
)

// mostOfALambda is what a Lambda function can answer with, in bytes.
const mostOfALambda = 6 << 20

// download follows a file part by part through the handler of the cloud, until it is whole.
func (w *cloud) download(path string) (file []byte, parts int) {
	w.t.Helper()
	for ; path != ""; parts++ {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+w.token)
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		require.Equal(w.t, http.StatusOK, answer.Code, answer.Body.String())
		require.LessOrEqual(w.t, answer.Body.Len(), 4<<20)
		file = append(file, answer.Body.Bytes()...)
		link := answer.Header().Get("Link")
		path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	return file, parts
}

// fill puts so many entries into the ledger of a job, as the engine would.
func fill(t *testing.T, store ports.Store, job string, entries int) {
	t.Helper()
	var head cost.Head
	for n := 0; n < entries; {
		b := cost.Block{First: head.Seq + 1, At: sysclock.Clock{}.Now(), Round: 1}
		for range 100 {
			b.Entries = append(b.Entries, cost.Entry{
				Kind: cost.EntryAdjust, Amount: 1, Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "1"}, MessageID: fmt.Sprintf("msg_%06d", n),
				RequestID: "req_" + strings.Repeat("r", 90),
			})
			n++
		}
		key := ports.Key{Partition: "job/" + job + "/l00", Sort: fmt.Sprintf("b/%012d", b.First)}
		is, body, err := head.Append(b)
		require.NoError(t, err)
		require.NoError(t, store.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
			tx.Get(key)
			tx.Put(ports.Record{Key: key, Kind: "ledger", Body: body})
			return nil
		}))
		head = is
	}
}

// A file of more than a Lambda function can answer with is whole in the cloud too.
func TestFilesOfAnyLengthThroughTheLambdaHandler(t *testing.T) {
	t.Parallel()
	store := memstore.New(sysclock.Clock{}, nil)
	w := newCloudOver(t, store)
	business := w.business()
	made := w.ask(http.MethodPost, business+"/generate", `{"page_type":"keyword-service-area"}`, "Idempotency-Key", "one")
	require.Equal(t, http.StatusAccepted, made.Code, made.Body.String())
	job := made.Header().Get("Location")
	const entries, lines = 9_000, 2_000
	fill(t, store, job[strings.LastIndex(job, "/")+1:], entries)
	for i := range lines {
		by := backoffice.Caller{Principal: "test", Role: backoffice.Viewer, RequestID: "test-denied"}
		require.NoError(t, w.office.Deny(t.Context(), by, backoffice.Action{Name: "test"}, fmt.Sprintf("%06d%s", i, strings.Repeat(`"`, 2_500))))
	}
	for path, rows := range map[string]int{
		job + "/ledger/export": entries, business + "/ledger/export": entries, "/api/ledger/export": entries, "/api/audit/export?action=test": lines,
	} {
		file, parts := w.download(path)
		require.Greater(t, len(file), mostOfALambda, path)
		require.GreaterOrEqual(t, parts, rows/1_000, path)
		list := bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
		require.Len(t, list, rows, path)
		var names []string
		for _, row := range list {
			var one struct {
				Message string `json:"provider_message_id"`
				Reason  string `json:"reason"`
			}
			require.NoError(t, json.Unmarshal(row, &one))
			names = append(names, one.Message+one.Reason)
		}
		slices.Sort(names)
		require.Len(t, slices.Compact(names), rows, path)
	}
}
