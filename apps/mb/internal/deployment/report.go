package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Report is what an inspection of a deployment has read.
type Report struct {
	// Deployed is the deployment, but for what the records of its table say.
	Deployed settings.Deployed
	// Whole is false when the worker's settings could not be read: then Deployed shows nothing of them.
	Whole bool
	// Problems are those that no relation tells: what is not there, broken, or told to two functions differently.
	Problems []settings.Problem
	// Table is the table that was looked at.
	Table string
	// Unseen says what could not be looked at, and why: what they are about counts as right.
	Unseen []string
	// Figures describe the deployment to a person.
	Figures []Figure
}

// Figure is one line of the description: what it is about, and what was found.
type Figure struct{ Name, Text string }

func (r *Report) figure(name, format string, args ...any) {
	r.Figures = append(r.Figures, Figure{name, fmt.Sprintf(format, args...)})
}

func (r *Report) problem(setting, value, wants, advice string) {
	r.Problems = append(r.Problems, settings.Problem{Setting: setting, Value: value, Wants: wants, Advice: advice})
}

// inspector reads one deployment.
type inspector struct {
	*Clients
	access Access
	report *Report
	worker settings.Worker
	// sweeperARN is the sweeper's by its alias, empty when it is not there; sweeperTimeout is the function's.
	sweeperARN     string
	sweeperTimeout time.Duration
	// lost is the first error that leaves nothing to look at.
	lost error
}

// Inspect reads how the deployment is set, and no secret of it. What it may not read it notes and goes on. An error means
// that it could look at nothing, not that something is wrong.
func (c *Clients) Inspect(ctx context.Context, a Access) (*Report, error) {
	i := &inspector{Clients: c, access: a, report: &Report{}}
	for _, step := range []func(context.Context) error{i.functions, i.table, i.queues, i.schedule, i.key} {
		i.look(step(ctx))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if i.lost != nil {
			return nil, i.lost
		}
	}
	return i.report, nil
}

// look notes what could not be read. Without a table, or an answer, there is nothing to look at.
func (i *inspector) look(err error) {
	if err == nil {
		return
	}
	if kind := fault.KindOf(err); i.lost == nil && (kind == fault.Unavailable || kind == fault.Invalid || i.report.Table == "") {
		i.lost = err
	}
	i.report.Unseen = append(i.report.Unseen, line(err))
}

// name is a function's.
func (i *inspector) name(part string) string { return "marketbrewer-" + i.access.Stage + "-" + part }

// sweeps is how often the sweeper runs at once: for its schedule, and for two batches of dead letters.
const sweeps = 3

// functions reads what the three functions are told.
func (i *inspector) functions(ctx context.Context) error {
	i.worker.Table, i.report.Table = i.access.Table, i.access.Table
	worker, err := i.function(ctx, i.access.Stage, "worker")
	if err != nil {
		return err
	}
	if err := i.readWorker(worker); err != nil {
		return err
	}
	i.look(i.sweeper(ctx, worker))
	i.look(i.api(ctx, worker))
	i.look(i.concurrency(ctx, "worker", i.report.Deployed.MaxConcurrency))
	return nil
}

func (i *inspector) sweeper(ctx context.Context, worker *function) error {
	f, err := i.other(ctx, worker, "sweeper", "MB_MARGIN")
	if err != nil || f == nil {
		return err
	}
	_, broken := settings.FromMap[settings.Sweeper](f.variables)
	i.broken(f, broken)
	i.sweeperTimeout = seconds(f.Timeout)
	if parts := strings.Split(aws.ToString(f.FunctionArn), ":"); len(parts) >= 7 {
		i.sweeperARN = strings.Join(append(parts[:7], alias), ":")
	}
	return i.concurrency(ctx, "sweeper", sweeps)
}

func (i *inspector) api(ctx context.Context, worker *function) error {
	i.report.Deployed.AllowedDomains = []string{"unseen"} // as long as nothing else is seen
	f, err := i.other(ctx, worker, "api")
	if err != nil {
		return err
	}
	i.report.Deployed.AllowedDomains = nil
	if f == nil {
		return nil
	}
	told, broken := settings.FromMap[settings.API](f.variables)
	i.broken(f, broken)
	i.report.Deployed.AllowedEmails, i.report.Deployed.AllowedDomains = told.AllowedEmails, told.AllowedDomains
	return i.concurrency(ctx, "api", 1)
}

// readWorker takes what the worker is told, and what Lambda is told of it.
func (i *inspector) readWorker(f *function) error {
	told, err := settings.FromMap[settings.Worker](f.variables)
	i.worker, i.report.Whole = told, told.Lease > 0 // the lease is filled in last
	i.report.Deployed = told.Deployed()
	i.report.Deployed.FunctionTimeout = seconds(f.Timeout)
	i.broken(f, err)
	i.worker.Table = cmp.Or(i.access.Table, told.Table)
	i.report.Table = i.worker.Table
	i.report.figure("worker", "%s, timeout %s, %d MB, %d calls of up to %s at once", f.name, i.report.Deployed.FunctionTimeout, number(f.MemorySize),
		told.Calls.Calls, told.CallTimeout)
	if i.worker.Table == "" {
		return fault.New(fault.Invalid, "%s is not told which table it has: deploy the stack again (docs/deploy.md), or name the table with --table", f.name)
	}
	return nil
}

// other reads a function beside the worker, which must be told the same of what they share.
func (i *inspector) other(ctx context.Context, worker *function, part string, more ...string) (*function, error) {
	f, err := i.function(ctx, i.access.Stage, part)
	if errors.Is(err, fault.NotFound) {
		i.report.problem("function marketbrewer-"+i.access.Stage+"-"+part, "not there", "deployed, with the alias live", "deploy the stack again (docs/deploy.md)")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range append(more, "MB_TABLE", "MB_QUEUE_URL", "MB_EPOCH", "MB_PRICES", "MB_REQUIRE_BUDGET") {
		if told, wants := f.variables[name], worker.variables[name]; told != wants {
			i.report.problem(name+" of "+f.name, quoted(told), quoted(wants)+", as the worker's", "deploy the stack again: functions on one table must agree")
		}
	}
	return f, nil
}

func quoted(value string) string {
	if value == "" {
		return "not set"
	}
	if len(value) > 100 {
		return "a text of " + fmt.Sprint(len(value)) + " bytes"
	}
	return value
}

// broken notes what a function would refuse to start with. What a relation says too is left to it, and so is the lease: its
// relation is the same demand.
func (i *inspector) broken(f *function, err error) {
	if err == nil {
		return
	}
	known := map[string]bool{}
	for _, p := range settings.Relations(i.report.Deployed, settings.Process) {
		known[p.String()] = true
	}
	for text := range strings.Lines(err.Error()) {
		text = strings.TrimSpace(text)
		if !known[text] && (!i.report.Whole || !strings.HasPrefix(text, "MB_LEASE ")) {
			i.report.problem("environment of "+f.name, "", "", text)
		}
	}
}
