package lambdasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// respond answers requests of an HTTP API; the path says how.
func respond(_ context.Context, r events.APIGatewayV2HTTPRequest) (any, error) {
	switch r.RawPath {
	case "/bare":
		return map[string]string{"hello": "there"}, nil
	case "/fail":
		return nil, errors.New("as ordered")
	case "/status":
		return map[string]any{"statusCode": 42}, nil
	case "/base64":
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "%", IsBase64Encoded: true}, nil
	case "/binary":
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: r.Body, IsBase64Encoded: r.IsBase64Encoded}, nil
	}
	body, err := json.Marshal(r)
	return events.APIGatewayV2HTTPResponse{
		StatusCode: 201, Body: string(body), Cookies: []string{"a=1", "b=2"}, Headers: map[string]string{"x-kind": "echo", "content-type": "application/json"},
	}, err
}

// items fails the messages whose body says so, and waits with a file as its sign at the body "wait:PATH".
func items(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var r events.SQSEventResponse
	for _, m := range e.Records {
		if path, wait := strings.CutPrefix(m.Body, "wait:"); wait && m.Attributes["ApproximateReceiveCount"] == "1" {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return r, err
			}
			select {}
		}
		if m.Body == "poison" {
			r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return r, nil
}

// raw talks to the Runtime API as no good client would, and prints what it gets.
func raw(api string) {
	const runtime = "/2018-06-01/runtime/invocation/"
	show := func(what, method, path, body string) http.Header {
		r, err := http.NewRequest(method, api+path, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			panic(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		fmt.Printf("%s: %d %s\n", what, answer.StatusCode, strings.TrimSpace(string(text)))
		return answer.Header
	}
	show("nameless extension", "POST", "/2020-01-01/extension/register", `{}`)
	show("event for nobody", "GET", "/2020-01-01/extension/event/next", "")
	show("answer before work", "POST", runtime+"x/response", "")
	work := show("work", "GET", runtime+"next", "")
	for name := range work {
		fmt.Println(name, "is", work.Get(name))
	}
	id := work.Get("Lambda-Runtime-Aws-Request-Id")
	show("answer to another", "POST", runtime+"x/response", "")
	show("error in prose", "POST", runtime+id+"/error", "it broke")
	show("second outcome", "POST", runtime+id+"/response", "")
	show("more work", "GET", runtime+"next", "")
}

// parent is a test that dies without any clean-up.
func parent() {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	f, err := lambdasim.New(context.Background(), lambdasim.Config{Binary: program, Timeout: time.Minute, InitTimeout: time.Minute, Env: map[string]string{"LAMBDASIM_TEST": "echo"}})
	if err != nil {
		panic(err)
	}
	result, err := f.Invoke(context.Background(), []byte(`{}`))
	fmt.Println("child", string(result.Payload), err)
	select {}
}
