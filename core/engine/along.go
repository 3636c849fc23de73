package engine

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Origin says who asks for a change of a job, and what is to be written along with it. Its zero value says nothing.
type Origin struct {
	// Actor and RequestID are kept with the events that the call writes into the job's history, as "actor" and
	// "request_id"; empty ones are not. The observer is told of what the call does under that RequestID, instead of the one
	// that made the job. One of its own also tells a call from another one that asks for the very same at the very same time.
	Actor, RequestID string
	// Along is run within the Update that carries out the call, after everything else was decided. What it writes is
	// committed with the change or not at all; its error refuses the call, and nothing is written. It may be nil.
	//
	//  1. It is given the job as it will be: for Submit as it is created, for SetSpending nil. It must not change it.
	//  2. It is run again whenever the decision is, so it must be a function of what it reads through tx, as every decision.
	//  3. It is run only if the call changes something: not for a repeated Submit or RetryScoped, not for the pause of a
	//     paused job, and not when a decision finds its own earlier write, with which it was committed. So a caller learns
	//     from whether it was run if there was anything to do.
	//  4. It may read and write at most 30 records, none of them the engine's.
	Along func(tx ports.Tx, j *job.Job) error
	// Before is shown the job as it stands, before anything is decided, by Cancel, Pause, Resume, SetCap, SetHidden, SetCapHidden, Retry and
	// RetryScoped, so that Along can tell what they change. It must not change the job, and is run again whenever the decision
	// is. It may be nil.
	Before func(j *job.Job)
	// Switched is shown the switch as it stood by SetSpending, in the same way.
	Switched func(was Switch)
}

// originKey is where a context has its Origin.
type originKey struct{}

// WithOrigin says who causes the calls that are made with the context: Submit, Cancel, Pause, Resume, Retry, RetryScoped,
// SetCap, SetHidden, SetCapHidden and SetSpending look at it.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is what WithOrigin has said; the zero value where nothing was.
func OriginOf(ctx context.Context) Origin { return originOf(ctx) }

func originOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// requestOf is the request that what happens now is told under: the origin's own, or the one that made the job.
func requestOf(ctx context.Context, made string) string { return cmp.Or(originOf(ctx).RequestID, made) }

// along runs what the caller wants written with the change.
func (o Origin) along(tx ports.Tx, j *job.Job) error {
	if o.Along == nil {
		return nil
	}
	return o.Along(tx, j)
}

// before shows the job as it stands.
func (o Origin) before(j *job.Job) {
	if o.Before != nil {
		o.Before(j)
	}
}

// signed returns the transaction whose events of jobs name the origin.
func (o Origin) signed(tx ports.Tx) ports.Tx {
	if o.Actor == "" && o.RequestID == "" {
		return tx
	}
	return signedTx{tx, o}
}

type signedTx struct {
	ports.Tx
	origin Origin
}

// Create implements ports.Tx.
func (t signedTx) Create(record ports.Record) {
	if record.Kind == kindEvent {
		record.Body = t.origin.sign(record.Body)
	}
	t.Tx.Create(record)
}

// sign adds the origin to an event of this package, which is one that can be read.
func (o Origin) sign(body []byte) []byte {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		panic("engine: an event does not unmarshal: " + err.Error())
	}
	if event.Data == nil {
		event.Data = map[string]string{}
	}
	if o.Actor != "" {
		event.Data["actor"] = o.Actor
	}
	if o.RequestID != "" {
		event.Data["request_id"] = o.RequestID
	}
	return marshal(event)
}

// check bounds what is kept with every event.
func (o Origin) check() error {
	if len(o.Actor) > 200 || len(o.RequestID) > 200 {
		return fault.New(fault.Invalid, "engine: actor and request id are at most 200 bytes each")
	}
	return nil
}
