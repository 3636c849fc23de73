package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

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
}

// Inspect reads how the deployment is set, and no secret of it. An error means that it could not look, not that something is
// wrong.
func (c *Clients) Inspect(ctx context.Context, a Access) (*Report, error) {
	i := &inspector{Clients: c, access: a, report: &Report{}}
	for _, step := range []func(context.Context) error{i.functions, i.table, i.queues, i.key} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return i.report, nil
}

// functions reads what the three functions are told.
func (i *inspector) functions(ctx context.Context) error {
	worker, err := i.function(ctx, i.access.Stage, "worker")
	if err != nil {
		return err
	}
	if err := i.readWorker(worker); err != nil {
		return err
	}
	sweeper, err := i.other(ctx, worker, "sweeper", "MB_MARGIN")
	if err == nil && sweeper != nil {
		_, broken := settings.FromMap[settings.Sweeper](sweeper.variables)
		i.broken(sweeper, broken)
	}
	if err != nil {
		return err
	}
	api, err := i.other(ctx, worker, "api")
	if err == nil && api != nil {
		told, broken := settings.FromMap[settings.API](api.variables)
		i.broken(api, broken)
		i.report.Deployed.AllowedEmails, i.report.Deployed.AllowedDomains = told.AllowedEmails, told.AllowedDomains
	}
	return err
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
