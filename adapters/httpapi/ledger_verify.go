package httpapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// verifyPages is how many pages the jobs of one call may have before it leaves the others to the next: each costs its task, its ledger
// and its content. One job is verified whatever it has.
const verifyPages = 2000

type verifyIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"the most jobs that are verified; with jobs of 2,000 pages the answer ends before"`
	Cursor string `query:"cursor" maxLength:"2048" doc:"next_cursor of the answer before"`
	Body   *VerifySpan
}

type verifyPart struct {
	Body struct {
		Verified
		NextCursor *string `json:"next_cursor" doc:"null when all jobs were verified"`
	}
}

// text is what cursors of the span are bound to.
func (s *VerifySpan) text() string {
	if s == nil {
		s = &VerifySpan{}
	}
	return s.From.UTC().Format(time.RFC3339Nano) + " " + s.To.UTC().Format(time.RFC3339Nano)
}

// verifyWalk is one call's way through the jobs, business by business, the newest first.
type verifyWalk struct {
	api  *API
	span *VerifySpan
	out  Verified
	// jobs and pages are what is left.
	jobs, pages int
}

func (a *API) verifyAll(ctx context.Context, c *call, in *verifyIn) (*verifyPart, error) {
	c.asked = in.Body.text()
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	tenants, err := a.jobs.Engine.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(tenants)
	first, before, _ := strings.Cut(from, "/")
	w, next := &verifyWalk{a, in.Body, nothingVerified(), in.Limit, verifyPages}, ""
	for _, tenant := range tenants {
		if tenant < first {
			continue
		}
		if tenant != first {
			before = ""
		}
		if next, err = w.business(ctx, tenant, job.ID(before)); err != nil {
			return nil, err
		}
		if next != "" {
			break
		}
	}
	var out verifyPart
	out.Body.Verified = w.out
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}

// business verifies the jobs before the one named, until enough was done; then it says where to go on.
func (w *verifyWalk) business(ctx context.Context, tenant string, before job.ID) (string, error) {
	for {
		list, next, err := w.api.jobs.Engine.JobsFrom(ctx, tenant, before, engine.MaxLooked, w.span.has)
		if err != nil {
			return "", err
		}
		for _, j := range list {
			report, err := w.api.jobs.Engine.Verify(ctx, j.ID)
			if err != nil {
				return "", err
			}
			w.out.add(report)
			if w.jobs, w.pages = w.jobs-1, w.pages-j.Layout.Tasks; w.jobs <= 0 || w.pages <= 0 {
				return tenant + "/" + string(j.ID), nil
			}
		}
		if before = next; next == "" {
			return "", nil
		}
	}
}
