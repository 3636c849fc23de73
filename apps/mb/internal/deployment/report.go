package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

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
	// parts are what was found so far.
	parts  settings.Parts
	worker settings.Worker
	// sweeperARN is the sweeper's by its alias, empty when it is not there.
	sweeperARN string
	// lost is the first error that leaves nothing to look at.
	lost error
}

// Inspect reads how the deployment is set, and no secret of it. What it may not read it notes and goes on. An error means
// that it could look at nothing, not that something is wrong.
func (c *Clients) Inspect(ctx context.Context, a Access) (*Report, error) {
	i := &inspector{Clients: c, access: a, report: &Report{}, parts: settings.Parts{Mend: "deploy the stack again (docs/deploy.md)"}}
	for _, step := range []func(context.Context) error{i.functions, i.table, i.queues, i.schedule, i.key} {
		i.look(step(ctx))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if i.lost != nil {
			return nil, i.lost
		}
	}
	i.report.Problems = append(i.report.Problems, settings.Fit(i.parts)...)
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

// functions reads what the three functions are told.
func (i *inspector) functions(ctx context.Context) error {
	i.worker.Table, i.report.Table = i.access.Table, i.access.Table
	// What cannot be read has a name all the same, by which its mappings are found.
	i.parts.Worker, i.parts.Sweeper, i.parts.API = i.unread("worker"), i.unread("sweeper"), i.unread("api")
	worker, err := i.function(ctx, i.access.Stage, "worker")
	if err != nil {
		return err
	}
	i.parts.Worker = part(worker)
	if err := i.readWorker(worker); err != nil {
		return err
	}
	i.look(i.keeps(ctx, i.parts.Worker))
	i.look(i.sweeper(ctx))
	i.look(i.api(ctx))
	return nil
}

func (i *inspector) unread(part string) *settings.Function {
	return &settings.Function{Name: i.name(part)}
}

// part is a function as it fits with others.
func part(f *function) *settings.Function {
	return &settings.Function{Name: f.name, Timeout: seconds(f.Timeout), Variables: f.variables}
}

// keeps reads how often a function may run at once.
func (i *inspector) keeps(ctx context.Context, f *settings.Function) error {
	kept, err := i.reserved(ctx, f.Name)
	if err == nil && kept >= 0 {
		f.Reserved = &kept
	}
	return err
}

func (i *inspector) sweeper(ctx context.Context) error {
	f, err := i.other(ctx, "sweeper", i.parts.Sweeper)
	if err != nil || f == nil {
		return err
	}
	_, broken := settings.FromMap[settings.Sweeper](f.variables)
	i.broken(f, broken)
	if parts := strings.Split(aws.ToString(f.FunctionArn), ":"); len(parts) >= 7 {
		i.sweeperARN = strings.Join(append(parts[:7], settings.Alias), ":")
	}
	return nil
}

func (i *inspector) api(ctx context.Context) error {
	i.report.Deployed.AllowedDomains = []string{"unseen"} // as long as nothing else is seen
	f, err := i.other(ctx, "api", i.parts.API)
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
	return nil
}

// readWorker takes what the worker is told, and what Lambda is told of it.
func (i *inspector) readWorker(f *function) error {
	told, err := settings.FromMap[settings.Worker](f.variables)
	i.worker, i.report.Whole = told, told.Lease > 0 // the lease is filled in last
	i.report.Deployed = told.Deployed()
	i.parts.Into(&i.report.Deployed)
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

// other reads a function beside the worker; nil when there is none.
func (i *inspector) other(ctx context.Context, name string, into *settings.Function) (*function, error) {
	f, err := i.function(ctx, i.access.Stage, name)
	if errors.Is(err, fault.NotFound) {
		into.Absent = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	*into = *part(f)
	i.look(i.keeps(ctx, into))
	return f, nil
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
