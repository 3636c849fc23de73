package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	defaultFormat = "json,html"
	// outFolder holds the pages of jobs that name no folder.
	outFolder = "out"
)

// outFlags say where pages are written.
type outFlags struct{ dir, format string }

func (f *outFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "out", "", "write the pages below `DIR` (default out/JOB)")
	flags.StringVar(&f.format, "format", defaultFormat, "write `LIST` for each page: json (page.json), html (index.html)")
}

// check reports whether pages can be written there, before anything is paid. The plan may be nil.
func (f outFlags) check(plan *pages.Plan) error {
	if _, err := output.ParseFormats(f.format); err != nil {
		return fault.New(fault.KindOf(err), "--format: %s", plain(err))
	}
	dir := f.dir
	if dir == "" {
		// The job's own folder in it has no name yet, but it will be new: what can fail is the one around it.
		dir, plan = outFolder, nil
	}
	if err := output.Check(dir, plan); err != nil {
		return fault.New(fault.KindOf(err), "--out: %s", plain(err))
	}
	return nil
}

// absolute is the folder wherever the program is started next; empty when the flag names none.
func (f outFlags) absolute() string {
	if f.dir == "" {
		return ""
	}
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return f.dir
	}
	return dir
}

// recall fills in what the job was begun with, where the flags do not say otherwise.
func (f *outFlags) recall(flags *pflag.FlagSet, j *job.Job) {
	if !flags.Changed("out") {
		f.dir = j.Labels[labelOut]
	}
	if f.dir == "" {
		f.dir = filepath.Join(outFolder, string(j.ID))
	}
	if before := j.Labels[labelFormat]; before != "" && !flags.Changed("format") {
		f.format = before
	}
}

// write writes the completed pages of the job.
func (f outFlags) write(ctx context.Context, e output.Engine, id job.ID, plan *pages.Plan) (output.Summary, error) {
	formats, err := output.ParseFormats(f.format)
	if err != nil {
		return output.Summary{}, err
	}
	return output.Write(ctx, e, id, plan, f.dir, formats)
}
