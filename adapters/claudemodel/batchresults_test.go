package claudemodel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// results is a line of each kind of result.
func succeeded(id string, changes ...func(object)) string {
	return fmt.Sprintf(`{"custom_id":%q,"result":{"type":"succeeded","message":%s}}`, id, message(changes...))
}

func errored(id, kind, text string) string {
	return fmt.Sprintf(`{"custom_id":%q,"result":{"type":"errored","error":%s}}`, id, errorBody(kind, text))
}

func endedSo(id, outcome string) string {
	return fmt.Sprintf(`{"custom_id":%q,"result":{"type":%q}}`, id, outcome)
}

// readAll reads the results of a batch from a provider.
func readAll(t *testing.T, handler http.HandlerFunc) ([]ports.BatchResult, error) {
	t.Helper()
	var all []ports.BatchResult
	err := newModel(t, serve(t, handler).URL, nil).BatchResults(t.Context(), "msgbatch_1", func(result ports.BatchResult) error {
		all = append(all, result)
		return nil
	})
	return all, err
}

func TestResults(t *testing.T) {
	t.Parallel()
	answer := job.Answer{
		Text: "hello", Stop: job.StopEndTurn, Model: "claude-haiku-5-5", MessageID: "msg_1",
		Usage: cost.Usage{Input: 12, Output: 34}, UsageOK: true,
	}
	lines := []string{
		succeeded("a-1"), endedSo("b_2", "canceled"), endedSo("c-3", "expired"),
		errored("d", "invalid_request_error", "max_tokens: 300000 > 128000"), errored("e", "api_error", "Internal"),
		errored("f", "rate_limit_error", "slow"), errored("g", "not_found_error", "model: x"), errored("h", "request_too_large", "x"),
		errored("i", "invalid_request_error", "You have reached your specified API usage limits."), errored("j", "billing_error", "pay"),
		errored("k", "authentication_error", "key"), errored("l", "an_error_of_tomorrow", ""),
	}
	never := func(id, detail string) ports.BatchResult {
		return ports.BatchResult{ID: id, Outcome: ports.LineErrored, Kind: fault.Rejected, Detail: detail}
	}
	later := func(id string, outcome ports.BatchOutcome, detail string) ports.BatchResult {
		return ports.BatchResult{ID: id, Outcome: outcome, Kind: fault.Unavailable, Detail: detail}
	}
	want := []ports.BatchResult{
		{ID: "a-1", Outcome: ports.LineSucceeded, Answer: answer},
		later("b_2", ports.LineCanceled, "canceled"), later("c-3", ports.LineExpired, "expired"),
		never("d", "invalid_request_error: max_tokens: 300000 > 128000"), later("e", ports.LineErrored, "api_error: Internal"),
		later("f", ports.LineErrored, "rate_limit_error: slow"), never("g", "not_found_error: model: x"), never("h", "request_too_large: x"),
		{ID: "i", Outcome: ports.LineErrored, Kind: fault.SpendCap, Detail: "invalid_request_error: You have reached your specified API usage limits."},
		{ID: "j", Outcome: ports.LineErrored, Kind: fault.SpendCap, Detail: "billing_error: pay"},
		{ID: "k", Outcome: ports.LineErrored, Kind: fault.Unauthorized, Detail: "authentication_error: key"},
		later("l", ports.LineErrored, "an_error_of_tomorrow"),
	}
	for name, body := range map[string]string{
		"as sent":            strings.Join(lines, "\n") + "\n",
		"no last line break": strings.Join(lines, "\n"),
		"carriage returns":   strings.Join(lines, "\r\n") + "\r\n",
		"empty lines":        "\n\n" + strings.Join(lines, "\n \n") + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked *http.Request
			all, err := readAll(t, func(w http.ResponseWriter, r *http.Request) {
				asked = r
				responds(200, body)(w, r)
			})
			require.NoError(t, err)
			require.Equal(t, want, all)
			require.Equal(t, "GET /v1/messages/batches/msgbatch_1/results", asked.Method+" "+asked.URL.RequestURI())
			require.Equal(t, testKey, asked.Header.Get("x-api-key"))
		})
	}
	all, err := readAll(t, responds(200, ""))
	require.NoError(t, err)
	require.Empty(t, all)
}

// TestLinesThatCannotBeRead are left out; those around them are not.
func TestLinesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no JSON":                 "<html>",
		"half a line":             succeeded("x")[:50],
		"null":                    "null",
		"a list":                  "[]",
		"no id":                   `{"result":{"type":"canceled"}}`,
		"an id of a number":       `{"custom_id":5,"result":{"type":"canceled"}}`,
		"no result":               `{"custom_id":"x"}`,
		"a result of tomorrow":    endedSo("x", "postponed"),
		"success without message": endedSo("x", "succeeded"),
		"success with an error":   `{"custom_id":"x","result":{"type":"succeeded","message":` + errorBody("a", "b") + `}}`,
		"more than 8 MiB":         succeeded("x", with("id", strings.Repeat("x", 8<<20))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := readAll(t, responds(200, succeeded("before")+"\n"+line+"\n"+succeeded("after")+"\n"))
			require.NoError(t, err)
			require.Len(t, all, 2)
			require.Equal(t, "before", all[0].ID)
			require.Equal(t, "after", all[1].ID)
		})
	}
}

func TestALineOfEightMegabytes(t *testing.T) {
	t.Parallel()
	frame := len(succeeded("x", with("id", ""))) + 1
	all, err := readAll(t, responds(200, succeeded("x", with("id", strings.Repeat("x", 8<<20-frame)))+"\n"))
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestErrorsOfLines(t *testing.T) {
	t.Parallel()
	all, err := readAll(t, responds(200, strings.Join([]string{
		`{"custom_id":"a","result":{"type":"errored"}}`,
		`{"custom_id":"b","result":{"type":"errored","error":"no"}}`,
		errored("c", "invalid_request_error", strings.Repeat("long \x1b[2J ", 200)+testKey),
		errored("d", "invalid_request_error", "the key "+testKey+" is wrong"),
	}, "\n")))
	require.NoError(t, err)
	require.Len(t, all, 4)
	for _, result := range all[:2] {
		require.Equal(t, fault.Unavailable, result.Kind)
		require.Equal(t, "an error that cannot be read", result.Detail)
	}
	require.LessOrEqual(t, len(all[2].Detail), 200)
	require.NotContains(t, all[2].Detail, "\x1b")
	require.Equal(t, "invalid_request_error: the key [...] is wrong", all[3].Detail)
}

func TestDoEndsTheReading(t *testing.T) {
	t.Parallel()
	stop := errors.New("the disk is full")
	p := serve(t, responds(200, strings.Repeat(succeeded("x")+"\n", 5000)))
	calls := 0
	err := newModel(t, p.URL, nil).BatchResults(t.Context(), "msgbatch_1", func(ports.BatchResult) error {
		if calls++; calls == 3 {
			return stop
		}
		return nil
	})
	require.Equal(t, stop, err, "that very error")
	require.Equal(t, 3, calls)
}

// TestResultsThatAreCut: what was read was handed over, and the error says that it was not all.
func TestResultsThatAreCut(t *testing.T) {
	t.Parallel()
	whole := succeeded("a") + "\n" + succeeded("b") + "\n"
	chunked := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	counted := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			responds(200, text)(w, r)
		}
	}
	// untold has no way to tell the end from a cut: HTTP/1.0 without a length.
	untold := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, buffer, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = buffer.WriteString("HTTP/1.0 200 OK\r\n\r\n" + text)
			_ = buffer.Flush()
			_ = conn.Close()
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"between lines": chunked(whole), "in a line": chunked(whole + succeeded("c")[:30]),
		"short of its length": counted(whole), "in a line and short": counted(whole + succeeded("c")[:30]),
		"in a line, untold": untold(whole + succeeded("c")[:30]),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := readAll(t, handler)
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorContains(t, err, "claudemodel: read results of batch msgbatch_1: 200 and then the connection was ")
			require.Len(t, all, 2)
		})
	}
	t.Run("whole, untold", func(t *testing.T) {
		t.Parallel()
		all, err := readAll(t, untold(whole))
		require.NoError(t, err)
		require.Len(t, all, 2)
	})
}

// stream is an answer of six lines with a pause after each, at the clock's pace.
func stream(pause time.Duration) doer {
	return func(r *http.Request) (*http.Response, error) {
		from, to := io.Pipe()
		go func() {
			for i := range 6 {
				_, _ = io.WriteString(to, succeeded(fmt.Sprint("line-", i))+"\n")
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
					_ = to.CloseWithError(r.Context().Err())
					return
				}
			}
			_ = to.Close()
		}()
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: from}, nil
	}
}

// TestResultsHaveTime: the time limit is for each wait, so that a long list and a slow do are no failures.
func TestResultsHaveTime(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	read := func(ctx context.Context, t *testing.T, client doer, do func(int)) (int, error) {
		n := 0
		model := newModel(t, "", &claudemodel.Options{HTTPClient: client, Timeout: limit})
		err := model.BatchResults(ctx, "msgbatch_1", func(ports.BatchResult) error {
			n++
			do(n)
			return nil
		})
		return n, err
	}
	timed := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
	timed("SlowDo", func(t *testing.T) {
		n, err := read(t.Context(), t, stream(0), func(int) { time.Sleep(10 * limit) })
		require.NoError(t, err)
		require.Equal(t, 6, n)
	})
	timed("SlowStream", func(t *testing.T) {
		n, err := read(t.Context(), t, stream(limit-1), func(int) {})
		require.NoError(t, err)
		require.Equal(t, 6, n)
	})
	timed("StandingStill", func(t *testing.T) {
		n, err := read(t.Context(), t, stream(time.Hour), func(int) {})
		require.ErrorIs(t, err, fault.Unavailable)
		require.EqualError(t, err, "claudemodel: read results of batch msgbatch_1: 200 and then nothing came for 1s")
		require.Equal(t, 1, n)
	})
	timed("Cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := read(ctx, t, stream(limit/2), func(n int) {
			if n == 2 {
				cancel()
			}
		})
		require.ErrorIs(t, err, fault.Unavailable)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestResultsAreNotKept reads far more than it holds.
func TestResultsAreNotKept(t *testing.T) {
	line := succeeded("x", with("id", strings.Repeat("x", 1<<19))) + "\n"
	heap := func() int {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	before, most := heap(), 0
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 60 {
			_, _ = io.WriteString(w, line)
		}
	})
	n := 0
	err := newModel(t, p.URL, nil).BatchResults(t.Context(), "msgbatch_1", func(ports.BatchResult) error {
		if n++; n%20 == 0 {
			most = max(most, heap()-before)
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 60, n)
	require.Less(t, most, 15<<20, "of 30 MiB")
}
