package httpapi

import (
	"context"
	"maps"
	"net/http"
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

type failureOut struct {
	Code      job.Code `json:"error_code"`
	Count     int      `json:"count"`
	Retryable bool     `json:"retryable" doc:"whether another attempt may come to something else"`
	Hint      string   `json:"hint"`
	RetryCost usd      `json:"retry_cost" doc:"what making them again costs at most"`
	Ordinals  []int    `json:"sample_ordinals" nullable:"false" doc:"the first of them"`
}

type failureBody struct {
	Body struct {
		Groups []failureOut `json:"groups" nullable:"false"`
	}
}

type eventOut struct {
	Seq       int               `json:"seq"`
	Type      string            `json:"type"`
	At        instant           `json:"at"`
	Actor     string            `json:"actor,omitempty" doc:"id of the principal that caused it; engine where none did"`
	RequestID string            `json:"request_id,omitempty"`
	Data      map[string]string `json:"data"`
}

type eventList struct {
	Body struct {
		Events     []eventOut `json:"events" nullable:"false"`
		NextCursor *string    `json:"next_cursor"`
	}
}

// defineHistory are the rows of what has become of a job.
func defineHistory(a *API) {
	add(a, route{method: http.MethodGet, path: onePath + "/failures", id: "job-failures", summary: "Failed pages by cause", tag: "job", role: backoffice.Viewer}, a.failures)
	add(a, route{method: http.MethodGet, path: onePath + "/events", id: "job-events", summary: "A job's history, oldest first", tag: "job", role: backoffice.Viewer}, a.events)
}

func (a *API) failures(ctx context.Context, _ *call, in *InJob) (*failureBody, error) {
	if _, err := a.jobs.Find(ctx, in.Business, in.Job); err != nil {
		return nil, err
	}
	groups, err := a.jobs.Engine.Failures(ctx, in.Job)
	if err != nil {
		return nil, err
	}
	var out failureBody
	out.Body.Groups = make([]failureOut, len(groups))
	for i, g := range groups {
		out.Body.Groups[i] = failureOut{g.Code, g.Count, g.Retryable, hint(g.Code), usd(g.RetryWorst), listed(g.Ordinals)}
	}
	return &out, nil
}

func (a *API) events(ctx context.Context, c *call, in *struct {
	InJob
	Paging
},
) (*eventList, error) {
	from, err := c.ordinal(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := a.jobs.Find(ctx, in.Business, in.Job); err != nil {
		return nil, err
	}
	all, err := a.jobs.Engine.Events(ctx, in.Job)
	if err != nil {
		return nil, err
	}
	var out eventList
	out.Body.Events = []eventOut{}
	for i := min(from, len(all)); i < len(all); i++ {
		if len(out.Body.Events) == in.Limit {
			out.Body.NextCursor, err = c.next(ctx, strconv.Itoa(i))
			break
		}
		out.Body.Events = append(out.Body.Events, shownEvent(all[i]))
	}
	return &out, err
}

// shownEvent is an event with who caused it apart from what else it says.
func shownEvent(e engine.Event) eventOut {
	out := eventOut{Seq: e.Seq, Type: e.Type, At: utc(e.At), Actor: e.Data["actor"], RequestID: e.Data["request_id"], Data: map[string]string{}}
	maps.Copy(out.Data, e.Data)
	delete(out.Data, "actor")
	delete(out.Data, "request_id")
	return out
}
