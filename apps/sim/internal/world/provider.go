package world

import (
	"context"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// clientBug is the panic of a model's client, which the engine must survive.
const clientBug = "call panicked: the model's client has a bug"

// provider plays the model and keeps its own bill. A request is billed when its work begins, whatever becomes of it.
type provider struct {
	w      *World
	counts map[attempted]int
	limits limits
	// kept are the prefixes that it keeps, and until when.
	kept map[string]time.Time
	// weather is what happens to most calls for a while; none when all is well.
	weather chance.Kind
	// served counts all requests, and the lines of batches that were answered.
	served int
	// script, if set, says what happens to the nth call for a task, where no fault was drawn.
	script func(ordinal, n int) chance.Kind
}

// attempted is a task that calls are made for.
type attempted struct {
	job     job.ID
	ordinal int
}

func newProvider(w *World) *provider {
	return &provider{w: w, counts: map[attempted]int{}, kept: map[string]time.Time{}, limits: newLimits(w)}
}

// modelPort is a machine's way to the provider.
type modelPort struct{ m *Machine }

var _ ports.Model = modelPort{}

// Call implements ports.Model.
func (p modelPort) Call(ctx context.Context, r job.Request) (reply ports.Reply, err error) {
	w, ordinal := p.m.w, work.Ordinal(r)
	id := w.task().job
	name := fmt.Sprintf("%s/%d", id, ordinal)
	p.begins(id, ordinal)
	err = p.m.call(ctx, chance.ModelCall, "Model.Call", name, func(kind chance.Kind) error {
		reply, err = w.provider.serve(ctx, p.m, id, r, kind)
		return err
	})
	if err != nil {
		reply.Answer = job.Answer{}
	}
	return reply, err
}

// begins lets the books look at a call before anything else moves.
func (p modelPort) begins(id job.ID, ordinal int) {
	w, t := p.m.w, p.m.w.task()
	read := false
	if t != nil {
		read = w.books.ReadClosed(id, ordinal, t.closed)
	}
	slack := time.Duration(0)
	if w.config.Wild || p.m.host.Offset != 0 {
		slack = 2 * Margin
	}
	if batch := w.batches.under(id, ordinal); batch != "" && !w.config.Wild && w.generations == nil {
		w.books.Fail("job %s: a call for task %d is begun, and batch %s has it", id, ordinal, batch)
	}
	w.tally.Calls++
	w.books.Begins(books.Begin{
		Job: id, Ordinal: ordinal, Clock: p.m.host.Now(), ReadClosed: read, Slack: slack,
		Mine: func(o job.Owner) bool { return w.ids.owners[ports.Token(o)] == p.m },
	})
}

// serve is what the provider does with a request.
func (p *provider) serve(ctx context.Context, m *Machine, id job.ID, r job.Request, kind chance.Kind) (ports.Reply, error) {
	w := p.w
	at := attempted{id, work.Ordinal(r)}
	p.counts[at]++
	p.served++
	kind = p.fate(at, kind)
	if err := p.refuses(kind); err != nil {
		w.books.Refused(id, at.ordinal, fault.RetryAfter(err), kind == chance.SpendCap || kind == chance.Unauthorized)
		return ports.Reply{Limits: p.limits.told()}, err
	}
	if err := ctx.Err(); err != nil {
		return ports.Reply{}, err // it was never sent
	}
	line := p.bills(at, r, kind)
	if line != nil {
		w.books.Billed(line)
		p.limits.take(line.Usage)
	}
	switch kind {
	case chance.Panic:
		panic("the model's client has a bug")
	case chance.HangBilled:
		_ = m.host.Sleep(ctx, m.host.Now().Add(24*time.Hour))
		return ports.Reply{}, ctx.Err()
	}
	if most := w.config.Latency; most > 0 {
		if err := m.host.Sleep(ctx, m.host.Now().Add(w.between(0, most))); err != nil {
			return ports.Reply{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return ports.Reply{}, err
	}
	switch kind {
	case chance.Error500, chance.Gateway504, chance.ResetAfter:
		return ports.Reply{}, fault.New(fault.Unavailable, "sim: model: %s", kind).MaybeDone()
	}
	return ports.Reply{Answer: answer(r, line, kind), Limits: p.limits.told()}, nil
}

// fate is what becomes of a call for which no fault was drawn.
func (p *provider) fate(at attempted, kind chance.Kind) chance.Kind {
	w := p.w
	if kind == chance.None && p.script != nil {
		kind = p.script(at.ordinal, p.counts[at])
	}
	if kind != chance.None || w.calm {
		return kind
	}
	switch {
	case p.weather != chance.None && w.percent(95):
		return p.weather
	case w.config.Unsteady > 0 && w.percent(w.config.Unsteady):
		return chance.ResetAfter
	case w.config.Refusing > 0 && w.percent(w.config.Refusing):
		return chance.StopRefusal
	}
	return kind
}

// refuses are the faults before any work, which nothing is billed for.
func (p *provider) refuses(kind chance.Kind) error {
	switch kind {
	case chance.Throttle:
		return fault.New(fault.Throttled, "sim: model: 429")
	case chance.ThrottleAfter:
		return fault.New(fault.Throttled, "sim: model: 429").After(p.w.between(time.Second, 3*time.Minute))
	case chance.SpendCap:
		return fault.New(fault.SpendCap, "sim: model: spend cap")
	case chance.Overloaded:
		return fault.New(fault.Overloaded, "sim: model: 529")
	case chance.Unauthorized:
		return fault.New(fault.Unauthorized, "sim: model: 401")
	case chance.Rejected:
		return fault.New(fault.Rejected, "sim: model: 400")
	case chance.ResetBefore, chance.LostRequest:
		return fault.New(fault.Unavailable, "sim: model: no connection")
	}
	if left := p.limits.begin(); left > 0 {
		p.w.reach.Hit(chance.ProviderItself, chance.OverRate)
		return fault.New(fault.Throttled, "sim: model: over the rate").After(left)
	}
	return nil
}

// bills is the line on the bill: none where a server's error may have come before the work.
func (p *provider) bills(at attempted, r job.Request, kind chance.Kind) *books.Line {
	switch kind {
	case chance.Error500, chance.Gateway504, chance.HangBilled, chance.Panic:
		if p.w.percent(50) {
			return nil
		}
	}
	return p.line(at, r, cost.Realtime, kind)
}

// line is what a request costs.
func (p *provider) line(at attempted, r job.Request, lane cost.Lane, kind chance.Kind) *books.Line {
	usage := p.usage(r)
	if kind == chance.UsageAbove {
		usage.Input += 20_000 + p.w.roll().Int64N(200_000)
	}
	amount, err := cost.Prices().Cost(r.Model, lane, usage)
	if err != nil {
		panic("world: " + err.Error())
	}
	if kind == chance.StopUnbilled {
		amount = 0
	}
	message := fmt.Sprintf("msg_%s_%d_%d", at.job, at.ordinal, p.counts[at])
	return &books.Line{
		Job: at.job, Tenant: p.w.books.Tenant(at.job), Ordinal: at.ordinal, Message: message, Lane: lane, Usage: usage, Amount: amount,
		Text: work.Good + " " + message, At: p.w.Now(),
	}
}

// usage draws what a request takes. What comes first in prompts of a job is written once and then read, for as long as the
// provider keeps it.
func (p *provider) usage(r job.Request) cost.Usage {
	w := p.w
	u := cost.Usage{Input: 1 + w.roll().Int64N(work.InputTokens), Output: 1 + w.roll().Int64N(int64(r.MaxTokens))}
	if !profiled(&r) {
		return u
	}
	u.Input = 1 + w.roll().Int64N(work.InputTokens-work.PrefixTokens)
	keep := 5 * time.Minute
	if r.Cache == cost.Cache1h {
		keep = time.Hour
	}
	switch until := p.kept[r.System]; {
	case until.After(w.Now()):
		w.reach.Hit(chance.ProviderItself, chance.PrefixRead)
		u.CacheRead = work.PrefixTokens
		w.tally.Warm++
	case r.Cache == cost.Cache1h:
		u.CacheWrite1h = work.PrefixTokens
	default:
		w.reach.Hit(chance.ProviderItself, chance.PrefixWritten)
		u.CacheWrite5m = work.PrefixTokens
	}
	p.kept[r.System] = w.Now().Add(keep)
	return u
}

// answer is what comes back for a request that was billed.
func answer(r job.Request, line *books.Line, kind chance.Kind) job.Answer {
	a := job.Answer{
		Text: line.Text, Stop: job.StopEndTurn, Usage: line.Usage, UsageOK: true, MessageID: line.Message, RequestID: "req", Model: r.Model,
	}
	stops := map[chance.Kind]job.StopReason{
		chance.StopMax: job.StopMaxTokens, chance.StopSequence: job.StopSequence, chance.StopTool: job.StopToolUse,
		chance.StopPause: job.StopPauseTurn, chance.StopRefusal: job.StopRefusal, chance.StopUnbilled: job.StopRefusal,
		chance.StopContext: job.StopContextWindow, chance.StopUnknown: "daydream",
	}
	if stop, is := stops[kind]; is {
		a.Stop = stop
	}
	switch kind {
	case chance.Malformed:
		a.Text = work.Malformed
	case chance.WrongSchema:
		a.Text = work.Schema
	case chance.EmptyContent:
		a.Text = ""
	case chance.OtherModel:
		a.Model = "claude-other"
	case chance.StopUnbilled:
		a.Unbilled = true
	case chance.UsageMissing:
		a.Usage, a.UsageOK = cost.Usage{}, false
	case chance.UsageNegative:
		a.Usage = cost.Usage{Input: -5, Output: 1 << 60}
	}
	return a
}

// change lets the weather change: for a while most calls fail, and then none does.
func (w *World) change() {
	if !w.config.Outages {
		return
	}
	kinds := []chance.Kind{chance.Overloaded, chance.Error500, chance.ResetBefore, chance.HangBilled}
	for w.rest(30*time.Second, 20*time.Minute) && !w.calm {
		kind := kinds[w.roll().IntN(len(kinds))]
		w.reach.Hit(chance.ProviderItself, chance.Outage)
		w.note("provider", "outage", string(kind), "")
		w.provider.weather = kind
		w.rest(20*time.Second, 8*time.Minute)
		w.provider.weather = chance.None
		w.note("provider", "outage over", "", "")
	}
}
