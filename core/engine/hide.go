package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// SetHidden notes in a job's header, in whatever state it is, that people do not want to see it in lists, or do again.
// The engine does not look at it: who lists jobs does. Errors: NotFound.
func (e *Engine) SetHidden(ctx context.Context, id job.ID, hidden bool) (*job.Job, error) {
	return e.amend(ctx, id, func(_ ports.Tx, j *job.Job, _ time.Time) error {
		j.Hidden = hidden
		return nil
	})
}
