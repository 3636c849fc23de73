package canary

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// simulated is a provider with these faults that takes the key that is given.
func simulated(t *testing.T, takes string, faults claudesim.Faults) func(*jumpClock) http.Handler {
	return func(clock *jumpClock) http.Handler {
		sim, err := claudesim.New(&claudesim.Options{
			Seed: 1, Key: takes, Latency: claudesim.NoLatency, BatchTime: claudesim.NoLatency, Faults: faults, Now: clock.Now,
		})
		require.NoError(t, err)
		t.Cleanup(sim.Close)
		return sim
	}
}

// TestEveryFaultOfTheProvider lets half of the calls fail in one way, and all of them in it.
func TestEveryFaultOfTheProvider(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(rate float64) claudesim.Faults{
		"None":        func(float64) claudesim.Faults { return claudesim.Faults{} },
		"429":         func(r float64) claudesim.Faults { return claudesim.Faults{Status429: r} },
		"429Bare":     func(r float64) claudesim.Faults { return claudesim.Faults{Status429Bare: r} },
		"529":         func(r float64) claudesim.Faults { return claudesim.Faults{Status529: r} },
		"500":         func(r float64) claudesim.Faults { return claudesim.Faults{Status500: r} },
		"502":         func(r float64) claudesim.Faults { return claudesim.Faults{Status502: r} },
		"504":         func(r float64) claudesim.Faults { return claudesim.Faults{Status504: r} },
		"402":         func(r float64) claudesim.Faults { return claudesim.Faults{Status402: r} },
		"409":         func(r float64) claudesim.Faults { return claudesim.Faults{Status409: r} },
		"413":         func(r float64) claudesim.Faults { return claudesim.Faults{Status413: r} },
		"SpendCap":    func(r float64) claudesim.Faults { return claudesim.Faults{SpendCap: r} },
		"Limit":       func(r float64) claudesim.Faults { return claudesim.Faults{LimitWorkspace: r} },
		"ResetBefore": func(r float64) claudesim.Faults { return claudesim.Faults{ResetBefore: r} },
		"ResetAfter":  func(r float64) claudesim.Faults { return claudesim.Faults{ResetAfter: r} },
		"Hang":        func(r float64) claudesim.Faults { return claudesim.Faults{Hang: r} },
		"Cut":         func(r float64) claudesim.Faults { return claudesim.Faults{Cut: r} },
		"Truncate":    func(r float64) claudesim.Faults { return claudesim.Faults{Truncate: r} },
		"Malformed":   func(r float64) claudesim.Faults { return claudesim.Faults{Malformed: r} },
		"Schema":      func(r float64) claudesim.Faults { return claudesim.Faults{Schema: r} },
		"Refusal":     func(r float64) claudesim.Faults { return claudesim.Faults{Refusal: r} },
		"Empty":       func(r float64) claudesim.Faults { return claudesim.Faults{Empty: r} },
		"StopReason":  func(r float64) claudesim.Faults { return claudesim.Faults{StopReason: r} },
		"Usage":       func(r float64) claudesim.Faults { return claudesim.Faults{Usage: r} },
	} {
		for half, rate := range map[string]float64{"Half": 0.5, "All": 1} {
			t.Run(name+half, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, simulated(t, key, f(rate)))
				id := w.submit(cost.Realtime)
				w.rest(id)
				w.afterwards(id)
				w.silent()
				w.heard()
			})
		}
	}
}

// heard demands that the canaries were on their way at all, and that the outputs are not empty.
func (w *world) heard() {
	w.t.Helper()
	got := w.provider.String()
	for _, canary := range []string{key, phone, tagline, audience} {
		require.Contains(w.t, got, canary, "the provider was asked with it")
	}
	require.Contains(w.t, string(w.order(cost.Realtime).Input), email)
	for _, name := range []string{"json log", "text log", "metrics", "errors"} {
		require.NotEmpty(w.t, w.outputs()[name], name)
	}
}

// afterwards asks for what a person would, right and wrong.
func (w *world) afterwards(id job.ID) {
	ctx := w.t.Context()
	other := w.order(cost.Realtime)
	other.Tenant, other.Key = "corner-bakery", "key-1"
	other.Fingerprint[0] = 1
	bad := w.order("no such lane")
	bad.Key = ""
	for _, s := range []engine.Submission{other, bad, {Tenant: "corner-bakery", Kind: pages.Kind{}.Name(), Input: []byte(tagline + email)}} {
		_, err := w.engine.Submit(ctx, s)
		w.failed(err)
	}
	_, err := w.engine.Job(ctx, "none")
	w.failed(err)
	_, err = w.engine.Resume(ctx, id, 1)
	w.failed(err)
	_, err = w.engine.Verify(ctx, id)
	w.failed(err)
	for _, body := range []string{tagline, `{"schema":1,"job":"` + tagline + `","parcel":1}`, `{"schema":1,"job":7}`, `{"schema":1,"job":"none","parcel":1,"` + phone + `":1}`, `{"schema":1,"` + email + `":"` + phone + `"}`, key} {
		w.failed(w.engine.Work(ctx, []byte(body)))
		w.failed(w.engine.DeadLetter(ctx, []byte(body)))
	}
	events, err := w.engine.Events(ctx, id)
	if !w.failed(err) {
		text, err := json.Marshal(events)
		require.NoError(w.t, err)
		_, _ = w.notices.Write(append(text, '\n'))
	}
	_, err = w.engine.Sweep(ctx)
	w.failed(err)
}

func TestAKeyThatIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulated(t, oldKey, claudesim.Faults{}))
	id := w.submit(cost.Realtime)
	require.Equal(t, job.StatePaused, w.rest(id))
	w.afterwards(id)
	w.silent()
	w.heard()
}

func TestTheBatchLane(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]claudesim.Faults{
		"Well": {}, "CreateLost": {BatchCreateLost: 0.5}, "Errored": {BatchErrored: 1}, "Missing": {BatchMissing: 0.5}, "Malformed": {Malformed: 1},
		"ResultsCut": {BatchResultsCut: 0.5}, "SpendCap": {SpendCap: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulated(t, key, faults))
			id := w.submit(cost.Batch)
			w.rest(id)
			w.afterwards(id)
			w.silent()
			w.heard()
		})
	}
}

// quoting is a provider whose errors quote the request, key and all.
func quoting(status int, kind string) func(*jumpClock) http.Handler {
	return func(*jumpClock) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			message := "key " + r.Header.Get("X-Api-Key")
			for _, canary := range []string{tagline, phone, audience} {
				if _, after, sent := strings.Cut(string(body), canary); sent {
					message += " sent " + canary + after[:min(50, len(after))]
				}
			}
			quoted, _ := json.Marshal(map[string]any{"type": "error", "error": map[string]string{"type": kind, "message": message}, "request_id": "req_1"})
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Request-Id", "req_1")
			w.WriteHeader(status)
			_, _ = w.Write(quoted)
		})
	}
}

func TestAProviderThatQuotesTheRequest(t *testing.T) {
	t.Parallel()
	for kind, status := range map[string]int{
		"invalid_request_error": http.StatusBadRequest, "authentication_error": http.StatusUnauthorized, "billing_error": http.StatusPaymentRequired,
		"permission_error": http.StatusForbidden, "not_found_error": http.StatusNotFound, "request_too_large": http.StatusRequestEntityTooLarge,
		"rate_limit_error": http.StatusTooManyRequests, "api_error": http.StatusInternalServerError, "overloaded_error": 529, "made_up_error": 599,
	} {
		for _, lane := range []cost.Lane{cost.Realtime, cost.Batch} {
			t.Run(kind+"/"+string(lane), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, quoting(status, kind))
				id := w.submit(lane)
				w.rest(id)
				w.afterwards(id)
				w.silent()
				w.heard()
			})
		}
	}
}

// writing is a provider that answers with a text of its own.
func writing(text, stop string) func(*jumpClock) http.Handler {
	return func(*jumpClock) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Request-Id", "req_1")
			_ = json.NewEncoder(w).Encode(map[string]any{
				"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "stop_reason": stop,
				"content": []any{map[string]string{"type": "text", "text": text}}, "usage": map[string]int{"input_tokens": 900, "output_tokens": 50},
			})
		})
	}
}

// TestWhatTheModelWrote: neither is an answer to be seen, good or bad, nor what is wrong with it in its own words.
func TestWhatTheModelWrote(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"NoJSON": answer, "CutJSON": `{"title":"` + answer, "OtherKeys": `{"` + answer + `":"` + answer + `"}`, "OtherTypes": `{"title":{"` + answer + `":1}}`,
		"Twice": `{"title":"` + answer + `","title":"` + answer + `"}`,
	} {
		for _, stop := range []string{"end_turn", "max_tokens", "refusal", answer} {
			t.Run(name+"/"+strings.Fields(stop)[0], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, writing(text, stop))
				id := w.submit(cost.Realtime)
				w.rest(id)
				w.afterwards(id)
				w.silent()
				w.heard()
			})
		}
	}
}

// TestEveryFaultOfTheStore breaks the nth call of the store or queue, for a good many n.
func TestEveryFaultOfTheStore(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Throttled, fault.Unavailable, fault.Corrupt, fault.Internal} {
		for _, effect := range []faultport.Effect{faultport.Fail, faultport.LoseAck} {
			t.Run(string(kind)+"/"+string(effect), func(t *testing.T) {
				t.Parallel()
				var rules []faultport.Rule
				for nth := 3; nth < 300; nth += 7 {
					for _, method := range []string{"Store.Get", "Store.Update", "Store.List", "Sender.Send"} {
						rules = append(rules, faultport.Rule{Method: method, Nth: nth, Effect: effect, Err: fault.New(kind, "store: broken").After(time.Second)})
					}
				}
				w := newWorld(t, simulated(t, key, claudesim.Faults{Status429: 0.2, Malformed: 0.2, ResetAfter: 0.2}), rules...)
				id := w.submit(cost.Realtime)
				w.rest(id)
				w.afterwards(id)
				w.silent()
				w.heard()
			})
		}
	}
}
