package claudemodel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestModel(t *testing.T) {
	porttest.Model(t, func(t *testing.T, script porttest.ModelScript) porttest.ModelUnderTest {
		arrived := make(chan struct{}, 1)
		p := serve(t, behave(script, arrived))
		url := p.URL
		if script.Behaviour == porttest.ModelIsUnreachable {
			url = "http://" + closedPort
		}
		return porttest.ModelUnderTest{
			Model: newModel(t, url, nil), Arrived: arrived,
			Requests: func() int { return int(p.requests.Load()) },
		}
	})
}

// behave is a provider that follows the script.
func behave(script porttest.ModelScript, arrived chan<- struct{}) http.HandlerFunc {
	headers := []string{"request-id", script.Answer.RequestID}
	if script.RetryAfter > 0 {
		headers = append(headers, "retry-after", fmt.Sprint(int(script.RetryAfter/time.Second)))
	}
	refuse := func(status int, kind string) http.HandlerFunc {
		return responds(status, errorBody(kind, "scripted"), headers...)
	}
	switch script.Behaviour {
	case porttest.ModelAnswers, porttest.ModelForgetsUsage:
		return responds(200, answerBody(script.Answer), headers...)
	case porttest.ModelThrottles:
		return refuse(429, "rate_limit_error")
	case porttest.ModelOverloads:
		return refuse(529, "overloaded_error")
	case porttest.ModelRejects:
		return refuse(400, "invalid_request_error")
	case porttest.ModelRefusesKey:
		return refuse(401, "authentication_error")
	case porttest.ModelCapsSpending:
		return responds(429, spendCap, headers...)
	case porttest.ModelFails:
		return refuse(500, "api_error")
	case porttest.ModelBreaksOff:
		return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	case porttest.ModelHangs:
		return func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			<-r.Context().Done()
		}
	}
	return nil
}

// answerBody is an answer as the provider would send it.
func answerBody(answer job.Answer) string {
	u := answer.Usage
	usage, _ := json.Marshal(object{
		"input_tokens": u.Input, "output_tokens": u.Output, "cache_read_input_tokens": u.CacheRead,
		"cache_creation_input_tokens": u.CacheWrite5m + u.CacheWrite1h,
		"cache_creation":              object{"ephemeral_5m_input_tokens": u.CacheWrite5m, "ephemeral_1h_input_tokens": u.CacheWrite1h},
	})
	if !answer.UsageOK {
		usage = []byte("null")
	}
	content := []any{object{"type": "text", "text": answer.Text}}
	if answer.Unbilled {
		content = []any{}
	}
	return message(with("id", answer.MessageID), with("model", answer.Model), with("stop_reason", answer.Stop),
		with("content", content), with("stop_details", object{"explanation": answer.Detail}), with("usage", json.RawMessage(usage)))
}
