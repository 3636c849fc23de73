package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// doctor checks whether what jobs run on is set as it must be.
type doctor struct {
	*app
	store    storeFlags
	provider providerFlags
	json     bool
}

func newDoctor(a *app) *cobra.Command {
	d := &doctor{app: a}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the settings of this machine, or of a deployment, and say what to change",
		Long: `Check whether what jobs run on is set as it must be. Nothing is changed, nothing is called that costs money,
and no secret is read.

Of this machine: the store, the price table, and who would answer calls. With --aws, of a deployment: what
its table, queues, functions and parameters are set to, held against each other and against the limits of
the account at Claude. Each problem says what is set, what is wanted, and what to change; docs/doctor.md
lists them. Exit code 5 means that there are problems.`,
		Example: `  mb doctor
  mb doctor --aws --stage prod
  mb doctor --aws --profile work --region eu-west-1 --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Flags()) },
	}
	section(cmd, "What to check", func(flags *pflag.FlagSet) { d.store.define(flags) })
	section(cmd, "Who answers on this machine", d.provider.define)
	outputJSON(cmd, &d.json, "print what was found as one JSON object on stdout")
	return cmd
}

func (d *doctor) run(flags *pflag.FlagSet) error {
	if err := d.store.check(); err != nil {
		return err
	}
	if err := d.store.aws.checkCalls(flags); err != nil {
		return err
	}
	look := d.machine
	if d.store.aws.on {
		look = d.account
	}
	found, err := look(flags)
	if err != nil {
		return err
	}
	return d.conclude(found, d.json)
}

// machine checks what jobs on this machine run on.
func (d *doctor) machine(flags *pflag.FlagSet) (*checkup, error) {
	c := &checkup{title: "this machine"}
	d.records(c)
	if tables, err := d.store.prices.tables(); err != nil {
		c.problem("price table", "broken", "one as docs/prices.md describes it", plain(err))
	} else {
		c.figure("prices", "of %s", tables[0].Version())
	}
	p, err := d.provider.choose(flags, d.env)
	if err != nil {
		c.problem("answers", "from nobody", "Claude or the simulator", plain(err))
		return c, nil
	}
	defer p.close()
	c.figure("answers", "%s", p.about)
	return c, nil
}

// records looks whether the store can be read.
func (d *doctor) records(c *checkup) {
	path, isBolt, _ := d.store.path() // the flag was checked
	if !isBolt {
		c.figure("store", "mem: forgotten at the end of each command")
		return
	}
	s, err := d.store.openExisting()
	if errors.Is(err, fault.NotFound) {
		c.figure("store", "%s is not there yet: mb generate makes it", path)
		return
	}
	if err == nil {
		defer s.close(&err)
		var sys *system
		if sys, err = assemble(s, silent(), newWatch(d.stderr, 0), 1); err == nil {
			_, err = sys.Engine.Jobs(d.stop.hard, "", 1)
		}
	}
	if err != nil {
		c.problem("store "+path, "not readable", "readable", advised(err))
		return
	}
	c.figure("store", "%s can be read", path)
}
