// Command api is the Lambda function behind the HTTP API: the same handler that mb serve has on one machine. It takes orders and
// answers questions; the work is done by the worker and the sweeper. Its settings are environment variables, see docs/settings.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

//go:generate go tool wire

func main() {
	a, code := start(os.Stdout, os.Environ())
	if code != 0 {
		os.Exit(code)
	}
	lambda.Start(a.Handle)
}

// perAddress is how many times as many requests an address may make as a principal: several people may share one.
const perAddress = 5

// desk is what the API is joined of.
type desk struct {
	Office *backoffice.Office
	Jobs   *backoffice.Jobs
	Watch  *cloud.Watch
}

// api answers requests. Nothing is made or asked of AWS at the start that can wait for the first request; /health never asks AWS.
type api struct {
	handle func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)
	watch  *cloud.Watch
}

// Handle answers one request, and then writes what was counted.
func (a *api) Handle(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	defer a.watch.Flush(context.WithoutCancel(ctx))
	return a.handle(ctx, event)
}

// start makes the API that an environment describes.
func start(out io.Writer, environ []string) (*api, int) {
	return functions.Start(out, "api", func() (*api, error) {
		access, err := cloud.NewAccess(environ)
		s, other := settings.Load[settings.API](environ)
		if err := errors.Join(err, other); err != nil {
			return nil, err
		}
		return newAPI(access, out, s)
	})
}

func newAPI(access *cloud.Access, out io.Writer, s settings.API) (*api, error) {
	options, err := settings.EngineOptions(s.Shared, settings.Calls{})
	if err != nil {
		return nil, err
	}
	d, err := newDesk(access, out, "api", s.Shared, options, &backoffice.Options{AllowedEmails: lower(s.AllowedEmails), AllowedDomains: lower(s.AllowedDomains)}, nil)
	if err != nil {
		return nil, err
	}
	set := &httpapi.Options{
		Origins: s.Origins, PerMinute: s.RateLimit, PerAddress: perAddress * s.RateLimit, Release: s.Release, Retention: office.Retention(),
	}
	if len(s.GoogleClientIDs) > 0 {
		if set.Verifier, err = office.NewGoogle(sysclock.Clock{}, s.GoogleClientIDs); err != nil {
			return nil, err
		}
	}
	if err := httpapi.CheckOrigins(set.Origins); err != nil {
		return nil, err
	}
	// The rows with their schemas take ten times as long as all else of the start: the first request makes them.
	rows := sync.OnceValue(func() http.Handler {
		made, err := httpapi.New(d.Office, d.Jobs, set)
		if err != nil {
			panic(err) // office, jobs and origins are there: nothing is left to be wrong
		}
		return made
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rows().ServeHTTP(w, r) })
	return &api{watch: d.Watch, handle: lambdahttp.Handler(handler, &lambdahttp.Options{Panic: func(met any) {
		d.Watch.Observe(context.Background(), ports.Event{
			Name: ports.EventFault, At: sysclock.Clock{}.Now(), Fault: string(fault.Internal), Detail: fmt.Sprintf("the API panicked with a %T", met),
		})
	}})}, nil
}
