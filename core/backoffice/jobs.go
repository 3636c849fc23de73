package backoffice

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/cost"
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
	// snapshots are what jobs run on, nil for those that cannot be opened.
	snapshots map[job.ID]*Snapshot
	// months are what was spent, by business and month.
	months map[string]monthSpent
}

// NewJobs returns the jobs of an office. Both must share a store.
func NewJobs(o *Office, e *engine.Engine, options *JobOptions) *Jobs {
	j := &Jobs{Office: o, Engine: e, looks: map[job.ID]look{}, snapshots: map[job.ID]*Snapshot{}, months: map[string]monthSpent{}}
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

// Find reads the header of a business's job. It is fault.NotFound when there is none, or it is another business's. Who may ask at all,
// MayReadJobs says.
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
	line := j.line(by, a, AuditOK)
	var was any
	return engine.WithOrigin(ctx, engine.Origin{
		Actor: by.Principal, RequestID: by.RequestID, Before: func(one *job.Job) { was = judged(one) },
		Along: func(tx ports.Tx, one *job.Job) error {
			if changed != nil {
				*changed = true
			}
			if more != nil {
				if err := more(tx, one); err != nil {
					return err
				}
			}
			line := line
			if line.Target.ID == "" {
				line.Target.ID = string(one.ID)
			}
			var n note
			n.changed(was, judged(one))
			line.write(tx, n)
			return nil
		},
	})
}

// judgedJob is what people decide about a job, under the names of its answers, for the trail.
type judgedJob struct {
	PageType     string            `json:"page_type"`
	Pages        int               `json:"total_pages"`
	Budget       cost.Pico         `json:"budget_usd"`
	Status       job.State         `json:"status"`
	PauseReasons []job.PauseReason `json:"pause_reasons"`
	Cancelled    time.Time         `json:"cancel_requested_at"`
	Round        int               `json:"round"`
	Hidden       bool              `json:"is_hidden"`
}

func judged(one *job.Job) judgedJob {
	return judgedJob{
		PageType: one.Labels[LabelPageType], Pages: one.Layout.Tasks, Budget: one.Cap, Status: one.State, PauseReasons: slices.Clone(one.Pauses),
		Cancelled: one.CancelledAt, Round: one.Round, Hidden: one.Hidden,
	}
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
