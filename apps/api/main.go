// Command api is the Lambda function behind the HTTP API. For now it says that it is there.
package main

import (
	"io"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func main() {
	a, code := start(os.Stdout, os.Environ())
	if code != 0 {
		os.Exit(code)
	}
	lambda.Start(a.Handle)
}

// start makes the API that an environment describes.
func start(out io.Writer, environ []string) (*api, int) {
	return functions.Start(out, "api", func() (*api, error) {
		s, err := settings.Load[settings.API](environ)
		return &api{release: s.Release}, err
	})
}
