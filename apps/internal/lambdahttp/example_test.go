package lambdahttp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
)

func ExampleHandler() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /businesses/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s, asked for by %s", r.PathValue("id"), r.URL.Query()["by"])
	})
	handle := lambdahttp.Handler(mux, &lambdahttp.Options{Panic: func(said any) { log.Print(said) }})

	event := events.APIGatewayV2HTTPRequest{RawPath: "/prod/businesses/b1", RawQueryString: "by=you&by=me"}
	event.RequestContext.Stage, event.RequestContext.HTTP.Method = "prod", http.MethodGet
	answer, _ := handle(context.Background(), event) // in a program: lambda.Start(handle)
	fmt.Println(answer.StatusCode, answer.Headers["content-type"])
	fmt.Println(answer.Body)
	// Output:
	// 200 text/plain; charset=utf-8
	// b1, asked for by [you me]
}
