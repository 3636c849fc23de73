package backoffice

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// JobOptions are settings of Jobs. Each zero value means the default that its comment names.
type JobOptions struct {
	// Model writes all pages. Default: pages.DefaultModel of the page type.
	Model string
	// MaxLive is how many jobs of one business may be under way at once. Default 3.
	MaxLive int
	// Pace is what forecasts of time rest on, Source whose earlier answers all forecasts rest on.
	Pace   engine.Pace
	Source string
	// Labels are put on every job.
	Labels map[string]string
	// RequireBudget says that the engine refuses jobs of businesses without a budget, so that forecasts say it too.
	RequireBudget bool
	// Plans is how many opened jobs are kept in memory for reading. Default 8.
	Plans int
}

// Jobs joins the office to the engine: what staff do with jobs. It is safe for concurrent use.
type Jobs struct {
	*Office
	Engine  *engine.Engine
	options JobOptions

	mu    sync.Mutex
	plans []openPlan
	facts factCache
	looks map[job.ID]look
	// months are what was spent, by business and month.
	months map[string]monthSpent
}

// NewJobs returns the jobs of an office. Both must share a store.
func NewJobs(o *Office, e *engine.Engine, options *JobOptions) *Jobs {
	j := &Jobs{Office: o, Engine: e, looks: map[job.ID]look{}, months: map[string]monthSpent{}}
	if options != nil {
		j.options = *options
	}
	if j.options.MaxLive <= 0 {
		j.options.MaxLive = 3
	}
	if j.options.Plans <= 0 {
		j.options.Plans = 8
	}
	return j
}

// MaxLive is how many jobs of one business may be under way at once.
func (j *Jobs) MaxLive() int { return j.options.MaxLive }

func (j *Jobs) pace() engine.Pace {
	pace := j.options.Pace
	if j.options.Source != "" {
		pace.Source = j.options.Source
	}
	return pace
}

// Find reads the header of a business's job. It is fault.NotFound when there is none, or it is another business's.
func (j *Jobs) Find(ctx context.Context, business string, id job.ID) (*job.Job, error) {
	found, err := j.Engine.Job(ctx, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && found.Tenant != business {
		return nil, noJob()
	}
	return found, err
}

func noJob() error { return fault.New(fault.NotFound, "there is no such job") }

func jobTarget(business string, id job.ID) Target {
	return Target{Type: "job", ID: string(id), Business: business}
}

// PageID names a page of a job.
func PageID(id job.ID, ordinal int) string { return string(id) + "-" + strconv.Itoa(ordinal) }

// origin is who causes an engine call: the line of the trail is written with what the call changes, after more has been
// decided. Changed is set when the call did change something.
func (j *Jobs) origin(ctx context.Context, by Caller, a Action, changed *bool, more func(tx ports.Tx, one *job.Job) error) context.Context {
	line := j.Along(by, a)
	return engine.WithOrigin(ctx, engine.Origin{
		Actor: by.Principal, RequestID: by.RequestID,
		Along: func(tx ports.Tx, one *job.Job) error {
			if changed != nil {
				*changed = true
			}
			if more != nil {
				if err := more(tx, one); err != nil {
					return err
				}
			}
			id := ""
			if one != nil {
				id = string(one.ID)
			}
			return line(tx, id)
		},
	})
}

// reason makes somebody's reason one short line.
func reason(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return short(strings.Join(strings.Fields(s), " "), maxLabel)
}

// is reports whether the error is of the kind.
func is(err error, kind fault.Kind) bool { return errors.Is(err, kind) }
