package main

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// The limits of attempts that --max-attempts raises.
	leastJudged, leastUnknown = 3, 5
	mostAttempts              = 1000
)

// requestFlags say what a job makes.
type requestFlags struct {
	catalog, pageType, lang, model, key string
	lane                                string
	deadline                            time.Duration
	maxAttempts                         int
	cap                                 amount
}

func (f *requestFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.catalog, "catalog", "", "catalog `FILE` of the business, YAML or JSON; required")
	flags.StringVar(&f.pageType, "page-type", "", "`TYPE` of the pages, required: keyword-service-area, keyword-location, "+
		"service-service-area, service-location, blog-service-area, blog-location")
	flags.StringVar(&f.lang, "lang", "all", "pages in `LANG`: en, es, or all that the business has enabled")
	flags.StringVar(&f.model, "model", "", "let the model with this `ID` write the pages (default "+defaultModels()+")")
	flags.IntVar(&f.maxAttempts, "max-attempts", leastJudged, "`N` from 1 to 1000 raises, where it is larger, the limits of judged answers (3) and of unknown outcomes (5) per page")
	f.cap.define(flags, "cap", "most that the job may spend, in `USD` (default: the forecast's worst case)")
	flags.StringVar(&f.lane, "lane", string(cost.Realtime), "`LANE` of the calls: one by one (realtime), in batches at half the price that may take a day (batch), "+
		"or in batches for as long as the deadline allows (auto)")
	flags.DurationVar(&f.deadline, "deadline", 0, "be done within `TIME`, such as 2h: needed by --lane auto; a provider that refuses is not waited for beyond it")
	flags.StringVar(&f.key, "key", "", "name of this order: the same `KEY` continues or shows the same job, and pays nothing twice")
}

// request is a checked order: nothing of it can fail any more but for money and the store.
type request struct {
	catalog    catalog.Catalog
	plan       *pages.Plan
	submission engine.Submission
}

// defaultModels names the models of the page types.
func defaultModels() string {
	var names []string
	for _, t := range catalog.PageTypes() {
		if name := pages.DefaultModel(t); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ") + ", by the page type"
}

// choice checks the flags by themselves, before any file but the price table is read.
func (f *requestFlags) choice(flags *pflag.FlagSet, prices *cost.Table, now time.Time) (pages.Options, job.Limits, cost.Pico, error) {
	o := pages.Options{PageType: f.pageType, Model: f.model, Year: now.Year()}
	if f.catalog == "" {
		return o, job.Limits{}, 0, invalid("--catalog is missing: name the catalog file of the business")
	}
	pageType, known := catalog.ParsePageType(f.pageType)
	if !known {
		return o, job.Limits{}, 0, invalid("--page-type %q is no page type: give %s", f.pageType, listed(catalog.PageTypes()))
	}
	switch f.lang {
	case "en", "es":
		o.Languages = []catalog.Language{catalog.Language(f.lang)}
	case "all":
	default:
		return o, job.Limits{}, 0, invalid("--lang %q is no language: give en, es or all", f.lang)
	}
	if o.Model == "" && !flags.Changed("model") {
		o.Model = pages.DefaultModel(pageType)
	}
	if err := prices.Knows(o.Model); err != nil {
		return o, job.Limits{}, 0, invalid("--model: %s", plain(err))
	}
	if err := between("max-attempts", f.maxAttempts, 1, mostAttempts); err != nil {
		return o, job.Limits{}, 0, err
	}
	if flags.Changed("key") {
		if err := idempotency.CheckKey(f.key); err != nil {
			return o, job.Limits{}, 0, invalid("--key: %s", plain(err))
		}
	}
	if err := f.checkLane(flags); err != nil {
		return o, job.Limits{}, 0, err
	}
	limits := job.Limits{Judged: max(leastJudged, f.maxAttempts), Unknown: max(leastUnknown, f.maxAttempts)}
	limit, err := f.cap.pico(flags)
	return o, limits, limit, err
}

// checkLane checks how the calls are to be made.
func (f *requestFlags) checkLane(flags *pflag.FlagSet) error {
	if f.lane == "" && !flags.Changed("lane") {
		f.lane = string(cost.Realtime)
	}
	switch lane := cost.Lane(f.lane); {
	case lane != cost.Realtime && lane != cost.Batch && lane != cost.Auto:
		return invalid("--lane %q is no lane: give realtime, batch or auto", f.lane)
	case flags.Changed("deadline") && f.deadline <= 0:
		return invalid("--deadline %s is out of range: give a time above 0, such as 2h", f.deadline)
	case lane == cost.Auto && f.deadline == 0:
		return invalid("--lane auto needs --deadline: give the time that the job may take, such as 2h")
	}
	return nil
}

func listed[T ~string](values []T) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// read checks the whole order: flags, catalog, and whether pages can be made of it.
func (f *requestFlags) read(flags *pflag.FlagSet, prices *cost.Table, now time.Time) (*request, error) {
	options, limits, limit, err := f.choice(flags, prices, now)
	if err != nil {
		return nil, err
	}
	c, canonical, err := catalogfile.Load(f.catalog)
	if err != nil {
		return nil, err
	}
	input, err := pages.Build(c, options)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "%s: %w", f.catalog, err)
	}
	plan, err := pages.Open(input)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "%s: %w", f.catalog, err)
	}
	return &request{catalog: c, plan: plan, submission: engine.Submission{
		Tenant: c.Business.ID, Kind: pages.Kind{}.Name(), Input: input, Cap: limit, Limits: limits, Lane: cost.Lane(f.lane), Deadline: f.deadline,
		Key: f.key, Fingerprint: fingerprint(canonical, plan, cost.Lane(f.lane), limits),
	}}, nil
}

// fingerprint is what a key stands for: the catalog, the pages, who writes them and how often. Cap, store and output are
// no part of it, so that the same order can be given again with other ones.
func fingerprint(canonical []byte, plan *pages.Plan, lane cost.Lane, limits job.Limits) idempotency.Fingerprint {
	what, err := json.Marshal(struct {
		PageType  catalog.PageType
		Languages []catalog.Language
		Model     string
		Lane      cost.Lane
		Attempts  int
	}{plan.PageType(), plan.Languages(), plan.Model(), lane, limits.Judged})
	if err != nil {
		panic("mb: texts and numbers do not marshal: " + err.Error())
	}
	return idempotency.Of(canonical, what)
}

// The names of the labels that a job carries: what is needed to write its pages again, and to tell it from others.
const (
	labelType, labelLanguages, labelBusiness = "page_type", "languages", "business"
	labelOut, labelFormat, labelProvider     = "out", "format", "provider"
	// The values of labelProvider.
	bySimulator, byClaude = "simulator", "claude"
	// maxLabel is the longest label in bytes.
	maxLabel = 200
)

// labels describes the job. A folder with too long a name is left out: it is then asked for again.
func labels(r *request, out outFlags, p *provider) map[string]string {
	made := map[string]string{
		labelType: string(r.plan.PageType()), labelBusiness: short(r.plan.Business().Name, maxLabel),
		labelLanguages: joined(r.plan.Languages()), labelFormat: out.format, labelProvider: byClaude,
	}
	if p.simulated {
		made[labelProvider] = bySimulator
	}
	if dir := out.absolute(); dir != "" && len(dir) <= maxLabel {
		made[labelOut] = dir
	}
	return made
}

func joined(languages []catalog.Language) string {
	names := make([]string, len(languages))
	for i, l := range languages {
		names[i] = string(l)
	}
	slices.Sort(names)
	return strings.Join(names, ",")
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
