package backoffice

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Order says what pages a job is to make, and how.
type Order struct {
	// PageType is a page type or an alias of one.
	PageType string
	// Languages is what is asked for; nil means all that the business has enabled.
	Languages       []catalog.Language
	IncludeUpcoming bool
	// Selection narrows rows and columns; its zero value means all.
	Selection pages.Selection
	// Lane is realtime (the default), batch or auto. Deadline is how long the job may take; auto needs it, 0 means no deadline.
	Lane     cost.Lane
	Deadline time.Duration
	// Budget is the most that the job may spend; 0 means the forecast's worst case.
	Budget cost.Pico
	// PlanHash is that of the preview which the order was made from; empty means none was looked at.
	PlanHash string
}

// The names of the labels that a job carries. LabelTemplate has one for each language, such as template_en.
const (
	LabelPageType  = "page_type"
	LabelLanguages = "languages"
	LabelBusiness  = "business"
	LabelCreatedBy = "created_by"
	LabelTemplate  = "template_"
	// LabelUpcoming and LabelSelection say which pages were asked for, LabelPriceVersion at what prices it was forecast.
	LabelUpcoming     = "include_upcoming"
	LabelSelection    = "selection"
	LabelPriceVersion = "price_version"
	// maxLabel is the longest label in bytes.
	maxLabel = 200
)

// options are the order's as core/pages takes them.
func (j *Jobs) pagesOptions(o Order, versions map[string]int) pages.Options {
	return pages.Options{
		PageType: o.PageType, Languages: o.Languages, IncludeUpcoming: o.IncludeUpcoming, Selection: o.Selection,
		Model: j.options.Model, Year: j.now().Year(), Versions: versions,
	}
}

// assemble reads the business's catalog and the numbers of its prompt templates.
func (j *Jobs) assemble(ctx context.Context, business string) (catalog.Catalog, map[string]int, error) {
	c, err := j.Catalog(ctx, business)
	if err != nil {
		return catalog.Catalog{}, nil, err
	}
	versions, err := j.promptVersions(ctx, business)
	return c, versions, err
}

// build makes the order's input and opens it. Errors: pages.Refusal, catalog.Problems, NotFound.
func (j *Jobs) build(ctx context.Context, business string, o Order) ([]byte, *pages.Plan, error) {
	c, versions, err := j.assemble(ctx, business)
	if err != nil {
		return nil, nil, err
	}
	input, err := pages.Build(c, j.pagesOptions(o, versions))
	if err != nil {
		return nil, nil, err
	}
	plan, err := pages.Open(input)
	return input, plan, err
}

// submission is the order as the engine takes it.
func (j *Jobs) submission(business string, o Order, input []byte, plan *pages.Plan) engine.Submission {
	return engine.Submission{
		Tenant: business, Kind: pages.Kind{}.Name(), Input: input, Cap: o.Budget, Lane: o.Lane, Deadline: o.Deadline, Labels: j.labels(plan),
	}
}

// check looks at what core/pages does not.
func (o Order) check() error {
	switch {
	case o.Lane != "" && o.Lane != cost.Realtime && o.Lane != cost.Batch && o.Lane != cost.Auto:
		return catalog.Problems{{Path: "/lane", Message: "this is no lane; use realtime, batch or auto"}}
	case o.Deadline < 0:
		return catalog.Problems{{Path: "/deadline", Message: "the deadline has passed; give a later one"}}
	case o.Lane == cost.Auto && o.Deadline == 0:
		return catalog.Problems{{Path: "/deadline", Message: "the lane auto needs a deadline; give one"}}
	case o.Budget < 0:
		return catalog.Problems{{Path: "/budget_usd", Message: "a budget is above zero"}}
	}
	return sane(o.Budget)
}

// MaxBudget is the most that somebody may give one job: more than the worst case of the largest one, and so little that no mistake with it
// uses up what can be counted for all.
const MaxBudget = 100_000 * cost.Dollar

// sane refuses a budget above MaxBudget.
func sane(budget cost.Pico) error {
	if budget > MaxBudget {
		return catalog.Problems{{Path: "/budget_usd", Code: catalog.CodeOutOfRange, Message: fmt.Sprintf("a job has a budget of at most %d USD", MaxBudget/cost.Dollar)}}
	}
	return nil
}

// labels describe the job to people and lists, so that its input need not be read for them.
func (j *Jobs) labels(plan *pages.Plan) map[string]string {
	made := map[string]string{}
	for name, value := range j.options.Labels {
		made[name] = value
	}
	languages := []string{}
	for _, language := range plan.Languages() {
		languages = append(languages, string(language))
	}
	made[LabelPageType], made[LabelLanguages] = string(plan.PageType()), strings.Join(languages, ",")
	made[LabelBusiness] = short(plan.Business().Name, maxLabel)
	labelled(made, plan)
	for _, t := range plan.Templates() {
		made[LabelTemplate+string(t.Language)] = t.ID + " " + strconv.Itoa(t.Version) + " " + t.SHA256
	}
	return made
}

// TemplatesOf are the prompt templates that the job was made with, without their texts, by its labels.
func TemplatesOf(j *job.Job) []pages.Template {
	list := []pages.Template{}
	for _, language := range catalog.Languages() {
		parts := strings.Fields(j.Labels[LabelTemplate+string(language)])
		if len(parts) != 3 {
			continue
		}
		if version, err := strconv.Atoi(parts[1]); err == nil {
			list = append(list, pages.Template{Language: language, ID: parts[0], Version: version, SHA256: parts[2]})
		}
	}
	return list
}

// short cuts a text to at most n bytes, at a character's edge.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// fresh is a Conflict unless the plan is the one that was looked at.
func (o Order) fresh(plan *pages.Plan) error {
	if o.PlanHash != "" && o.PlanHash != plan.HashText() {
		return fault.New(fault.Conflict, "the inputs have changed since the preview: look at it again")
	}
	return nil
}
