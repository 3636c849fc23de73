// Command worker is the Lambda function that takes parcels of work from the queue, calls Claude for their tasks, many at
// once, and settles what comes back. Its settings are environment variables, see docs/settings.md.
package main

import (
	"errors"
	"io"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

//go:generate go tool wire

func main() {
	w, code := start(os.Stdout, os.Environ())
	if code != 0 {
		os.Exit(code)
	}
	lambda.StartWithOptions(w.Handle, lambda.WithEnableSIGTERM(w.Stop))
}

// start makes the worker that an environment describes.
func start(out io.Writer, environ []string) (*lambdaworker.Worker, int) {
	return functions.Start(out, "worker", func() (*lambdaworker.Worker, error) {
		access, err := cloud.NewAccess(environ)
		s, other := settings.Load[settings.Worker](environ)
		if err := errors.Join(err, other); err != nil {
			return nil, err
		}
		return newWorker(access, out, "worker", s.Shared, s.Claude, s.Calls)
	})
}
