// Command api is the Lambda function behind the HTTP API: the same handler that mb serve has on one machine. It takes orders and
// answers questions; the work is done by the worker and the sweeper. Its settings are environment variables, see docs/settings.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/preview"
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

// api answers requests. Whatever is made for them is made with the first: their rows with the schemas take ten times as long as all
// else, and a start only says whether the settings are right. Nothing asks AWS before a request needs it; /health never does.
type api struct {
	made    func() (*served, error)
	reserve time.Duration
}

// served is what the first request makes.
type served struct {
	answer func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)
	watch  *cloud.Watch
}

// reserve is what is left of an invocation when work on its request has to end: a caller of a store that is silent is told so by the
// API, and what was counted is written, before Lambda ends the process.
const reserve = 2 * time.Second

// Handle answers one request, and then writes what was counted.
func (a *api) Handle(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	s, err := a.made()
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	defer s.watch.Flush(context.WithoutCancel(ctx))
	if deadline, known := ctx.Deadline(); known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-a.reserve))
		defer cancel()
	}
	return s.answer(ctx, event)
}

// start makes the API that an environment describes.
func start(out io.Writer, environ []string) (*api, int) {
	return functions.Start(out, "api", func() (*api, error) {
		access, err := cloud.NewAccess(environ)
		s, other := settings.Load[settings.API](environ)
		if err := errors.Join(err, other); err != nil {
			return nil, err
		}
		return &api{made: sync.OnceValues(func() (*served, error) { return serve(access, out, s) }), reserve: reserve}, nil
	})
}

// serve joins the handler to the office. Settings that passed their checks leave it nothing to refuse.
func serve(access *cloud.Access, out io.Writer, s settings.API) (*served, error) {
	options, err := settings.EngineOptions(s.Shared, settings.Calls{})
	if err != nil {
		return nil, err
	}
	d, err := newDesk(access, out, "api", s.Shared, options, &backoffice.Options{AllowedEmails: lower(s.AllowedEmails), AllowedDomains: lower(s.AllowedDomains)}, nil)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	set := &httpapi.Options{
		Previews: preview.Beside(program),
		Origins:  s.Origins, PerMinute: s.RateLimit, PerAddress: perAddress * s.RateLimit, Release: s.Release, Retention: office.Retention(),
	}
	if len(s.GoogleClientIDs) > 0 {
		if set.Verifier, err = office.NewGoogle(sysclock.Clock{}, s.GoogleClientIDs); err != nil {
			return nil, err
		}
	}
	rows, err := httpapi.New(d.Office, d.Jobs, set)
	if err != nil {
		return nil, err
	}
	return &served{watch: d.Watch, answer: lambdahttp.Handler(rows, &lambdahttp.Options{Panic: func(met any) {
		d.Watch.Observe(context.Background(), ports.Event{
			Name: ports.EventFault, At: sysclock.Clock{}.Now(), Fault: string(fault.Internal), Detail: fmt.Sprintf("the API panicked with a %T", met),
		})
	}})}, nil
}
