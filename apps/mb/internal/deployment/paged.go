package deployment

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// mostPages is how many pages of one list are read: a deployment has a handful of things in each.
const mostPages = 100

// paged reads a list page by page: AWS may answer with less than it has, and even with nothing, and a token for more. Next reads one
// page, from the token of the one before, and returns the token for the next: nil or empty where the list ends.
func paged(what string, next func(token *string) (*string, error)) error {
	var token *string
	for range mostPages {
		var err error
		if token, err = next(token); err != nil || aws.ToString(token) == "" {
			return err
		}
	}
	return fault.New(fault.Throttled, "%s cannot be read to the end: AWS has always more than the %d pages that were asked for: try again in a minute", what, mostPages)
}
