package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Generated is what an order came to.
type Generated struct {
	engine.Progress
	Forecast OrderForecast
	// Repeated is true when the key had made the job before; the forecast is then what the job keeps of it.
	Repeated bool
}

// Generate makes a job of the order. The key makes a repeated order the same job; print is what it stands for. Errors:
// pages.Refusal, catalog.Problems, NotFound (no business, or it is being deleted), Conflict (the inputs have changed since
// the preview, too many jobs are under way, or the key stands for another order), Budget, Unavailable (spending is off).
func (j *Jobs) Generate(ctx context.Context, by Caller, business string, o Order, key string, print idempotency.Fingerprint) (Generated, error) {
	if err := o.check(); err != nil {
		return Generated{}, err
	}
	if known, err := j.Engine.Ordered(ctx, business, key, print); err != nil || known != nil {
		return j.repeated(ctx, known, err)
	}
	if err := j.EnsureMonth(ctx, business); err != nil {
		return Generated{}, err
	}
	input, plan, err := j.build(ctx, business, o)
	if err != nil {
		return Generated{}, err
	}
	if err := o.fresh(plan); err != nil {
		return Generated{}, err
	}
	s := j.submission(business, o, input, plan)
	s.Key, s.Fingerprint, s.RequestID = key, print, by.RequestID
	s.Labels[LabelCreatedBy] = by.Principal
	f, err := j.forecast(ctx, business, o, s)
	if err != nil {
		return Generated{}, err
	}
	s.Forecast, s.Labels[LabelPriceVersion] = f.Cost, f.PriceVersion
	return j.submit(ctx, by, s, plan, f)
}

func (j *Jobs) submit(ctx context.Context, by Caller, s engine.Submission, plan *pages.Plan, f OrderForecast) (Generated, error) {
	over, err := j.ended(ctx, s.Tenant)
	if err != nil {
		return Generated{}, err
	}
	action := Action{"job.create", Target{Type: "job", Business: s.Tenant}}
	receipt, err := j.Engine.Submit(j.origin(ctx, by, action, nil, func(tx ports.Tx, one *job.Job) error {
		if err := j.enter(tx, one, over); err != nil {
			return err
		}
		if err := budgetsOpen(tx, s.Tenant); err != nil {
			return err
		}
		return markUsed(tx, s.Tenant, plan.Templates())
	}), s)
	if err != nil {
		return Generated{}, err
	}
	if receipt.Repeated {
		return j.repeated(ctx, receipt.Job, nil)
	}
	p := engine.Progress{Job: receipt.Job, Waiting: map[job.Reason]int{}, Changed: receipt.Job.CreatedAt}
	p.Counts[job.TaskQueued] = receipt.Job.Layout.Tasks
	return Generated{Progress: p, Forecast: f}, nil
}

// repeated answers an order whose job is there.
func (j *Jobs) repeated(ctx context.Context, known *job.Job, err error) (Generated, error) {
	if err != nil {
		return Generated{}, err
	}
	g := Generated{Repeated: true}
	g.Forecast.Tasks, g.Forecast.Model = known.Layout.Tasks, known.Model
	if f := known.Forecast; f != nil {
		g.Forecast.Cost = engine.Money{Expected: f.Expected, P95: f.P95, Worst: f.Worst}
	}
	g.Progress, err = j.Engine.Progress(ctx, known.ID)
	return g, err
}
