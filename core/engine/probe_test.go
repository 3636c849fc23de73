package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// probe is a kind of work whose answers say themselves how they want to be judged: "ok ...", "again CODE", "fail CODE",
// "odd", "panic", "huge".
type probe struct {
	version int
	// salt goes into the plan's hash; panics names the method that panics.
	salt, panics string
	// long is how many tokens a try may generate after a truncation; 0 for no more than the first.
	long int
	// other is the model that every second task asks for.
	other string
}

// task says what every request of a probe job is.
type probeInput struct {
	Name   string `json:"name"`
	Tasks  int    `json:"tasks"`
	Tokens int    `json:"tokens"`
	Model  string `json:"model"`
}

func (p probeInput) bytes() []byte {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return body
}

func (*probe) Name() string   { return "probe" }
func (k *probe) Version() int { return 1 + k.version }

func (k *probe) Open(input []byte) (job.Plan, error) {
	if k.panics == "open" {
		panic("no plan today")
	}
	var in probeInput
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, fault.New(fault.Invalid, "probe: %w", err)
	}
	if in.Tokens == 0 {
		in.Tokens = 1000
	}
	if in.Model == "" {
		in.Model = "claude-haiku-5-5"
	}
	return &probePlan{in, k}, nil
}

type probePlan struct {
	probeInput
	kind *probe
}

func (p *probePlan) Size() int { return p.Tasks }

func (p *probePlan) Hash() [32]byte {
	if p.kind.panics == "hash" {
		panic("no hash today")
	}
	return sha256.Sum256(append(p.bytes(), p.kind.salt...))
}

func (p *probePlan) Request(ordinal int, try job.Try) job.Request {
	if p.kind.panics == "request" {
		panic("no request today")
	}
	r := job.Request{Model: p.Model, System: p.Name, Prompt: strconv.Itoa(ordinal), MaxTokens: p.Tokens, InputBound: 1000}
	if p.kind.other != "" && ordinal%2 == 1 {
		r.Model = p.kind.other
	}
	if try.Last.Code == job.CodeOutputTruncated && p.kind.long > 0 {
		r.MaxTokens = p.kind.long
	}
	return r
}

func (p *probePlan) Accept(_ int, _ job.Try, answer job.Answer) job.Verdict {
	word, rest, _ := strings.Cut(answer.Text, " ")
	switch word {
	case "ok":
		return job.Verdict{Outcome: job.Accepted, Output: []byte(rest), Code: "IGNORED"}
	case "again":
		return job.Verdict{Outcome: job.Again, Code: job.Code(rest), Detail: "not good enough"}
	case "fail":
		return job.Verdict{Outcome: job.Failed, Code: job.Code(rest)}
	case "huge":
		return job.Verdict{Outcome: job.Accepted, Output: make([]byte, ports.MaxBody)}
	case "panic":
		panic("no verdict today")
	}
	return job.Verdict{Outcome: job.Outcome(answer.Text)}
}

// plea is one call as the oracle sees it: the nth at the task, from 1 on.
type plea struct {
	job        string
	ordinal, n int
	request    job.Request
}

// said is what the oracle does with a call.
type said struct {
	text string
	// usage is what it counted, by default 500 and 400 tokens; silent leaves it out of the answer, absurd sends nonsense.
	usage          cost.Usage
	silent, absurd bool
	// limits is what the provider says of its limits beside the answer or error.
	limits ports.Limits
	// tripped says that the adapter makes no calls for a while.
	tripped bool
	// unbilled says that the provider asks no money for the answer.
	unbilled bool
	// err is the refusal or failure; billed says that the work was done all the same.
	err    error
	billed bool
	// hang waits for the caller's deadline, took is how long an answer takes, until holds it back.
	hang  bool
	took  time.Duration
	until func() bool
	crash bool
	// lost says that nothing in the books need cover the call.
	lost bool
}

func ok() said               { return said{text: "ok"} }
func again(code string) said { return said{text: "again " + code} }
func failing(code string) said {
	return said{text: "fail " + code}
}

func refused(kind fault.Kind, after time.Duration) said {
	return said{err: fault.New(kind, "oracle: %s", kind).After(after)}
}

func unknown(billed bool) said {
	return said{err: fault.New(fault.Unavailable, "oracle: the line broke").MaybeDone(), billed: billed}
}

// billed is one line of the oracle's own bill.
type billed struct {
	job     string
	ordinal int
	message string
	amount  cost.Pico
	model   string
	usage   cost.Usage
	at      time.Time
	// lost is set when the store was rewound to before the call came back: nothing in the books need cover it.
	lost bool
	// answered is true when an answer with valid usage reached the caller.
	answered bool
}

// oracle plays the provider and keeps its own bill.
type oracle struct {
	w      *world
	script func(plea) said
	counts map[string]int
	bill   []billed
	// open is how many calls are under way, most the highest that it was; begun counts all.
	open, most, begun int
}

func (o *oracle) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	ordinal, _ := strconv.Atoi(r.Prompt)
	name := r.System + "/" + r.Prompt
	o.counts[name]++
	o.begun++
	o.open++
	o.w.checks.begins(r.System, ordinal)
	o.most = max(o.most, o.open)
	defer func() { o.open-- }()
	n := o.counts[name]
	s := o.script(plea{r.System, ordinal, n, r})
	if s.crash {
		panic("the model's client has a bug")
	}
	o.wait(ctx, s)
	line := billed{job: r.System, ordinal: ordinal, message: fmt.Sprintf("msg_%.20s_%s_%d", r.System, r.Prompt, n)}
	if s.usage == (cost.Usage{}) {
		s.usage = cost.Usage{Input: 500, Output: 400}
	}
	line.model, line.usage, line.at, line.lost = r.Model, s.usage, o.w.now, s.lost
	if s.err == nil || s.billed {
		line.amount, _ = cost.Prices().Cost(r.Model, cost.Realtime, s.usage)
	}
	if err := ctx.Err(); err != nil {
		o.bill = append(o.bill, line)
		return ports.Reply{}, err
	}
	if s.err != nil {
		o.bill = append(o.bill, line)
		return ports.Reply{Limits: s.limits, Tripped: s.tripped}, s.err
	}
	a := job.Answer{Text: s.text, Stop: job.StopEndTurn, Usage: s.usage, UsageOK: true, MessageID: line.message, RequestID: "req", Model: r.Model}
	if s.silent {
		a.UsageOK, a.Usage = false, cost.Usage{}
	}
	if s.absurd {
		a.Usage = cost.Usage{Input: -1, Output: 1 << 60}
	}
	if s.unbilled {
		a.Unbilled, line.amount = true, 0
	}
	line.answered = !s.silent && !s.absurd
	o.bill = append(o.bill, line)
	return ports.Reply{Answer: a, Limits: s.limits}, nil
}

func (o *oracle) wait(ctx context.Context, s said) {
	switch at, _ := ctx.Deadline(); {
	case s.hang:
		o.w.park(func() bool { return ctx.Err() != nil }, at)
	case s.until != nil:
		o.w.park(func() bool { return s.until() || ctx.Err() != nil }, at)
	case s.took > 0:
		_ = o.w.Sleep(ctx, o.w.now.Add(s.took))
	default:
		o.w.giveWay()
	}
}
