package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
)

type jobQuery struct {
	InBusiness
	Paging
	Status   job.State `query:"status" enum:"pending,running,paused,completed,partial,failed,cancelled"`
	PageType string    `query:"page_type" enum:"keyword-service-area,keyword-location,service-service-area,service-location,blog-service-area,blog-location,service-area,location-keyword"`
	Hidden   bool      `query:"include_hidden" default:"false"`
}

// keep reports whether a job is asked for.
func (q jobQuery) keep(j *job.Job) bool {
	pageType, _ := catalog.ParsePageType(q.PageType)
	return (q.Status == "" || q.Status == j.State) && (q.Hidden || !j.Hidden) && (pageType == "" || string(pageType) == j.Labels[backoffice.LabelPageType])
}

type jobList struct {
	Body struct {
		Jobs       []jobOut `json:"jobs" nullable:"false"`
		NextCursor *string  `json:"next_cursor"`
	}
}

// defineJobList is the row that lists jobs.
func defineJobList(a *API) {
	add(a, route{method: http.MethodGet, path: jobsPath, id: "job-list", summary: "Jobs of a business, newest first", tag: "job", role: backoffice.Viewer}, a.jobList)
}

func (a *API) jobList(ctx context.Context, c *call, in *jobQuery) (*jobList, error) {
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.jobs.Engine.JobsFrom(ctx, in.Business, job.ID(from), in.Limit, in.keep)
	if err != nil {
		return nil, err
	}
	var out jobList
	if out.Body.Jobs, err = a.stand(ctx, list); err != nil {
		return nil, err
	}
	out.Body.NextCursor, err = c.next(ctx, string(next))
	return &out, err
}

// lookers is how many jobs are looked at side by side.
const lookers = 8

// stand says how each of the jobs stands.
func (a *API) stand(ctx context.Context, list []*job.Job) ([]jobOut, error) {
	out := make([]jobOut, len(list))
	n := min(lookers, len(list))
	err := a.jobs.Engine.Group.Run(ctx, n, func(ctx context.Context, first int) error {
		for i := first; i < len(list); i += n {
			p, err := a.jobs.Engine.Progress(ctx, list[i].ID)
			if err != nil {
				return err
			}
			out[i] = a.shownProgress(p)
		}
		return nil
	})
	return out, err
}
