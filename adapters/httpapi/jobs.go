package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// InJob is a job of a business.
type InJob struct {
	InBusiness
	Job job.ID `path:"job_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

type jobBody struct {
	Body struct {
		Job jobOut `json:"job"`
	}
}

// wishBody answers a wish: 202, or 200 where there was nothing to do.
type wishBody struct {
	Status int
	Body   struct {
		Job jobOut `json:"job"`
	}
}

// Why is the body of a wish; there need not be one.
type Why struct {
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"for the job's history"`
}

type wishIn struct {
	InJob
	Body *Why
}

func (in wishIn) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

type jobPatch struct {
	InJob
	Body struct {
		Hidden *bool   `json:"is_hidden,omitempty" doc:"keeps it out of lists"`
		Budget *amount `json:"budget_usd,omitempty" doc:"the most that it may spend, over all rounds; one below its present budget gives back what is free"`
	}
}

const (
	jobsPath = "/api/businesses/{business_id}/jobs"
	onePath  = jobsPath + "/{job_id}"
)

// defineJobs are the rows of jobs as a whole.
func defineJobs(a *API) {
	add(a, route{method: http.MethodGet, path: onePath, id: "job-get", summary: "How a job stands", tag: "job", role: backoffice.Viewer}, a.job)
	add(a, route{
		method: http.MethodPatch, path: onePath, id: "job-update", summary: "Hide a job, or set its budget", tag: "job", role: backoffice.Operator,
		errors: []int{http.StatusPaymentRequired},
	}, a.changeJob)
	for _, w := range []struct {
		name, summary string
		errors        []int
		do            func(ctx context.Context, by backoffice.Caller, business string, id job.ID, why string) (backoffice.Wished, error)
	}{
		{"cancel", "End a job; what is done stays", nil, a.jobs.Cancel},
		{"pause", "Stop a job for a while", nil, a.jobs.Pause},
		{"resume", "Let a job go on", []int{http.StatusPaymentRequired}, a.resume},
	} {
		add(a, route{
			method: http.MethodPost, path: onePath + "/" + w.name, id: "job-" + w.name, summary: w.summary, tag: "job", role: backoffice.Operator,
			status: http.StatusAccepted, also: []int{http.StatusOK}, errors: w.errors,
		}, func(ctx context.Context, c *call, in *wishIn) (*wishBody, error) {
			after, err := w.do(ctx, c.Caller, in.Business, in.Job, in.reason())
			return a.wished(ctx, after, err)
		})
	}
}

func (a *API) resume(ctx context.Context, by backoffice.Caller, business string, id job.ID, _ string) (backoffice.Wished, error) {
	return a.jobs.Resume(ctx, by, business, id, 0)
}

// wished answers what a job is like after a wish.
func (a *API) wished(ctx context.Context, w backoffice.Wished, err error) (*wishBody, error) {
	if err != nil {
		return nil, err
	}
	out := wishBody{Status: http.StatusOK}
	if w.Changed {
		out.Status = http.StatusAccepted
	}
	out.Body.Job = a.shown(ctx, w.Progress)
	return &out, nil
}

func (a *API) job(ctx context.Context, _ *call, in *InJob) (*jobBody, error) {
	v, err := a.jobs.Job(ctx, in.Business, in.Job)
	if err != nil {
		return nil, err
	}
	var out jobBody
	out.Body.Job = a.shownJob(ctx, v)
	return &out, nil
}

func (a *API) changeJob(ctx context.Context, c *call, in *jobPatch) (*jobBody, error) {
	change := backoffice.JobChange{Budget: (*cost.Pico)(in.Body.Budget), Hidden: in.Body.Hidden}
	if _, err := a.jobs.Update(ctx, c.Caller, in.Business, in.Job, change); err != nil {
		return nil, err
	}
	return a.job(ctx, c, &in.InJob)
}
