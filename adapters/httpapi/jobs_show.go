package httpapi

import (
	"cmp"
	"context"
	"math"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// pollSoon is when a job that works is worth another look, pollLate one that waits for hours or for somebody.
	pollSoon, pollLate = 2_000, 15_000
)

type countsOut struct {
	Queued    int `json:"queued"`
	Running   int `json:"running"`
	Waiting   int `json:"waiting"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

func shownCounts(c job.Counts) countsOut {
	return countsOut{
		Queued: c[job.TaskQueued], Running: c[job.TaskRunning], Waiting: c[job.TaskWaiting], Completed: c[job.TaskCompleted], Failed: c[job.TaskFailed],
		Cancelled: c[job.TaskCancelled],
	}
}

type waitingOut struct {
	Pages int      `json:"pages"`
	Until *instant `json:"until" nullable:"true" doc:"none of them runs before, by time alone; null when nobody knows"`
}

type templateOut struct {
	Language catalog.Language `json:"language" enum:"en,es"`
	ID       string           `json:"id"`
	Version  int              `json:"version"`
	SHA256   string           `json:"sha256"`
}

// jobForecast is what a job was expected to cost.
type jobForecast struct {
	Cost moneyOut `json:"cost_usd"`
}

type outlookOut struct {
	Cost     moneyOut `json:"cost_usd"`
	Measured bool     `json:"measured" doc:"true once it goes by the job's own answers"`
}

type jobOut struct {
	ID            job.ID                `json:"id"`
	Business      string                `json:"business_id"`
	PageType      catalog.PageType      `json:"page_type"`
	Languages     []catalog.Language    `json:"languages" nullable:"false" enum:"en,es"`
	Upcoming      bool                  `json:"include_upcoming"`
	Selection     *Selection            `json:"selection,omitempty" doc:"the ids that were asked for, absent when all were; left out of lists"`
	Lane          cost.Lane             `json:"lane" enum:"realtime,batch,auto"`
	Deadline      instant               `json:"deadline,omitzero"`
	Budget        usd                   `json:"budget_usd" doc:"the most that it may spend, over all rounds"`
	Status        job.State             `json:"status" enum:"pending,running,paused,completed,partial,failed,cancelled"`
	PauseReason   job.PauseReason       `json:"pause_reason,omitempty" enum:"operator,budget,provider,failure_rate,spending_off"`
	PauseReasons  []job.PauseReason     `json:"pause_reasons" nullable:"false" enum:"operator,budget,provider,failure_rate,spending_off"`
	Detail        string                `json:"status_detail,omitempty" doc:"why it was paused or cancelled, in one line"`
	CancelAsked   instant               `json:"cancel_requested_at,omitzero"`
	Round         int                   `json:"round" minimum:"1"`
	TotalPages    int                   `json:"total_pages" minimum:"1"`
	Counts        countsOut             `json:"counts" doc:"pages by status; they sum to total_pages"`
	Waiting       map[string]waitingOut `json:"waiting" doc:"pages that wait, by reason: retry, quota, breaker, budget, batch, paused"`
	Held          usd                   `json:"held"`
	Settled       usd                   `json:"settled"`
	Presumed      usd                   `json:"presumed"`
	Overrun       usd                   `json:"overrun" doc:"what was spent beyond all that was granted"`
	Model         string                `json:"model"`
	PriceVersion  string                `json:"price_version,omitempty" doc:"the prices that it was forecast at; each call is booked at those of its time"`
	Templates     []templateOut         `json:"templates" nullable:"false"`
	PlanHash      string                `json:"plan_hash"`
	Snapshot      *snapshotOut          `json:"snapshot,omitempty" doc:"what it runs on, as it was when it was begun; in the answer to its GET alone"`
	Forecast      *jobForecast          `json:"forecast,omitempty" doc:"what it was expected to cost when it was begun"`
	Outlook       *outlookOut           `json:"outlook,omitempty" doc:"what it will have spent in the end, as it looks now; left out of lists"`
	ForecastError *float64              `json:"forecast_error" doc:"actual cost over expected cost, once it has ended"`
	Rate          *float64              `json:"rate_per_minute" doc:"pages of this round that have ended in a minute, in the mean without its pauses, to two digits"`
	ETA           *int64                `json:"eta_s" doc:"seconds to the end at that rate, to two digits; null when nobody knows"`
	PollAfter     *int64                `json:"poll_after_ms" doc:"when another look is worth it; null once it has ended"`
	Hidden        bool                  `json:"is_hidden"`
	RequestID     string                `json:"request_id,omitempty"`
	CreatedBy     string                `json:"created_by,omitempty"`
	Revision      int64                 `json:"revision" minimum:"1" doc:"goes up with each write of the job, though not of its pages"`
	CreatedAt     instant               `json:"created_at"`
	UpdatedAt     instant               `json:"updated_at" doc:"the last change of the job or one of its pages"`
	StartedAt     instant               `json:"started_at,omitzero"`
	CompletedAt   instant               `json:"completed_at,omitzero"`
}

func jobPath(j *job.Job) string { return "/api/businesses/" + j.Tenant + "/jobs/" + string(j.ID) }

// shownJob is a job with what is worked out of it.
func (a *API) shownJob(ctx context.Context, v backoffice.JobView) jobOut {
	out := a.shown(ctx, v.Progress)
	if s := v.Snapshot; s != nil {
		out.Snapshot = shownSnapshot(*s)
	}
	if o := v.Outlook; o != nil {
		out.Outlook = &outlookOut{shownMoney(o.Cost), o.Measured}
	}
	return out
}

// shown is a job as its records and its input say.
func (a *API) shown(ctx context.Context, p engine.Progress) jobOut {
	out, choice := a.shownProgress(p), a.jobs.Choice(ctx, p.Job)
	out.Upcoming = choice.Upcoming
	if s := (Selection{choice.Selection.KeywordIDs, choice.Selection.ServiceIDs, choice.Selection.ServiceAreaIDs, choice.Selection.LocationIDs}); s.some() {
		out.Selection = &s
	}
	return out
}

func (s Selection) some() bool {
	return len(s.Keywords)+len(s.Services)+len(s.ServiceAreas)+len(s.Locations) > 0
}

// twoDigits keeps two digits: what moves with the time alone is to leave the answer as it is for a while.
func twoDigits(v float64) float64 {
	if v <= 0 {
		return 0
	}
	scale := math.Pow(10, math.Floor(math.Log10(v))-1)
	return math.Round(v/scale) * scale
}

// shownProgress is a job as its records say, which nothing more is read for: so it stands in lists.
func (a *API) shownProgress(p engine.Progress) jobOut {
	j := p.Job
	choice, _ := backoffice.ChoiceOf(j)
	out := jobOut{
		ID: j.ID, Business: j.Tenant, PageType: catalog.PageType(j.Labels[backoffice.LabelPageType]), Languages: []catalog.Language{}, Upcoming: choice.Upcoming, Lane: j.Lane,
		Deadline: utc(j.Deadline), Budget: usd(j.Cap), Status: j.State, PauseReasons: listed(j.Pauses), Detail: j.Detail,
		CancelAsked: utc(j.CancelledAt), Round: j.Round, TotalPages: j.Layout.Tasks, Counts: shownCounts(p.Counts), Waiting: map[string]waitingOut{},
		Held: usd(p.Held), Settled: usd(p.Settled), Presumed: usd(p.Presumed), Overrun: usd(p.Overrun), Model: j.Model, PlanHash: j.PlanHash.String(),
		PriceVersion: j.Labels[backoffice.LabelPriceVersion], Revision: max(j.Revision, 1), UpdatedAt: utc(cmp.Or(p.Changed, j.CreatedAt)),
		Templates: shownTemplates(backoffice.TemplatesOf(j)), ForecastError: forecastError(p), PollAfter: pollAfter(p), Hidden: j.Hidden,
		RequestID: j.RequestID, CreatedBy: j.Labels[backoffice.LabelCreatedBy], CreatedAt: utc(j.CreatedAt), StartedAt: utc(j.StartedAt),
		CompletedAt: utc(j.CompletedAt),
	}
	for _, language := range strings.Split(j.Labels[backoffice.LabelLanguages], ",") {
		if language != "" {
			out.Languages = append(out.Languages, catalog.Language(language))
		}
	}
	if len(j.Pauses) > 0 {
		out.PauseReason = j.Pauses[0]
	}
	for reason, n := range p.Waiting {
		out.Waiting[reason.String()] = waitingOut{Pages: n, Until: until(reason, p.DueBy[reason])}
	}
	if perMinute, left := backoffice.Rate(p, a.clock.Now()); perMinute > 0 {
		rate, seconds := twoDigits(perMinute), int64(twoDigits(left.Seconds()))
		out.Rate, out.ETA = &rate, &seconds
	}
	if f := j.Forecast; f != nil {
		out.Forecast = &jobForecast{shownMoney(engine.Money{Expected: f.Expected, P95: f.P95, Worst: f.Worst})}
	}
	return out
}

// until is when pages that wait for a time may go on.
func until(reason job.Reason, due time.Time) *instant {
	timed := reason == job.ReasonRetry || reason == job.ReasonQuota || reason == job.ReasonBreaker
	if !timed {
		return nil
	}
	return moment(due)
}

func shownTemplates(list []pages.Template) []templateOut {
	out := make([]templateOut, len(list))
	for i, t := range list {
		out[i] = templateOut{t.Language, t.ID, t.Version, t.SHA256}
	}
	return out
}

// forecastError is what an ended job has cost over what it was expected to, to four decimals.
func forecastError(p engine.Progress) *float64 {
	f := p.Job.Forecast
	if f == nil || f.Expected <= 0 || !p.Job.State.Ended() {
		return nil
	}
	ratio := math.Round(float64(p.Settled+p.Presumed)/float64(f.Expected)*1e4) / 1e4
	return &ratio
}

// pollAfter says when another look is worth it, by what the job waits for.
func pollAfter(p engine.Progress) *int64 {
	ms, open := int64(pollSoon), p.Counts.Open()
	switch {
	case p.Job.State.Ended():
		return nil
	case p.Job.State == job.StatePaused, open > 0 && p.Waiting[job.ReasonBatch]+p.Waiting[job.ReasonBudget] >= open:
		ms = pollLate
	}
	return &ms
}
