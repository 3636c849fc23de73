package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// InPage is a page of a job.
type InPage struct {
	InJob
	Ordinal int `path:"ordinal" minimum:"0" maximum:"2147483647" doc:"number of the page in its job, from 0"`
}

// OfAttempt chooses one of a page's contents.
type OfAttempt struct {
	Attempt int `query:"attempt" minimum:"1" maximum:"2147483647" doc:"whose content; by default the newest that was accepted"`
}

type pageQuery struct {
	InJob
	Paging
	Status   string           `query:"status" enum:"queued,running,waiting,completed,failed,cancelled"`
	Language catalog.Language `query:"language" enum:"en,es"`
	Code     job.Code         `query:"error_code" maxLength:"40" pattern:"^[A-Z_]+$"`
	Flag     qualityFlag      `query:"flag"`
	Query    string           `query:"q" maxLength:"100" doc:"part of phrase, city or path"`
}

func (q pageQuery) filter() backoffice.PageFilter {
	f := backoffice.PageFilter{Language: q.Language, ErrorCode: q.Code, Flag: string(q.Flag), Query: q.Query}
	for s := range job.TaskState(job.TaskStates) {
		if s.String() == q.Status {
			f.Status = &s
		}
	}
	return f
}

type pageList struct {
	Body struct {
		Pages      []pageOut `json:"pages" nullable:"false"`
		NextCursor *string   `json:"next_cursor"`
	}
}

type pageBody struct {
	Body struct {
		Page    pageOut     `json:"page"`
		Content *contentOut `json:"content,omitempty" doc:"left out while there is none"`
	}
}

// definePages are the rows of a job's pages.
func definePages(a *API) {
	const base = onePath + "/pages"
	const one = base + "/{ordinal}"
	add(a, route{method: http.MethodGet, path: base, id: "page-list", summary: "Pages of a job, without their contents", tag: "page", role: backoffice.Viewer}, a.pages)
	add(a, route{method: http.MethodGet, path: one, id: "page-get", summary: "One page with its content", tag: "page", role: backoffice.Viewer}, a.page)
	add(a, route{
		method: http.MethodPost, path: one + "/regenerate", id: "page-regenerate", summary: "Make one page again", tag: "page", role: backoffice.Operator,
		status: http.StatusAccepted, errors: []int{http.StatusPaymentRequired}, keyed: true,
	}, a.regenerate)
}

func (a *API) pages(ctx context.Context, c *call, in *pageQuery) (*pageList, error) {
	from, err := c.ordinal(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.jobs.PagesFrom(ctx, in.Business, in.Job, in.filter(), from, in.Limit)
	if err != nil {
		return nil, err
	}
	var out pageList
	out.Body.Pages = make([]pageOut, len(list))
	for i, v := range list {
		out.Body.Pages[i] = shownPage(in.Job, v)
	}
	if next != backoffice.NoMore {
		out.Body.NextCursor, err = c.next(ctx, strconv.Itoa(next))
	}
	return &out, err
}

// ordinal is where a cursor of pages goes on.
func (c *call) ordinal(ctx context.Context, cursor string) (int, error) {
	inner, err := c.open(ctx, cursor)
	if err != nil || inner == "" {
		return 0, err
	}
	return strconv.Atoi(inner)
}

func (a *API) page(ctx context.Context, _ *call, in *struct {
	InPage
	OfAttempt
},
) (*pageBody, error) {
	v, err := a.jobs.Page(ctx, in.Business, in.Job, in.Ordinal)
	if err != nil {
		return nil, err
	}
	var out pageBody
	out.Body.Page = shownPage(in.Job, v)
	attempt := in.Attempt
	if attempt == 0 {
		attempt = v.Accepted
	}
	if attempt == 0 {
		return &out, nil
	}
	content, err := a.jobs.Content(ctx, in.Business, in.Job, in.Ordinal, attempt)
	if err != nil {
		return nil, err
	}
	shown := shownContent(content)
	out.Body.Content = &shown
	return &out, nil
}

type regenerateIn struct {
	InPage
	Body *struct {
		Budget amount `json:"budget_usd,omitzero" doc:"a new, higher budget of the job"`
	}
}

func (a *API) regenerate(ctx context.Context, c *call, in *regenerateIn) (*retryBody, error) {
	limit := cost.Pico(0)
	if in.Body != nil {
		limit = cost.Pico(in.Body.Budget)
	}
	q, _ := a.jobs.QuotePage(ctx, in.Business, in.Job, in.Ordinal)
	w, err := a.jobs.Regenerate(ctx, c.Caller, in.Business, in.Job, in.Ordinal, limit, c.key)
	if err != nil {
		return nil, err
	}
	return a.again(ctx, w, q), nil
}
