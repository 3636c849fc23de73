package backoffice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// pageLooks is how many pages one filtered list goes through, flagLooks how many when the answers must be read for it.
	pageLooks, flagLooks = 2_500, 500
	// NoMore is the ordinal after the last page.
	NoMore = -1
)

// PageView is a page of a job as people see it.
type PageView struct {
	pages.Page
	Status job.TaskState
	// Attempts is how many calls were or may have been billed, MaxAttempts how many answers are judged in a round.
	Attempts, MaxAttempts int
	// Waiting and Until say why an open page does not run, and the earliest time that it may; zero when nobody knows.
	Waiting job.Reason
	Until   time.Time
	// ErrorCode and ErrorMessage are why it failed.
	ErrorCode    job.Code
	ErrorMessage string
	Cost         cost.Pico
	// Accepted is the attempt whose answer is the page's content, 0 when it has none; the members below are of that answer.
	Accepted        int
	Model           string
	TemplateVersion int
	// PromptSHA256 is of the prompt that the page is first asked for with, in hex; empty where this program makes another one than
	// the job began with, and in lists.
	PromptSHA256            string
	WordCount, SectionCount int
	Flags                   []string
	ContentSHA256           string
	StartedAt, CompletedAt  time.Time

	// failed is the judged attempt that says why the page failed, 0 when none does.
	failed int
}

// PageFilter selects pages; zero values select all. Query is part of phrase, city or path, ignoring case and accents.
type PageFilter struct {
	Status    *job.TaskState
	Language  catalog.Language
	ErrorCode job.Code
	Flag      string
	Query     string
}

// Page reads one page of a business's job, without its content. Errors: NotFound.
func (j *Jobs) Page(ctx context.Context, business string, id job.ID, ordinal int) (PageView, error) {
	return j.page(ctx, business, id, ordinal, true)
}

// page is a page, with the hash of its prompt or without, which takes as long to make as all the rest.
func (j *Jobs) page(ctx context.Context, business string, id job.ID, ordinal int, hashed bool) (PageView, error) {
	list, _, err := j.collect(ctx, business, id, ordinal, &collector{limit: 1, hashed: hashed})
	if is(err, fault.Invalid) || err == nil && len(list) == 0 {
		return PageView{}, noPage()
	}
	if err != nil {
		return PageView{}, err
	}
	return list[0], nil
}

// PagesFrom lists pages in order of their ordinals, from the one named, and says where to go on: NoMore when all were looked
// at. It looks at no more than 2,500 pages for a filter, 500 for one by flag, so it may say fewer than limit, even none, with
// more to come. It reads a record for 25 pages, and the answer of each page listed that it has not read lately. Errors:
// NotFound, Invalid (no such ordinal).
func (j *Jobs) PagesFrom(ctx context.Context, business string, id job.ID, f PageFilter, from, limit int) ([]PageView, int, error) {
	return j.collect(ctx, business, id, from, &collector{filter: f, limit: pageSize(limit)})
}

// collect has a collector take pages from an ordinal on.
func (j *Jobs) collect(ctx context.Context, business string, id job.ID, from int, c *collector) ([]PageView, int, error) {
	var err error
	if c.header, err = j.Find(ctx, business, id); err != nil {
		return nil, NoMore, err
	}
	if c.plan, err = j.plan(ctx, id); err != nil {
		return nil, NoMore, err
	}
	c.templates, c.next = c.plan.Templates(), NoMore
	if err := j.Engine.Tasks(ctx, id, from, c.take); err != nil {
		return nil, NoMore, err
	}
	if err := j.readFacts(ctx, id, c.list); err != nil {
		return nil, NoMore, err
	}
	list, next := c.flagged()
	return list, next, nil
}

// collector takes the wanted pages from a job's tasks.
type collector struct {
	filter    PageFilter
	plan      *pages.Plan
	header    *job.Job
	templates []pages.Template
	limit     int
	hashed    bool
	looked    int
	next      int
	list      []PageView
}

// take looks at one task and says whether to go on.
func (c *collector) take(t engine.TaskView) bool {
	if full := c.filter.Flag == "" && len(c.list) == c.limit; full || c.looked == c.looks() {
		c.next = t.Ordinal
		return false
	}
	c.looked++
	f := c.filter
	if f.Status != nil && t.State != *f.Status || f.ErrorCode != "" && t.Code != f.ErrorCode || f.Flag != "" && t.Accepted == 0 {
		return true
	}
	p := c.plan.Page(t.Ordinal)
	if (f.Language == "" || p.Language == f.Language) && pageHas(p, f.Query) {
		c.list = append(c.list, c.view(p, t))
	}
	return true
}

func (c *collector) looks() int {
	if c.filter.Flag != "" {
		return flagLooks
	}
	return max(pageLooks, c.limit)
}

// flagged cuts the list to the pages with the wanted flag.
func (c *collector) flagged() ([]PageView, int) {
	if c.filter.Flag != "" {
		c.list = slices.DeleteFunc(c.list, func(v PageView) bool { return !slices.Contains(v.Flags, c.filter.Flag) })
	}
	if len(c.list) > c.limit {
		return c.list[:c.limit], c.list[c.limit].Ordinal
	}
	if c.list == nil {
		c.list = []PageView{}
	}
	return c.list, c.next
}

// view is the page without what only its answer says.
func (c *collector) view(p pages.Page, t engine.TaskView) PageView {
	v := PageView{Page: p, Status: t.State, Attempts: t.Billed, MaxAttempts: c.header.Limits.Judged, ErrorCode: t.Code, Cost: t.Cost, Accepted: t.Accepted, failed: t.LastJudged}
	if t.State != job.TaskFailed {
		v.failed = 0
	}
	if t.State == job.TaskWaiting {
		v.Waiting, v.Until = t.Reason, t.Until
	}
	if open := t.State == job.TaskWaiting || t.State == job.TaskQueued; open && c.header.State == job.StatePaused {
		v.Waiting, v.Until = job.ReasonPaused, time.Time{}
	}
	if c.hashed {
		v.PromptSHA256 = promptHash(c.plan, c.header, t.Ordinal)
	}
	for _, template := range c.templates {
		if template.Language == p.Language {
			v.TemplateVersion = template.Version
		}
	}
	return v
}

// promptHash is of the page's rendered prompt, as long as the plan makes the requests that the job was begun with.
func promptHash(plan *pages.Plan, header *job.Job, ordinal int) string {
	if header.PlanHash != cost.Hash(plan.Hash()) {
		return ""
	}
	sum := sha256.Sum256([]byte(plan.Request(ordinal, job.Try{Attempt: 1}).Prompt))
	return hex.EncodeToString(sum[:])
}

// Content reads the content of a page: of the attempt, or the newest accepted one for 0. Errors: NotFound (it has none).
func (j *Jobs) Content(ctx context.Context, business string, id job.ID, ordinal, attempt int) (pages.Content, error) {
	if attempt == 0 {
		v, err := j.page(ctx, business, id, ordinal, false)
		if err != nil {
			return pages.Content{}, err
		}
		attempt = v.Accepted
	} else if _, err := j.Find(ctx, business, id); err != nil {
		return pages.Content{}, err
	}
	if attempt < 1 {
		return pages.Content{}, noContent()
	}
	stored, err := j.Engine.Answer(ctx, id, ordinal, attempt)
	if is(err, fault.NotFound) || err == nil && stored.Verdict.Outcome != job.Accepted {
		return pages.Content{}, noContent()
	}
	if err != nil {
		return pages.Content{}, err
	}
	return pages.DecodeContent(stored.Verdict.Output)
}

func noContent() error { return fault.New(fault.NotFound, "this page has no such content") }
