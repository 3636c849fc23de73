package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// far has a server derive the books of a job again, or of all.
func (v *ledgerVerify) far(c *remote.Client, args []string) error {
	business, id := v.business.id, job.ID("")
	if !v.all {
		var err error
		if business, err = v.business.need(); err != nil {
			return err
		}
		id = job.ID(args[0])
	}
	found, err := c.Verify(v.stop.hard, business, id)
	if err != nil {
		return err
	}
	if v.json {
		err = printJSON(v.stdout, found.Raw)
	} else {
		err = v.told(found, id)
	}
	if err == nil && !found.OK {
		return outcome(exitFailed)
	}
	return err
}

func (v *ledgerVerify) told(found remote.Verified, id job.ID) error {
	var b strings.Builder
	what := string(id)
	if what == "" {
		what = counted(found.Jobs, "job")
	}
	fmt.Fprintf(&b, "%s: %s in %s: ", what, entries(int(found.Entries)), counted(found.Shards, "shard"))
	if found.OK {
		b.WriteString("all in order\n")
	} else {
		b.WriteString(counted(len(found.Problems), "problem") + "\n")
	}
	for _, p := range found.Problems {
		fmt.Fprintf(&b, "  %s  %-8s %s\n", p.Job, p.Kind, place(engine.Problem{Shard: p.Shard, Seq: p.Seq}))
	}
	return printed(fmt.Fprint(v.stdout, b.String()))
}

// far writes a server's ledger of a job as the server has it.
func (x *ledgerExport) far(c *remote.Client, id job.ID) error {
	business, err := x.business.need()
	if err != nil {
		return err
	}
	format := map[string]string{"csv": "csv", "jsonl": "ndjson"}[x.format]
	buffered := bufio.NewWriter(x.stdout)
	err = c.Export(x.stop.hard, business, id, format, buffered)
	if failed := buffered.Flush(); failed != nil && err == nil {
		err = printed(0, failed)
	}
	return err
}

// far has a server say what an order would use: of its own catalog, by what its own jobs have shown.
func (f *forecast) far(c *remote.Client, flags *pflag.FlagSet) error {
	business, err := f.business.need()
	if err != nil {
		return err
	}
	limit, err := f.request.cap.pico(flags)
	if err != nil {
		return err
	}
	o := remote.Order{PageType: f.request.pageType, Lane: cost.Lane(f.request.lane)}
	if o.PageType == "" {
		return invalid("--page-type is missing")
	}
	if f.request.lang != "all" {
		o.Languages = []string{f.request.lang}
	}
	if f.request.deadline > 0 {
		o.Deadline = f.today().Add(f.request.deadline).Truncate(time.Second)
	}
	if limit > 0 {
		o.Budget = limit.String()
	}
	made, raw, err := c.Forecast(f.stop.hard, business, o)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(f.stdout, raw)
	}
	return printed(fmt.Fprint(f.stdout, table(made, o.Lane, limit)))
}
