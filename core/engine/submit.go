package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxTasks is the largest job, MaxInput the largest input in bytes: it is committed at once, with all else of the job.
const (
	MaxTasks = 1_000_000
	MaxInput = 5 << 19
)

// Submission is what a caller asks for.
type Submission struct {
	// Tenant pays; 1 to 64 letters, digits, dashes and underscores.
	Tenant string
	// Kind names the sort of work, Input is what it opens, at most MaxInput bytes.
	Kind  string
	Input []byte
	// Cap is the most that the job may spend; 0 means the forecast's worst case.
	Cap cost.Pico
	// Lane is realtime (the default), batch or auto; a batch takes up to a day and costs half. Deadline is how long the job
	// may take, for the lane auto, which needs it, and for giving up on a provider that refuses; 0 means no deadline.
	Lane     cost.Lane
	Deadline time.Duration
	// Limits bound the attempts; zero values take the defaults: 3 judged, 5 unknown, 24 hours.
	Limits job.Limits
	// Key makes a repeated submission the same job; empty means every submission is a new job. Fingerprint says what the
	// key stands for; its zero value means tenant, kind, input, limits, cap, lane and deadline.
	Key         string
	Fingerprint idempotency.Fingerprint
	// Forecast is what Forecast has said, to be kept with the job and held against what it came to. Without it, and where
	// the plan is a job.Estimator, it is that of the lengths alone.
	Forecast Money
	// Labels are kept with the job, for people. At most 20, of at most 200 bytes each.
	Labels map[string]string
	// RequestID is the caller's name for the request; it is kept with all that follows from it.
	RequestID string
}

// Receipt is what Submit answers.
type Receipt struct {
	Job *job.Job
	// Repeated is true when the key had made the job before; nothing was done then.
	Repeated bool
}

// Submit makes a job of any size in one Update and sends its first messages. Errors: Invalid, Incomplete, Conflict (the
// key stands for another submission), Budget (the month does not have the cap), Unavailable (spending is switched off), and
// the store's. After an error whose
// outcome is unknown, submit again with the same key.
func (e *Engine) Submit(ctx context.Context, s Submission) (Receipt, error) {
	origin := originOf(ctx)
	if err := origin.check(); err != nil {
		return Receipt{}, err
	}
	plan, err := e.checkSubmission(s)
	if err != nil {
		return Receipt{}, err
	}
	draft, err := e.draft(s, plan)
	if err != nil {
		return Receipt{}, err
	}
	if draft.Lane == cost.Auto {
		if draft.BatchUntil, err = e.batchUntil(ctx, draft, plan); err != nil {
			return Receipt{}, err
		}
	}
	print := s.Fingerprint
	if print == (idempotency.Fingerprint{}) {
		print = idempotency.Of([]byte(s.Tenant), []byte(s.Kind), s.Input, marshal(s.Limits), []byte(s.Cap.String()), []byte(s.Lane), []byte(s.Deadline.String()))
	}
	receipt := Receipt{}
	err = e.Store.Update(ctx, submitKeys(s, draft), func(tx ports.Tx) error {
		receipt = Receipt{}
		known, err := repeated(tx, s, print, draft.CreatedAt)
		if err != nil || known != nil {
			receipt = Receipt{Job: known, Repeated: known != nil && known.ID != draft.ID}
			return err
		}
		receipt.Job, err = e.create(tx, s, print, *draft, origin)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	if receipt.Repeated {
		return receipt, nil
	}
	e.keep(e.remember(factsOf(receipt.Job)), plan, nil)
	e.observe(ctx, ports.Event{Name: ports.EventJobSubmitted, Tenant: s.Tenant, Job: string(receipt.Job.ID), RequestID: s.RequestID, Count: receipt.Job.Layout.Tasks, Amount: receipt.Job.Cap})
	// The job exists whatever becomes of the messages: the sweeper sends for what is queued and not leased.
	e.dispatch(ctx, receipt.Job)
	return receipt, nil
}

func (e *Engine) checkSubmission(s Submission) (job.Plan, error) {
	kind, known := e.kinds[s.Kind]
	switch {
	case !validID(s.Tenant):
		return nil, fault.New(fault.Invalid, "submit: tenant %.80q must be 1 to 64 letters, digits, - and _", s.Tenant)
	case !known:
		return nil, fault.New(fault.Invalid, "submit: kind %.80q is not known", s.Kind)
	case len(s.Input) > MaxInput:
		return nil, fault.New(fault.Invalid, "submit: the input has %d bytes, at most %d are allowed: split it into several jobs", len(s.Input), MaxInput)
	case s.Cap < 0:
		return nil, fault.New(fault.Invalid, "submit: cap %s must be above zero", s.Cap)
	case min(s.Limits.Judged, s.Limits.Unknown) < 0 || max(s.Limits.Judged, s.Limits.Unknown) > 1000 || s.Limits.GiveUpAfter < 0:
		return nil, fault.New(fault.Invalid, "submit: limits of attempts must be 1 to 1000, and the time to give up after above zero")
	case s.Lane != "" && s.Lane != cost.Realtime && s.Lane != cost.Batch && s.Lane != cost.Auto:
		return nil, fault.New(fault.Invalid, "submit: lane %.80q must be realtime, batch or auto", string(s.Lane))
	case (s.Lane == cost.Batch || s.Lane == cost.Auto) && e.Batch == nil:
		return nil, fault.New(fault.Invalid, "submit: this program has no batch lane: use realtime")
	case s.Deadline < 0 || s.Deadline == 0 && s.Lane == cost.Auto:
		return nil, fault.New(fault.Invalid, "submit: lane auto needs a deadline above zero, such as 2h")
	case len(s.Labels) > 20 || len(s.RequestID) > 200:
		return nil, fault.New(fault.Invalid, "submit: at most 20 labels, and a request id of at most 200 bytes")
	}
	for name, value := range s.Labels {
		if len(name) > 200 || len(value) > 200 {
			return nil, fault.New(fault.Invalid, "submit: label %.80q is longer than 200 bytes", name)
		}
	}
	if s.Key != "" {
		if err := idempotency.CheckKey(s.Key); err != nil {
			return nil, err
		}
	}
	plan, err := openPlan(kind, s.Input)
	if err != nil {
		return nil, err
	}
	if plan.Size() > MaxTasks {
		return nil, fault.New(fault.Invalid, "submit: %d tasks are more than %d: split the job", plan.Size(), MaxTasks)
	}
	return plan, nil
}

// draft is the job as it will be, but for the month's grant. A panic of the plan is an error.
func (e *Engine) draft(s Submission, plan job.Plan) (j *job.Job, err error) {
	defer func() {
		if v := recover(); v != nil {
			j, err = nil, fault.New(fault.Internal, "kind %s: the plan panicked: %v", s.Kind, v)
		}
	}()
	limits := e.limits(s.Limits)
	spend, lane := s.Cap, cost.Lane(cmp.Or(string(s.Lane), string(cost.Realtime)))
	model := ""
	if estimator, can := plan.(job.Estimator); can {
		model = estimator.Estimate().Model
	} else {
		model = plan.Request(0, job.Try{Attempt: 1}).Model
	}
	if err := e.options.Prices[0].Knows(model); err != nil {
		return nil, err
	}
	expected, err := e.expects(s, plan, limits, lane)
	if err != nil {
		return nil, err
	}
	if spend == 0 {
		if spend = expected.Worst; spend <= 0 {
			return nil, fault.New(fault.Internal, "submit: the plan estimates that it costs nothing: give a cap")
		}
	}
	layout := job.NewLayout(plan.Size(), e.options.ParcelSize)
	kind, now := e.kinds[s.Kind], e.Clock.Now().Truncate(time.Millisecond)
	deadline := time.Time{}
	if s.Deadline > 0 {
		deadline = now.Add(s.Deadline)
	}
	return &job.Job{
		Schema: job.Schema, ID: job.ID(e.IDs.NewID()), Tenant: s.Tenant,
		Kind: s.Kind, KindVersion: kind.Version(), PlanHash: plan.Hash(), Layout: layout,
		InputChunks: max(1, (len(s.Input)+ports.MaxBody-1)/ports.MaxBody), Model: model, Lane: lane, Deadline: deadline,
		Limits: limits, Forecast: expected, Labels: s.Labels, State: job.StatePending, Round: 1, Cap: spend,
		Ends: make([]*job.End, layout.Shards), RequestID: s.RequestID, CreatedAt: now,
	}, nil
}

// expects is the forecast to keep with the job; nil when there is none, and none is needed.
func (e *Engine) expects(s Submission, plan job.Plan, limits job.Limits, lane cost.Lane) (*job.Forecast, error) {
	_, cheap := plan.(job.Estimator)
	said := s.Forecast
	if said == (Money{}) && s.Cap > 0 && !cheap {
		return nil, nil
	}
	if said == (Money{}) || s.Cap == 0 {
		dearest := cost.Realtime
		if lane == cost.Batch {
			dearest = cost.Batch
		}
		f, err := e.forecast(plan, limits, dearest)
		if err != nil {
			return nil, err
		}
		if said == (Money{}) {
			said = f.Cost
		}
		said.Worst = f.Cost.Worst
	}
	return &job.Forecast{Expected: said.Expected, P95: said.P95, Worst: said.Worst}, nil
}
