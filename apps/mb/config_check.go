package main

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// configCheck holds settings against each other before they are deployed.
type configCheck struct {
	*app
	template, stage, env string
	sets                 []string
	json                 bool
}

func newConfigCheck(a *app) *cobra.Command {
	c := &configCheck{app: a}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Hold settings against each other before they are deployed",
		Long: `Hold the settings of a deployment against each other and against the limits of the account at Claude, before
anything is deployed: those of the deployment template with the parameters that you name. It finds what mb
doctor --aws finds afterwards, but for what only an account has (docs/doctor.md). Each problem says what is
set, what is wanted, and what to change. Exit code 5 means that there are problems. Nothing is read but files.

Parameters that say where things are (Release, CodeBucket, CodePrefix, AlarmTopic, ClaudeKeyParameter) may be
left out here.`,
		Example: `  mb config check --stage prod --set AllowedDomains=example.com
  mb config check --stage dev --set AllowedEmails=me@example.com --set WorkerTimeout=600 --set Visibility=3605
  mb config check --env worker.env`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Flags()) },
	}
	section(cmd, "What to check", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.template, "template", "", "check the template in `FILE` instead of the built-in one")
		flags.StringVar(&c.stage, "stage", "dev", "as the deployment of `STAGE`: dev, staging or prod")
		flags.StringArrayVar(&c.sets, "set", nil, "with this `NAME=VALUE` as a parameter of the template; may be repeated")
		flags.StringVar(&c.env, "env", "", "check the worker's environment in `FILE`, lines of MB_NAME=value; what only the template says counts as right")
	})
	outputJSON(cmd, &c.json, "print what was found as one JSON object on stdout")
	return cmd
}

func (c *configCheck) run(flags *pflag.FlagSet) error {
	check := c.stack
	if flags.Changed("env") {
		for _, name := range []string{"template", "stage", "set"} {
			if flags.Changed(name) {
				return invalid("--env and --%s exclude each other: give one", name)
			}
		}
		check = c.environment
	}
	found, err := check()
	if err != nil {
		return err
	}
	return c.conclude(found, c.json)
}

// stack checks the template.
func (c *configCheck) stack() (*checkup, error) {
	template, err := c.source()
	if err != nil {
		return nil, err
	}
	parameters, err := c.parameters()
	if err != nil {
		return nil, err
	}
	stack, err := template.Resolve(parameters)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s", plain(err))
	}
	found := &checkup{title: "template, stage " + parameters["Stage"]}
	found.problems = settings.Fit(stack.Parts())
	d, broken := stack.Deployed()
	if d.Lease > 0 { // it is filled in last
		found.problems = append(found.problems, settings.Relations(d, settings.Template)...)
		found.describe(d)
	}
	found.add("template", broken)
	return found, nil
}

// source is the template that is checked.
func (c *configCheck) source() (*deploy.Template, error) {
	if c.template == "" {
		return deploy.Embedded(), nil
	}
	text, err := os.ReadFile(c.template)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--template: %w", err)
	}
	template, err := deploy.Parse(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--template %s: %s", c.template, plain(err))
	}
	return template, nil
}

// parameters are those of the flags, over stand-ins for what only a deployment knows and no rule is about.
func (c *configCheck) parameters() (map[string]string, error) {
	given := map[string]string{}
	for _, text := range c.sets {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, invalid("--set %s is no parameter: give NAME=VALUE", settings.Shown(text))
		}
		given[name] = value
	}
	all := map[string]string{
		"Stage": c.stage, "Release": "check", "CodeBucket": "check", "CodePrefix": "check",
		"AlarmTopic": "arn:aws:sns:us-east-1:111122223333:check", "ClaudeKeyParameter": "/marketbrewer/" + c.stage + "/claude-key",
	}
	maps.Copy(all, given)
	return all, nil
}

// add notes what functions would refuse to start with, each line once and none that a relation tells already.
func (c *checkup) add(setting string, err error) {
	if err == nil {
		return
	}
	known := map[string]bool{}
	for _, p := range c.problems {
		known[p.String()], known[p.Advice] = true, true
	}
	lease := slices.ContainsFunc(c.problems, func(p settings.Problem) bool { return p.Setting == "lease" })
	for text := range strings.Lines(err.Error()) {
		text = strings.TrimSpace(text)
		_, bare, named := strings.Cut(text, ": ") // the function's name may stand before
		if !known[text] && !(named && known[bare]) && !(lease && strings.Contains(text, "MB_LEASE ")) {
			known[text] = true
			c.problem(setting, "", "", text)
		}
	}
}

// describe shows what was checked.
func (c *checkup) describe(d settings.Deployed) {
	c.figure("worker", "timeout %s, %d calls of up to %s at once, lease %s", d.FunctionTimeout, d.Calls, d.CallTimeout, d.Lease)
	c.figure("queue", "visibility timeout %s, batches of %d, up to %d invocations at once", d.Visibility, d.BatchSize, d.MaxConcurrency)
	c.figure("model", "%s, %s requests and %s output tokens per minute", d.Model, limit(d.QuotaRequests), limit(d.QuotaOutput))
	c.useful(d)
}
