package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
)

// awsFlags name a deployment on AWS.
type awsFlags struct {
	on     bool
	access deployment.Access
	flags  *pflag.FlagSet
}

// ofDeployment are the flags that say which deployment it is.
func ofDeployment() []string {
	return []string{"stage", "profile", "region", "table", "queue", "endpoint"}
}

func (f *awsFlags) define(flags *pflag.FlagSet) {
	f.flags = flags
	flags.BoolVar(&f.on, "aws", false, "use a deployment on AWS instead: its table, its queue, and its functions, which make the calls")
	flags.StringVar(&f.access.Stage, "stage", "dev", "with --aws, the deployment of `STAGE`: dev, staging or prod")
	flags.StringVar(&f.access.Profile, "profile", "", "with --aws, sign in by this `PROFILE` of the AWS configuration files, also AWS_PROFILE")
	flags.StringVar(&f.access.Region, "region", "", "with --aws, look in this `REGION`, also AWS_REGION or the profile's")
	flags.StringVar(&f.access.Table, "table", "", "with --aws, use the table with this `NAME` instead of the stage's")
	flags.StringVar(&f.access.Queue, "queue", "", "with --aws, use the queue with this `NAME` or URL instead of the stage's")
	flags.StringArrayVar(&f.access.Endpoints, "endpoint", nil, "with --aws, call this `URL` instead of AWS, or service=URL for dynamodb, sqs, ssm, lambda or events; may be repeated")
}

// check looks at the flags by themselves.
func (f *awsFlags) check() error {
	if f.flags == nil {
		return nil
	}
	for _, name := range ofDeployment() {
		set := f.flags.Lookup(name)
		switch {
		case !set.Changed:
		case !f.on:
			return invalid("--%s is about a deployment on AWS: add --aws, or leave it out", name)
		case set.Value.String() == "":
			return invalid("--%s is empty: give a value, or leave it out", name)
		}
	}
	if f.on && f.flags.Changed("store") {
		return invalid("--store and --aws exclude each other: give one")
	}
	if !slices.Contains(settings.Stages(), f.access.Stage) {
		return invalid("--stage %q is no stage: give one of %s", f.access.Stage, strings.Join(settings.Stages(), ", "))
	}
	return deployment.CheckEndpoints(f.access.Endpoints)
}

// checkCalls refuses flags that say how this process makes calls.
func (f *awsFlags) checkCalls(flags *pflag.FlagSet) error {
	if !f.on {
		return nil
	}
	for _, name := range ofCalls() {
		if set := flags.Lookup(name); set != nil && set.Changed {
			return invalid("--%s is for calls of this process, and with --aws the deployment makes them: leave it out", name)
		}
	}
	return nil
}

// ofCalls are the flags that say how this process makes calls.
func ofCalls() []string {
	return []string{"simulate", "simulate-speed", "simulate-seed", "anthropic-base-url", "concurrency"}
}

// words are the flags that name the deployment to another command, with a space before.
func (f *awsFlags) words() string {
	text := " --aws"
	for _, name := range ofDeployment() {
		set := f.flags.Lookup(name)
		values := []string{set.Value.String()}
		if list, is := set.Value.(pflag.SliceValue); is {
			values = list.GetSlice()
		}
		for _, value := range values {
			if set.Changed {
				text += " --" + name + " " + quoted(value)
			}
		}
	}
	return text
}

// title is how the deployment is called in a line for people.
func (f *awsFlags) title() string {
	if f.access.Table != "" && f.access.Queue != "" {
		return "the deployment of table " + f.access.Table
	}
	return "the deployment " + f.access.Stage
}

// deployed opens the store of the deployment.
func (a *app) deployed(f storeFlags) (*store, error) {
	d, err := a.reach(a.stop.hard, f.aws.access)
	if err != nil {
		return nil, err
	}
	s := &store{Store: d.Store, name: f.name, far: d, epoch: d.Options.Epoch, prices: d.Options.Prices, words: f.aws.words(), looks: a.looks, note: a.note}
	if f.prices.file != "" {
		s.prices, err = f.prices.tables()
	}
	return s, err
}
