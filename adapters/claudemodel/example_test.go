package claudemodel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// A server that answers once and then asks to be left alone stands in for the provider.
func Example() {
	answered := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answered {
			responds(429, errorBody("rate_limit_error", "Too many requests"), "retry-after", "30")(w, r)
			return
		}
		answered = true
		responds(200, message())(w, r)
	}))
	defer server.Close()
	model, err := claudemodel.New("sk-example", &claudemodel.Options{BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	request := job.Request{Model: "claude-haiku-5-5", Prompt: "Say hello.", MaxTokens: 100}
	reply, _ := model.Call(context.Background(), request)
	fmt.Println(reply.Text, reply.Stop, reply.Usage.Input, reply.Usage.Output)
	_, err = model.Call(context.Background(), request)
	fmt.Println(err)
	fmt.Println("wait", fault.RetryAfter(err), "- may have been billed:", fault.Unknown(err))
	// Output:
	// hello end_turn 12 34
	// claudemodel: call claude-haiku-5-5: 429 rate_limit_error (request req_123) - Too many requests
	// wait 30s - may have been billed: false
}
