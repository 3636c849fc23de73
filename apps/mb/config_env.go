package main

import (
	"os"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxEnv is the largest file of variables that is read, in bytes: Lambda takes 4 KB.
const maxEnv = 1 << 20

// environment checks a file of variables.
func (c *configCheck) environment() (*checkup, error) {
	text, err := os.ReadFile(c.env)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--env: %w", err)
	}
	if len(text) > maxEnv {
		return nil, invalid("--env %s has %d bytes: that is no file of variables", c.env, len(text))
	}
	variables, err := readEnv(string(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "--env %s: %s", c.env, plain(err))
	}
	found := &checkup{title: "environment in " + c.env}
	worker, broken := settings.FromMap[settings.Worker](variables)
	api, others := settings.FromMap[settings.API](variables)
	d := worker.Deployed()
	d.AllowedEmails, d.AllowedDomains = api.AllowedEmails, api.AllowedDomains
	presume(&d, variables)
	if worker.Lease > 0 { // it is filled in last
		found.problems = settings.Relations(d, settings.Template)
		found.describe(d)
	}
	for _, advice := range settings.Strangers(variables) {
		found.problem("MB_ variables", "", "", advice)
	}
	found.add("MB_ variables", broken)
	found.add("MB_ variables", others)
	return found, nil
}

// readEnv reads lines of NAME=value. Blank lines and those that begin with # say nothing.
func readEnv(text string) (map[string]string, error) {
	set, number := map[string]string{}, 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok || strings.TrimSpace(name) != name || name == "" {
			return nil, invalid("line %d is no variable: write NAME=value", number)
		}
		set[name] = strings.Trim(value, `"'`)
	}
	return set, nil
}

// presume takes as right what variables do not say.
func presume(d *settings.Deployed, variables map[string]string) {
	d.ReportBatchItemFailures, d.TTL, d.PITR, d.DeletionProtection = true, true, true, true
	d.DeadLetters, d.MaxReceive, d.DeadLetterRetention = true, 5, time.Nanosecond
	if d.BatchSize > 10 {
		d.BatchWindow = time.Second
	}
	_, emails := variables["MB_ALLOWED_EMAILS"]
	_, domains := variables["MB_ALLOWED_DOMAINS"]
	if !emails && !domains {
		d.AllowedDomains = []string{"presumed.example"}
	}
}
