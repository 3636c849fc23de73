// Command sweeper is the Lambda function that is run each minute: it finds what nobody is working on and sets it going again,
// carries batches, and delivers notices. It also takes in the messages that the queue has given up. Its settings are
// environment variables, see docs/settings.md.
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
	s, code := start(os.Stdout, os.Environ())
	if code != 0 {
		os.Exit(code)
	}
	lambda.Start(s.Handle)
}

// start makes the sweeper that an environment describes.
func start(out io.Writer, environ []string) (*lambdaworker.Sweeper, int) {
	return functions.Start(out, "sweeper", func() (*lambdaworker.Sweeper, error) {
		access, err := cloud.NewAccess(environ)
		s, other := settings.Load[settings.Sweeper](environ)
		if err := errors.Join(err, other); err != nil {
			return nil, err
		}
		return newSweeper(access, out, "sweeper", s.Shared, s.Claude, s.Calls, s.NoticesQueueURL)
	})
}
