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
	starts []time.Time
	// served counts all requests.
	served int
	// script, if set, says what happens to the nth call for a task, where no fault was drawn.
	script func(ordinal, n int) chance.Kind
}

// attempted is a task that calls are made for.
type attempted struct {
	job     job.ID
	ordinal int
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
		reply = ports.Reply{}
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
	if kind == chance.None && p.script != nil {
		kind = p.script(at.ordinal, p.counts[at])
	}
	if kind == chance.None && w.config.Refusing > 0 && w.percent(w.config.Refusing) && !w.calm {
		kind = chance.StopRefusal
	}
	if err := p.refuses(kind); err != nil {
		w.books.Refused(id, at.ordinal, fault.RetryAfter(err), kind == chance.SpendCap || kind == chance.Unauthorized)
		return ports.Reply{}, err
	}
	if err := ctx.Err(); err != nil {
		return ports.Reply{}, err // it was never sent
	}
	line := p.bills(at, r, kind)
	if line != nil {
		w.books.Billed(line)
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
	return ports.Reply{Answer: answer(r, line, kind)}, nil
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
	now := p.w.Now()
	for len(p.starts) > 0 && now.Sub(p.starts[0]) >= time.Minute {
		p.starts = p.starts[1:]
	}
	if len(p.starts) >= p.w.config.PerMinute {
		return fault.New(fault.Throttled, "sim: model: over the rate").After(p.starts[0].Add(time.Minute).Sub(now))
	}
	p.starts = append(p.starts, now)
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
	usage := cost.Usage{Input: 1 + p.w.roll().Int64N(work.InputTokens), Output: 1 + p.w.roll().Int64N(int64(r.MaxTokens))}
	if kind == chance.UsageAbove {
		usage.Input += 20_000 + p.w.roll().Int64N(200_000)
	}
	amount, err := cost.Prices().Cost(r.Model, cost.Realtime, usage)
	if err != nil {
		panic("world: " + err.Error())
	}
	if kind == chance.StopUnbilled {
		amount = 0
	}
	message := fmt.Sprintf("msg_%s_%d_%d", at.job, at.ordinal, p.counts[at])
	return &books.Line{
		Job: at.job, Tenant: p.w.books.Tenant(at.job), Ordinal: at.ordinal, Message: message, Usage: usage, Amount: amount,
		Text: work.Good + " " + message, At: p.w.Now(),
	}
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
