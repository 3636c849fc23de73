package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Quote is a dry run of Retry: how many pages it would make again, and what they would cost. Errors: as Retry's, but for those of
// money and of jobs that run.
func (j *Jobs) Quote(ctx context.Context, business string, id job.ID, scope engine.RetryScope) (engine.RetryQuote, error) {
	header, err := j.Find(ctx, business, id)
	if err != nil {
		return engine.RetryQuote{}, err
	}
	if header.State.Ended() {
		if err := j.allFailed(ctx, header, scope.Ordinals); err != nil {
			return engine.RetryQuote{}, err
		}
	}
	return j.Engine.Quote(ctx, id, scope)
}

// QuotePage is a dry run of Regenerate.
func (j *Jobs) QuotePage(ctx context.Context, business string, id job.ID, ordinal int) (engine.RetryQuote, error) {
	if _, err := j.Find(ctx, business, id); err != nil {
		return engine.RetryQuote{}, err
	}
	return j.Engine.Quote(ctx, id, engine.RetryScope{Ordinals: []int{ordinal}})
}
