package remote

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Job is a job as the API shows it.
type Job struct {
	ID           job.ID            `json:"id"`
	Business     string            `json:"business_id"`
	PageType     string            `json:"page_type"`
	Languages    []string          `json:"languages"`
	Lane         cost.Lane         `json:"lane"`
	Deadline     time.Time         `json:"deadline"`
	Budget       cost.Pico         `json:"budget_usd"`
	Status       job.State         `json:"status"`
	PauseReasons []job.PauseReason `json:"pause_reasons"`
	Detail       string            `json:"status_detail"`
	CancelAsked  time.Time         `json:"cancel_requested_at"`
	Round        int               `json:"round"`
	TotalPages   int               `json:"total_pages"`
	// Counts are pages by status, Waiting those that wait by the reason.
	Counts  map[string]int `json:"counts"`
	Waiting map[string]struct {
		Pages int `json:"pages"`
	} `json:"waiting"`
	Held        cost.Pico `json:"held"`
	Settled     cost.Pico `json:"settled"`
	Presumed    cost.Pico `json:"presumed"`
	Model       string    `json:"model"`
	CreatedAt   time.Time `json:"created_at"`
	CompletedAt time.Time `json:"completed_at"`
	// Raw is the whole object as it came.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads a job and keeps the whole of it.
func (j *Job) UnmarshalJSON(text []byte) error {
	type plain Job
	if err := json.Unmarshal(text, (*plain)(j)); err != nil {
		return err
	}
	j.Raw = append(json.RawMessage(nil), text...)
	return nil
}

// Failure is failed pages of one cause.
type Failure struct {
	Code     job.Code `json:"error_code"`
	Count    int      `json:"count"`
	Ordinals []int    `json:"sample_ordinals"`
}

// Event is one of a job's history.
type Event struct {
	Type string            `json:"type"`
	At   time.Time         `json:"at"`
	Data map[string]string `json:"data"`
}

// mostPage is how many entries of a list are asked for at once.
const mostPage = 200

func businessPath(business string) string { return "/api/businesses/" + url.PathEscape(business) }

func jobPath(business string, id job.ID) string {
	return businessPath(business) + "/jobs/" + url.PathEscape(string(id))
}

// list reads pages of a list until it ends, or more says that it is enough.
func list[T any](ctx context.Context, c *Client, path, name string, limit int, more func([]T) bool) error {
	cursor := ""
	for {
		query := url.Values{"limit": {strconv.Itoa(min(limit, mostPage))}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page map[string]json.RawMessage
		if err := c.get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return err
		}
		var entries []T
		var next *string
		if json.Unmarshal(page[name], &entries) != nil || json.Unmarshal(page["next_cursor"], &next) != nil {
			return c.strange()
		}
		if !more(entries) || next == nil {
			return nil
		}
		cursor = *next
	}
}

// Jobs lists the newest jobs of a business.
func (c *Client) Jobs(ctx context.Context, business string, limit int) (jobs []Job, err error) {
	err = list(ctx, c, businessPath(business)+"/jobs", "jobs", limit, func(some []Job) bool {
		jobs = append(jobs, some...)
		return len(jobs) < limit
	})
	return jobs[:min(len(jobs), limit)], err
}

// Job shows a job.
func (c *Client) Job(ctx context.Context, business string, id job.ID) (Job, error) {
	var out struct {
		Job Job `json:"job"`
	}
	err := c.get(ctx, jobPath(business, id), &out)
	return out.Job, err
}

// Name is what a business is called.
func (c *Client) Name(ctx context.Context, business string) (string, error) {
	var out struct {
		Business struct {
			Name string `json:"name"`
		} `json:"business"`
	}
	err := c.get(ctx, businessPath(business), &out)
	return out.Business.Name, err
}

// Failures are a job's failed pages by cause.
func (c *Client) Failures(ctx context.Context, business string, id job.ID) ([]Failure, error) {
	var out struct {
		Groups []Failure `json:"groups"`
	}
	err := c.get(ctx, jobPath(business, id)+"/failures", &out)
	return out.Groups, err
}

// Events are a job's history, the oldest first.
func (c *Client) Events(ctx context.Context, business string, id job.ID) (events []Event, err error) {
	err = list(ctx, c, jobPath(business, id)+"/events", "events", mostPage, func(some []Event) bool {
		events = append(events, some...)
		return true
	})
	return events, err
}

// Wish is what can be asked of a job.
type Wish string

// The wishes.
const (
	Pause  Wish = "pause"
	Resume Wish = "resume"
	Cancel Wish = "cancel"
)

// Ask carries a wish out, as far as it is done at once.
func (c *Client) Ask(ctx context.Context, business string, id job.ID, wish Wish, reason string) (Job, error) {
	body := map[string]string{}
	if reason != "" {
		body["reason"] = reason
	}
	var out struct {
		Job Job `json:"job"`
	}
	err := c.post(ctx, jobPath(business, id)+"/"+string(wish), body, &out)
	return out.Job, err
}

// SetBudget sets the most that a job may spend.
func (c *Client) SetBudget(ctx context.Context, business string, id job.ID, limit cost.Pico) error {
	var out json.RawMessage
	return c.exchange(ctx, "PATCH", jobPath(business, id), map[string]string{"budget_usd": limit.String()}, &out)
}

// Retry has failed pages made again: those that are named, or all. A limit of 0 keeps the job's budget.
func (c *Client) Retry(ctx context.Context, business string, id job.ID, ordinals []int, limit cost.Pico) (Job, int, error) {
	body := map[string]any{"scope": "failed"}
	if len(ordinals) > 0 {
		body = map[string]any{"ordinals": ordinals}
	}
	if limit > 0 {
		body["budget_usd"] = limit.String()
	}
	var out struct {
		Job   Job `json:"job"`
		Pages int `json:"pages"`
	}
	err := c.post(ctx, jobPath(business, id)+"/retry", body, &out)
	return out.Job, out.Pages, err
}
